"""Letters to people without an account: read, printed, and noted as handed over."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal import clock
from portal.accounts.doors import bureau_only
from portal.casework.forms.entering import HandOverForm
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.casework.services.handing_over import (
    HANDERS,
    hand_over_letter,
    paper_letters,
    print_letter,
    waiting_letters,
)
from portal.notifications.models import Letter
from portal.notifications.rendering import render_letter
from portal.ui.telling import told_beside

MOST = 50
WITH_DECISION = ("refused", "reconsideration_dismissed")  # what these say is signed in a letter of its own


@bureau_only(*HANDERS)
@require_safe
@never_cache
def counter_letters(request: HttpRequest) -> HttpResponse:
    """The fifty letters that wait longest to be handed over."""
    waiting = list(waiting_letters(request.user)[:MOST])
    files = _files(waiting)
    rows = [
        {"letter": it, "subject": render_letter(it, get_language()).subject, "file": files.get(it.reference)}
        for it in waiting
    ]
    return render(request, "desk/counter/letters.html", {"rows": rows})


@bureau_only(*HANDERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def counter_letter(request: HttpRequest, id: UUID) -> HttpResponse:
    """One letter, to print; opening it leaves an entry, since it names its person. Then how it was handed over."""
    found = paper_letters(request.user).select_related("told_by").filter(pk=id).first()
    if found is None:
        raise Http404
    form = HandOverForm(request.POST if request.method == "POST" else None, initial={"on": clock.today()})
    if form.is_valid():
        with told_beside(form, "on", StepRefused):
            hand_over_letter(letter_id=id, **form.cleaned_data, by=request.user, at=clock.now())
            messages.success(request, _("送达已登记。"))
            return redirect("counter_letters")
    if request.method != "POST":
        print_letter(letter=found, by=request.user, at=clock.now())
    context = {
        "letter": found,
        "rendered": render_letter(found, get_language()),
        "file": _files([found]).get(found.reference),
        "form": form,
        "has_decision": found.kind in WITH_DECISION,
    }
    return render(request, "desk/counter/letter.html", context, status=422 if form.errors else 200)


def _files(letters: Iterable[Letter]) -> dict[str, Application]:
    rows = Application.objects.filter(reference__in=[it.reference for it in letters])
    return {row.reference: row for row in rows.order_by("pk") if row.reference}
