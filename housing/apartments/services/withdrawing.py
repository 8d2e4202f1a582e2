"""Offers taken back because their unit cannot be let after all: a person says why, and nobody's rank suffers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from housing.apartments.models import Offer, OfferState, RoundUnit
from housing.apartments.services.offering import end_offer
from housing.apartments.services.refusals import OfferRefused
from housing.apartments.services.rounds import may_run_rounds, why_barred
from portal.accounts.models import User


def withdraw_offer(*, offer_id: UUID, reason: str, by: User, at: datetime) -> Offer:
    """Withdraw an open offer; its unit leaves the round, so that the sweep does not offer it to the next.

    ``reason`` stands in the letter to the entrant. Raises OfferRefused, also for an offer of a kind of home (first
    come): it names no unit, and whoever accepts it gets another one.
    """
    if not may_run_rounds(by):
        raise OfferRefused(_("您没有办理这一步的权限。"))
    if not reason.strip():
        raise OfferRefused(_("请写明理由。"))
    with transaction.atomic():
        if why := why_barred(Offer.objects.select_related("round").get(pk=offer_id).round, by):
            raise OfferRefused(why)
        offer = end_offer(offer_id=offer_id, state=OfferState.WITHDRAWN, by=by, at=at, reason=reason.strip())
        if offer.unit_id is None:
            raise OfferRefused(_("这份通知没有指定房源，不用撤回。哪一套不能出租，请在房源页停用。"))
        RoundUnit.objects.filter(round=offer.round, unit=offer.unit_id, released_at=None).update(released_at=at)
        return offer
