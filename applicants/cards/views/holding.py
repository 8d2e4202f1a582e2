"""What a holder tells the office about their card: another employer, or why a decision against it is wrong."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from applicants.cards.forms.life import EmployerForm, WhyForm
from applicants.cards.models import Card, CardReconsideration, CardState
from applicants.cards.services.changing import ChangeRefused
from applicants.cards.services.rechecking import report_employer
from applicants.cards.services.reconsidering import ask_reconsideration, decision_against, last_day, may_ask
from applicants.cards.services.replacing import last_card
from portal import clock
from portal.ui.telling import told_beside


def _own(request: HttpRequest) -> Card:
    card = last_card(request.user)
    if card is None:
        raise Http404
    return card


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def card_employer(request: HttpRequest) -> HttpResponse:
    """Report another employer, as the card's declaration promises."""
    card = _own(request)
    form = EmployerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, ChangeRefused):
            report_employer(card.pk, values=form.values(), by=request.user, at=clock.now())
            messages.success(request, _("已报告。工作人员核对以后，有需要会联系您；卡照常使用。"))
            return redirect("card")
    context = {
        "form": form,
        "is_open": card.state == CardState.ACTIVE,
        "days": card.application.policy_version.parsed.card.change_report_days,
    }
    return render(request, "cards/employer.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def card_reconsideration(request: HttpRequest) -> HttpResponse:
    """Ask that a suspension or revocation be looked at once more; after that, how it stands."""
    card = _own(request)
    decision = decision_against(card)
    # That of a card lost meanwhile may have been answered before this one took its place.
    asked = CardReconsideration.objects.filter(decision=decision) if decision else card.reconsiderations
    form = WhyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, ChangeRefused):
            ask_reconsideration(card.pk, by=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
            messages.success(request, _("已收到您的复核申请，由没有办理过这张卡的人答复。"))
            return redirect("card_reconsideration")
    context = {
        "form": form,
        "decision": decision,
        "asked": asked.last(),
        "may_ask": may_ask(card, decision, at=clock.now()),
        "last": last_day(card, decision) if decision else None,
        "rule": card.application.policy_version.parsed.reconsideration_rule,
    }
    return render(request, "cards/reconsideration.html", context, status=422 if form.errors else 200)
