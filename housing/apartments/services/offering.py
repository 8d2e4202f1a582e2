"""Offers: made, accepted, refused, run out, withdrawn. Nothing else writes an offer's state (locks: occupying.py).

An offer that names its unit keeps it for the entrant. Where the first to come is served it names the kind only:
whoever accepts gets any free unit of the kind in the round, and of two who want the last one, the first to lock it.
"""

from __future__ import annotations

import contextlib
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import Paper
from housing.apartments.models import (
    Entrant,
    EntrantState,
    Lease,
    LeaseAdult,
    Offer,
    OfferState,
    RoundState,
    RoundUnit,
    Unit,
    UnitType,
)
from housing.apartments.pricing import RentPlan, deposit_fen, entitled_dm2, last_day, percents_of
from housing.apartments.services.changing import note_event, speaks_for, terms_in
from housing.apartments.services.occupying import free_units, lock_units, occupy
from housing.apartments.services.refusals import NoUnitFree, OfferRefused, UnitTaken
from housing.apartments.services.telling import refusals_left, tell_entrant
from portal.accounts.models import User
from portal.audit.services import record
from portal.notifications.nudging import nudge
from portal.policy.offers import ApartmentTerms
from portal.policy.services import stored_calendar


def make_offer(
    *,
    entrant_id: UUID,
    type: UnitType,
    unit: Unit | None,
    expires_at: datetime,
    lease_starts_on: date,
    by: User | None,
    at: datetime,
) -> Offer:
    """Offer ``unit`` to the entrant, or any free one of ``type`` (unit None). Raises OfferRefused, NoUnitFree."""
    with transaction.atomic():
        entrant = _lock_entrant(entrant_id)
        if entrant.state != EntrantState.RANKED or entrant.round.state != RoundState.PUBLISHED:
            raise OfferRefused(_("现在不能给这位选房人发出选房通知。"))
        if unit is not None:
            lock_units([unit.pk])
            if not _units_for(entrant, type, lease_starts_on).filter(pk=unit.pk).exists():
                raise NoUnitFree(_("这套房源现在不能分给别人。"))
        offer = Offer.objects.create(
            round=entrant.round,
            entrant=entrant,
            type=type,
            unit=unit,
            made_at=at,
            expires_at=expires_at,
            lease_starts_on=lease_starts_on,
            state_at=at,
        )
        _set_entrant(entrant, EntrantState.OFFERED, at=at)
        record(action="offer.make", actor=by, target=offer, at=at, note=f"round {entrant.round.number}")
        tell_entrant(offer, "unit_offered", at=at)
        return offer


def accept_offer(
    *, offer_id: UUID, by: User, at: datetime, unit_id: UUID | None = None, paper: Paper | None = None
) -> Lease:
    """Accept: the lease is drafted and has its unit on every day of its term.

    ``unit_id`` picks among the free units where the offer names none; ``paper`` is the answer signed by hand, where a
    clerk takes it in. Raises OfferRefused, and NoUnitFree where somebody was quicker: then the offer stands as it did.
    """
    with transaction.atomic():
        offer = _lock_offer(offer_id)
        entrant = offer.entrant
        if not speaks_for(entrant.application, by, paper):
            raise OfferRefused(_("只有选房人本人可以答复。"))
        if offer.state != OfferState.OPEN:
            raise OfferRefused(_("这次选房已经答复过，或者已经过期。"))
        if at >= offer.expires_at:
            raise OfferRefused(_("答复的时间已经过了。"))
        if offer.round.state != RoundState.PUBLISHED:  # it is over, and its offers are being withdrawn
            raise OfferRefused(_("这个批次已经结束，不能再选房。"))
        offer.unit = _take_unit(offer, unit_id)
        _settle(offer, OfferState.ACCEPTED, by=by, at=at, paper=paper)
        lease = _draft_lease(offer, by=by, at=at)
        nudge("apartments.sweep_contracts")
        _set_entrant(entrant, EntrantState.HOUSED, at=at)
        return lease


def end_offer(
    *,
    offer_id: UUID,
    state: OfferState,
    by: User | None,
    at: datetime,
    reason: str = "",
    paper: Paper | None = None,
) -> Offer:
    """Refuse, expire or withdraw an open offer; a second time is refused. ``reason`` is told to the entrant.

    ``paper`` is a refusal signed by hand, where a clerk takes it in.

    Refused and expired ones count against the entrant, who is passed out after more than the policy allows.
    """
    if state not in (OfferState.REFUSED, OfferState.EXPIRED, OfferState.WITHDRAWN):
        raise ValueError(state)
    with transaction.atomic():
        offer = _lock_offer(offer_id)
        entrant = offer.entrant
        if offer.state != OfferState.OPEN:
            raise OfferRefused(_("这次选房已经答复过，或者已经过期。"))
        if state == OfferState.REFUSED and not speaks_for(entrant.application, by, paper):
            raise OfferRefused(_("只有选房人本人可以答复。"))
        if state == OfferState.EXPIRED and at < offer.expires_at:
            raise OfferRefused(_("答复的时间还没有过。"))
        _settle(offer, state, by=by, at=at, paper=paper)
        if state != OfferState.WITHDRAWN:
            entrant.refusals += 1
        is_out = refusals_left(entrant) < 0
        _set_entrant(entrant, EntrantState.PASSED_OUT if is_out else EntrantState.RANKED, at=at)
        _tell_end(offer, is_out=is_out, at=at, reason=reason)
        return offer


def _tell_end(offer: Offer, *, is_out: bool, at: datetime, reason: str) -> None:
    """The letter about an offer that has ended; whoever leaves, and a round that is over, say so themselves."""
    is_own_doing = speaks_for(offer.entrant.application, offer.answered_by, offer.paper)
    if offer.state == OfferState.EXPIRED:
        tell_entrant(offer, "offer_expired", at=at)
    elif offer.state == OfferState.REFUSED:
        if is_out:
            tell_entrant(offer, "passed_out", at=at)
    elif offer.round.state == RoundState.PUBLISHED and not is_own_doing:
        tell_entrant(offer, "offer_withdrawn", at=at, reason=reason)


def plan_for(entrant: Entrant, unit: Unit, starts_on: date) -> RentPlan:
    """What the rent would be made of if the entrant rented ``unit`` from that day on; a lease copies it.

    Area and price of a tier are those of the policy that gave it, which may be an older one than the round's.
    """
    return RentPlan(
        market_rent_fen=unit.market_rent_fen,
        area_dm2=unit.area_dm2,
        entitled_dm2=entitled_to(entrant),
        percents=percents_of(terms_in(entrant.application.policy_version), entrant.tier),
        starts_on=starts_on,
    )


def entitled_to(entrant: Entrant) -> int:
    """The area that the entrant's tier is entitled to, by the policy that gave the tier."""
    return entitled_dm2(terms_in(entrant.application.policy_version), entrant.tier)


def units_to_choose(offer: Offer) -> QuerySet[Unit]:
    """The free units of the offer's kind that its holder may pick from, where it names none."""
    return _units_for(offer.entrant, offer.type, offer.lease_starts_on)


def _lock_entrant(entrant_id: UUID) -> Entrant:
    Entrant.objects.select_for_update(no_key=True).values_list("pk").get(pk=entrant_id)
    rows = Entrant.objects.select_related(
        "round__policy_version", "application__applicant", "application__policy_version"
    )
    return rows.get(pk=entrant_id)


def _lock_offer(offer_id: UUID) -> Offer:
    """The offer with its entrant, both locked, the entrant first. Raises Offer.DoesNotExist."""
    entrant = _lock_entrant(Offer.objects.values_list("entrant_id", flat=True).get(pk=offer_id))
    Offer.objects.select_for_update(no_key=True).values_list("pk").get(pk=offer_id)
    offer = Offer.objects.select_related("type", "unit__building__place").get(pk=offer_id)
    offer.entrant, offer.round = entrant, entrant.round
    return offer


def _settle(offer: Offer, state: OfferState, *, by: User | None, at: datetime, paper: Paper | None) -> None:
    """The one place that writes an offer's state."""
    offer.state, offer.state_at, offer.answered_by, offer.paper = state, at, by, paper
    offer.version += 1
    offer.save(update_fields=["state", "state_at", "answered_by", "paper", "version", "unit"])
    record(action=f"offer.{state}", actor=by, target=offer, at=at, note=f"round {offer.round.number}")


def _set_entrant(entrant: Entrant, state: EntrantState, *, at: datetime) -> None:
    entrant.state, entrant.state_at = state, at
    entrant.save(update_fields=["state", "state_at", "refusals"])


def _terms(entrant: Entrant) -> ApartmentTerms:
    return terms_in(entrant.round.policy_version)


def _last_day(entrant: Entrant, starts_on: date) -> date:
    terms = _terms(entrant)
    last = last_day(starts_on, contract_years=terms.contract_years, first_year=1, cap_years=terms.most_years)
    assert last is not None, "the first year is within every cap"  # noqa: S101
    return last


def _units_for(entrant: Entrant, type: UnitType, starts_on: date, *, without_offers: bool = True) -> QuerySet[Unit]:
    """The round's units of the kind that are free for a whole first term."""
    units = free_units(starts_on, _last_day(entrant, starts_on), without_offers=without_offers)
    here = RoundUnit.objects.filter(round=entrant.round, released_at=None).values("unit")
    return units.filter(type=type, pk__in=here).order_by("pk")


class _Taken(Exception):
    """Between being seen free and being locked, the unit went to somebody else."""


def _take_unit(offer: Offer, unit_id: UUID | None) -> Unit:
    """A free unit for the offer, locked: the one it names, else the one picked, else any. Raises NoUnitFree.

    Any one is looked for without waiting first; only where every free unit is being worked on does it wait, in the
    order of keys, and look again after the lock: what was free when the query began may be gone.
    """
    has_own = offer.unit_id is not None
    free = _units_for(offer.entrant, offer.type, offer.lease_starts_on, without_offers=not has_own)
    picked = offer.unit_id if has_own else unit_id
    if picked is not None:
        lock_units([picked])
        unit = free.filter(pk=picked).first()
        if unit is None:
            raise NoUnitFree(_("这套房源刚刚被别人选走。请看看还有哪些可选。"))
        return unit
    unit = None
    with contextlib.suppress(_Taken), transaction.atomic():  # a lock on what was taken meanwhile is let go again
        unit = free.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if unit is not None and not free.filter(pk=unit.pk).exists():
            unit = None
            raise _Taken
    if unit is not None:
        return unit
    for candidate in list(free.values_list("pk", flat=True)):
        lock_units([candidate])
        if fresh := free.filter(pk=candidate).first():
            return fresh
    raise NoUnitFree(_("这种房型刚刚被选完了。您的排位还在，有房源空出来会通知您。"))


def _draft_lease(offer: Offer, *, by: User, at: datetime) -> Lease:
    """The lease that an accepted offer leads to, with its unit-days and its adults. Raises OfferRefused, NoUnitFree."""
    entrant, unit, terms = offer.entrant, offer.unit, _terms(offer.entrant)
    assert unit is not None, "an accepted offer names its unit"  # noqa: S101
    plan, last = plan_for(entrant, unit, offer.lease_starts_on), _last_day(entrant, offer.lease_starts_on)
    lease = Lease.objects.create(
        number=f"{entrant.round.number}-{entrant.shown_number}",
        unit=unit,
        person=entrant.application.applicant,
        application=entrant.application,
        offer=offer,
        household_size=entrant.household_size,
        tier=entrant.tier,
        starts_on=offer.lease_starts_on,
        ends_on=last,
        agreed_until=last,
        market_rent_fen=plan.market_rent_fen,
        area_dm2=plan.area_dm2,
        entitled_dm2=plan.entitled_dm2,
        percents=plan.percents,
        percent_after_loss=terms.percent_after_loss,
        deposit_fen=deposit_fen(plan, terms.deposit_months),
        sign_by=stored_calendar().add_working_days(timezone.localdate(at), terms.sign_working_days).day,
        state_at=at,
    )
    try:
        with transaction.atomic():
            adults = entrant.adults.values_list("number_hash", flat=True)
            LeaseAdult.objects.bulk_create(LeaseAdult(lease=lease, number_hash=one) for one in adults)
    except IntegrityError:
        raise OfferRefused(_("一对夫妻租一套：您或您的配偶已经租了一套人才公寓。")) from None
    try:
        occupy(lease, first=lease.starts_on, last=lease.ends_on)
    except UnitTaken:
        raise NoUnitFree(_("这套房源刚刚被别人选走。请看看还有哪些可选。")) from None
    note_event(lease, "draft", from_state="", by=by, at=at)
    return lease
