"""The desk's page of offers: how far down the rankings they have come, and those that wait for an answer."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from applicants.people.fields import ReasonForm
from applicants.people.refusals import Refused
from housing.apartments.models import EntrantState, Offer, OfferState, Round, RoundState, RoundUnit
from housing.apartments.services.rounds import may_run_rounds
from housing.apartments.services.withdrawing import withdraw_offer
from portal import clock
from portal.accounts.doors import bureau_only
from portal.casework.doors import DESK_ROLES
from portal.ui.telling import form_page, told_beside

PAGE = 50


@bureau_only(*DESK_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def desk_offers(request: HttpRequest) -> HttpResponse:
    """Published rounds, and the open offers, those that end first, first; ``?page=`` turns them.

    A POST withdraws one whose unit cannot be let after all, and takes the unit out of the round.
    """
    form, wanted = ReasonForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST":
        wanted = _offer_or_404(request)
        if form.is_valid():
            with told_beside(form, None, Refused):
                withdraw_offer(offer_id=wanted.pk, reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
                messages.success(request, _("已撤回，信已发给本人。这套房源不再参加这个批次。"))
                return redirect(request.get_full_path())
    offers = Offer.objects.filter(state=OfferState.OPEN, round__state=RoundState.PUBLISHED)
    offers = offers.select_related("entrant__application", "type", "unit__building__place", "round")
    page = Paginator(offers.order_by("expires_at", "id"), PAGE).get_page(request.GET.get("page"))
    context = {
        "rail": "offers",
        "rounds": _rounds(),
        "rows": [{"offer": it, "form": form if wanted and it.pk == wanted.pk else ReasonForm()} for it in page],
        "count": page.paginator.count,
        "previous": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "following": f"?page={page.next_page_number()}" if page.has_next() else "",
        "may_withdraw": may_run_rounds(request.user),
    }
    return form_page(request, "apartments/leases/desk_offers.html", form, **context)


def _rounds() -> list[dict[str, Any]]:
    def of(state: str) -> Count:
        return Count("entrants", filter=Q(entrants__state=state))

    rows = Round.objects.filter(state=RoundState.PUBLISHED).annotate(
        waiting=of(EntrantState.RANKED), offered=of(EntrantState.OFFERED), housed=of(EntrantState.HOUSED),
        passed=of(EntrantState.PASSED_OUT),
    )  # fmt: skip
    rounds = list(rows.order_by("-published_at", "-id"))
    units = Counter(RoundUnit.objects.filter(round__in=rounds, released_at=None).values_list("round", flat=True))
    return [{"round": row, "units": units[row.pk]} for row in rounds]


def _offer_or_404(request: HttpRequest) -> Offer:
    try:
        wanted = UUID(request.POST.get("offer", ""))
    except ValueError:
        raise Http404 from None
    if not may_run_rounds(request.user):
        raise Http404
    return get_object_or_404(Offer, pk=wanted)
