"""What everybody sees of rounds: dates, the commitment, the frozen list, the result, and a verifier of the draw."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from applicants.people.refusals import Refused
from housing.apartments.draw_words import words_of_the_page
from housing.apartments.forms.rounds import WhyForm
from housing.apartments.models import Entrant, Round, RoundAnnulment, RoundFile, RoundReconsideration
from housing.apartments.services import publishing, reconsidering
from housing.apartments.views.round_words import is_announced, state_tag
from portal import clock
from portal.ui.asking import number_in
from portal.ui.telling import form_page, told_beside

SHOWN = 100  # rounds: of many years
TYPES = {
    RoundFile.Kind.ENTRANTS: ("text/plain; charset=utf-8", "txt"),
    RoundFile.Kind.RESULT: ("application/json", "json"),
}


@require_safe
def apartment_rounds(request: HttpRequest) -> HttpResponse:
    """The rounds that were announced, the newest first."""
    rounds = publishing.public_rounds().annotate(unit_count=Count("units")).order_by("-opens_at", "-pk")[:SHOWN]
    at = clock.now()
    rows = [{"round": row, "state": state_tag(row, at=at)} for row in rounds]
    return render(request, "apartments/rounds/list.html", {"rows": rows})


@require_safe
def apartment_round(request: HttpRequest, number: str) -> HttpResponse:
    """One round; ``?page=`` turns the list, ``?number=`` looks one entrant up."""
    row, at = _round_or_404(number), clock.now()
    asked = request.GET.get("number", "").strip()
    page, only = number_in(request.GET.get("page", "")) or 1, (number_in(asked) or 0) if asked else None
    shown = publishing.list_page(row, page=page, only=only)
    files = {kind: publishing.public_file(row, kind) for kind in RoundFile.Kind.values}
    annulled = RoundAnnulment.objects.filter(round=row, confirmed_by__isnull=False)
    result, titles = files["result"], publishing.titles_of(row)
    context = {
        "round": row,
        "state": state_tag(row, at=at),
        "is_announced": is_announced(row, at=at),
        "units": row.units.select_related("unit__building__place", "unit__type").order_by(
            "unit__building__place__name_zh", "unit__label"
        ),
        "files": files,
        "list": shown,
        "lines": [_shown(line, titles) for line in shown.lines] if shown else [],
        "asked": asked,
        "witnesses": row.witnesses.all() if result else [],
        "annulment": annulled.select_related("proposed_by", "confirmed_by").first(),
        "redrawn_as": Round.objects.filter(redraw_of=row).exclude(state="draft").first(),
        "verifier": {
            "result_url": reverse("apartment_round_file", args=[row.number, "result"]) if result else "",
            "commitment": row.commitment,
            "entrants_sha256": row.entrants_sha256,
            "script_url": reverse("draw_verifier"),
            "words": words_of_the_page(),
        },
    }
    return render(request, "apartments/rounds/one.html", context)


@require_safe
def apartment_round_file(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """The bytes as they were stored."""
    row = _round_or_404(number)
    stored = publishing.public_file(row, kind)
    if stored is None:
        raise Http404
    content_type, ending = TYPES[RoundFile.Kind(stored.kind)]
    name = f"{row.number}-{stored.kind}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(stored.content), content_type=content_type, headers=headers)


@require_safe
def draw_verifier(request: HttpRequest) -> HttpResponse:
    """The verifier of one file, to be run with Python elsewhere."""
    script = settings.BASE_DIR / "housing/apartments/verify_draw.py"
    headers = {"Content-Disposition": f'attachment; filename="{script.name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(script.read_bytes(), content_type="text/x-python; charset=utf-8", headers=headers)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_round_reconsideration(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask, as an entrant, that a published result be looked at once more, or read what came of it."""
    wanted = ("round__policy_version", "application")
    rows = Entrant.objects.select_related(*wanted).filter(application__applicant__user=request.user)
    entrant, at = get_object_or_404(rows, pk=id), clock.now()
    asked = RoundReconsideration.objects.filter(entrant=entrant).first()
    may_ask = reconsidering.may_ask(entrant, at=at)
    if asked is None and not may_ask and entrant.round.published_at is None:
        raise Http404
    form = WhyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, Refused):
            reconsidering.ask_reconsideration(entrant.pk, reason=form.cleaned_data["reason"], by=request.user, at=at)
            messages.success(request, _("复核申请已提交。"))
            return redirect("own_round_reconsideration", entrant.pk)
    context = {
        "entrant": entrant,
        "round": entrant.round,
        "asked": asked,
        "may_ask": may_ask,
        "ask_by": reconsidering.last_day(entrant.round),
        "rule": entrant.round.policy_version.parsed.reconsideration_rule,
    }
    return form_page(request, "apartments/rounds/reconsideration.html", form, **context)


def _round_or_404(number: str) -> Round:
    return get_object_or_404(publishing.public_rounds().select_related("policy_version", "redraw_of"), number=number)


def _shown(line: publishing.Line, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "number": f"{line.number:04}",
        "rank": line.rank,
        "label": line.label,
        "tier": titles.get(line.tier, line.tier),
        "household": line.household,
        "types": [titles.get(code, code) for code in line.types],
    }
