"""Offers go down the ranking by themselves: what has run out ends, and what is free is offered to the next.

In the order of rank, everybody gets the best free unit they wish for; nobody gets again what they refused or let run
out. Where the first to come is served, an offer is of a kind of unit as long as one is free, to everybody at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from applicants.people.refusals import Refused
from housing.apartments.models import (
    Entrant,
    EntrantState,
    LeaseAdult,
    Mode,
    Offer,
    OfferState,
    Round,
    RoundState,
    RoundUnit,
    Unit,
    UnitType,
)
from housing.apartments.pricing import last_day
from housing.apartments.services.changing import terms_in
from housing.apartments.services.occupying import free_units
from housing.apartments.services.offering import end_offer, entitled_to, make_offer
from housing.apartments.services.rounds import for_each
from portal.policy.calendar import Calendar
from portal.policy.offers import ApartmentTerms
from portal.policy.services import stored_calendar

logger = logging.getLogger(__name__)
BATCH = 500
COUNTED = (OfferState.REFUSED, OfferState.EXPIRED)  # these are not made to the same person again


def pass_on(*, at: datetime) -> int:
    """End what has run out, then make the offers that can be made; gives how many were made. Safe to run twice."""
    expire_offers(at=at)
    return for_each(Round.objects.filter(state=RoundState.PUBLISHED), lambda row: serve_round(row, at=at))


def expire_offers(*, at: datetime) -> int:
    """End every offer whose time is over, each in its own transaction; gives how many.

    Where the first to come is served and no unit of the kind was left, nobody let anything run out: it is withdrawn.
    """
    overdue = Offer.objects.filter(state=OfferState.OPEN, expires_at__lte=at).select_related("round__policy_version")
    return sum(_expire(offer, at) for offer in list(overdue.order_by("expires_at", "id")[:BATCH]))


def serve_round(round: Round, *, at: datetime) -> int:
    """Offer the round's free units down its ranking; gives how many offers were made."""
    terms = terms_in(round.policy_version)
    answer_on, starts_on = first_days(round, terms, stored_calendar(), on=timezone.localdate(at))
    expires_at = timezone.make_aware(datetime.combine(answer_on, time.max))
    free = list(_free(round, terms, starts_on).select_related("type"))
    made = 0
    for entrant in _waiting(round, {unit.type_id for unit in free}):
        choice = next(iter(_choices(entrant, free, round.mode)), None)
        if choice is None:
            continue
        type, unit = choice
        try:
            make_offer(entrant_id=entrant.pk, type=type, unit=unit, expires_at=expires_at, lease_starts_on=starts_on,
                       by=None, at=at)  # fmt: skip
            made += 1
        except Refused:  # somebody was quicker: with the unit, or with the entrant
            logger.info("An offer of round %s was not made: somebody was quicker.", round.pk)
        if unit is not None:
            free.remove(unit)
        if not free or made == BATCH:
            break
    return made


def first_days(round: Round, terms: ApartmentTerms, calendar: Calendar, *, on: date) -> tuple[date, date]:
    """The last day to answer an offer made on ``on``, and the first day of its lease.

    The lease begins on the round's day; where the contract could still be signed on that day, with the month after.
    """
    answer_on = calendar.add_working_days(on, terms.offer_valid_working_days).day
    sign_on = calendar.add_working_days(answer_on, terms.sign_working_days).day
    if sign_on < round.lease_starts_on:
        return answer_on, round.lease_starts_on
    year, month = divmod(sign_on.year * 12 + sign_on.month, 12)
    return answer_on, date(year, month + 1, 1)


def _expire(offer: Offer, at: datetime) -> bool:
    try:
        is_fair = offer.unit_id is not None or _has_free(offer)
        end_offer(offer_id=offer.pk, state=OfferState.EXPIRED if is_fair else OfferState.WITHDRAWN, by=None, at=at)
    except Refused:
        return False  # answered meanwhile
    except Exception as error:  # one damaged offer must not hold up the others, nor put its words in a log
        logger.error("Offer %s could not be ended (%s).", offer.pk, type(error).__name__)
        return False
    return True


def _has_free(offer: Offer) -> bool:
    return (
        _free(offer.round, terms_in(offer.round.policy_version), offer.lease_starts_on)
        .filter(type=offer.type_id)
        .exists()
    )


def _free(round: Round, terms: ApartmentTerms, starts_on: date) -> QuerySet[Unit]:
    """The round's units that are free for a whole first term and about which nobody is asked."""
    last = last_day(starts_on, contract_years=terms.contract_years, first_year=1, cap_years=terms.most_years)
    if last is None:
        return Unit.objects.none()
    here = RoundUnit.objects.filter(round=round, released_at=None).values("unit")
    return free_units(starts_on, last).filter(pk__in=here).order_by("building__place__name_zh", "label", "pk")


def _waiting(round: Round, types: set[UUID]) -> Iterator[Entrant]:
    """Those who wait and wish for one of the kinds, by rank, read in batches, each with wishes and earlier offers.

    Who rents by now, or whose spouse does, is left out: a couple rents one unit.
    """
    if not types:
        return
    rows = Entrant.objects.filter(round=round, state=EntrantState.RANKED, wishes__type__in=types).distinct()
    rows = rows.exclude(adults__number_hash__in=LeaseAdult.objects.values("number_hash"))
    rows = (
        rows.order_by("rank").select_related("application__policy_version").prefetch_related("wishes__type", "offers")
    )
    last = 0
    while batch := list(rows.filter(rank__gt=last)[:BATCH]):
        yield from batch
        last = batch[-1].rank or last  # who is ranked has one


def _choices(entrant: Entrant, free: list[Unit], mode: str) -> Iterable[tuple[UnitType, Unit | None]]:
    """What may be offered, the best first: by wish; then what suits in access, area and order."""
    seen = [offer for offer in entrant.offers.all() if offer.state in COUNTED]
    entitled = entitled_to(entrant)
    for wish in entrant.wishes.all():
        units = [unit for unit in free if unit.type_id == wish.type_id]
        if not units or not wish.type.is_for(entrant.household_size):
            continue
        if mode == Mode.FIRST_COME:
            if wish.type_id not in {offer.type_id for offer in seen}:
                yield wish.type, None
            continue
        units = [unit for unit in units if unit.pk not in {offer.unit_id for offer in seen}]
        for unit in sorted(units, key=lambda unit: _unfitness(unit, entrant, entitled)):
            yield wish.type, unit


def _unfitness(unit: Unit, entrant: Entrant, entitled: int) -> tuple[bool, int, int]:
    """Smaller is better: accessible for whom it matters, then nothing beyond the area entitled to, then the larger."""
    beyond = max(unit.area_dm2 - entitled, 0)
    return unit.is_accessible != entrant.needs_accessible, beyond, -unit.area_dm2
