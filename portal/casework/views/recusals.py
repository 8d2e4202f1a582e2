"""Keeping away from a file: declared by oneself, asked of others by an administrator, and lifted again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.casework.doors import DESK_ROLES, live_recusal, open_file
from portal.casework.forms.delegations import RecusalForm, WithdrawalForm
from portal.casework.models import Recusal
from portal.casework.services.advancing import StepRefused
from portal.casework.services.delegating import colleagues
from portal.casework.services.recusing import may_order_recusals, recuse, withdraw_recusal
from portal.ui.telling import form_page, told_beside

RECUSABLE = tuple(role for role in DESK_ROLES if role != Role.AUDITOR)


@bureau_only(*RECUSABLE)
@require_http_methods(["GET", "POST"])
@never_cache
def recusal_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Keep away from a file, or as administrator have a colleague keep away from it."""
    user, application = request.user, open_file(request.user, id)
    may_order = may_order_recusals(application, user)
    recusals = list(application.recusals.filter(withdrawn_at__isnull=True).select_related("person", "made_by"))
    away = {recusal.person_id for recusal in recusals}
    people = [person for person in colleagues() if person.pk not in away] if may_order else [user]
    form = RecusalForm(request.POST if request.method == "POST" else None, people=people)
    if form.is_valid():
        person = form.cleaned_data.get("person") or user
        with told_beside(form, None, StepRefused):
            recuse(application=application, person=person, reason=form.cleaned_data["reason"], by=user, at=clock.now())
            if person.pk == user.pk:
                messages.success(request, _("您已回避 %(reference)s。") % {"reference": application.reference})
                return redirect("desk")
            told = _("%(name)s已回避 %(reference)s。")
            messages.success(request, told % {"name": person.display_name, "reference": application.reference})
            return redirect("desk_file", id)
    return form_page(
        request, "desk/recusal_new.html", form, application=application, may_order=may_order, recusals=recusals
    )


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
@never_cache
def recusal_withdraw(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let somebody have a hand in the file again."""
    found = Recusal.objects.select_related("person", "made_by", "application").filter(withdrawn_at__isnull=True)
    recusal = get_object_or_404(found, pk=id)
    application = open_file(request.user, recusal.application_id)
    if not may_order_recusals(application, request.user):
        raise Http404
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, StepRefused):
            withdraw_recusal(recusal=recusal, reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
            told = _("%(name)s可以再办理 %(reference)s。")
            words = {"name": recusal.person.display_name, "reference": application.reference}
            messages.success(request, told % words)
            return redirect("desk_file", application.pk)
    context: dict[str, Any] = {"application": application, "recusal": recusal, "form": form}
    return render(request, "desk/recusal_withdraw.html", context, status=422 if form.errors else 200)


def recused_page(request: HttpRequest, id: UUID) -> HttpResponse:
    """What stands in place of a file for who keeps away from it: that they do, and nothing of what is in it.

    Raises Http404 for anybody else: "not yours" looks like "not there".
    """
    recusal = live_recusal(id, request.user)
    if recusal is None:
        raise Http404
    return render(request, "desk/recused.html", {"recusal": recusal, "application": recusal.application})
