"""The truth about units: a day of a unit is let once, whoever accepts and however many at a time."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from housing.apartments.models import EntrantAdult, Lease, LeaseAdult, Offer, RoundUnit, UnitDay
from housing.apartments.services.changing import change_lease
from housing.apartments.services.occupying import close_unit, free_units, reopen_unit
from housing.apartments.services.offering import accept_offer, end_offer
from housing.apartments.services.refusals import LeaseRefused, NoUnitFree, OfferRefused, UnitTaken
from portal.accounts.models import Role
from tests.apartments.making import (
    AT,
    DAY,
    FIRST,
    HOUR,
    make_approved,
    make_building,
    make_entrant,
    make_lease,
    make_round,
    offer_to,
)
from tests.factories import make_number, make_person, staff

pytestmark = pytest.mark.django_db
LAST = date(2027, 3, 31)


def accept(offer: Offer) -> Lease:
    """What one thread does."""
    return accept_offer(offer_id=offer.pk, by=offer.entrant.application.applicant.user, at=AT + HOUR)


def test_an_accepted_offer_is_a_lease_with_a_row_for_every_day_of_a_year():
    lease = make_lease()
    days = list(lease.days.values_list("on", flat=True))
    assert (days[0], days[-1], len(days)) == (FIRST, LAST, 365)
    assert (lease.state, lease.starts_on, lease.ends_on) == ("drafted", FIRST, LAST)
    assert (lease.entitled_dm2, lease.percents, lease.deposit_fen) == (6000, [50, 50, 60, 70, 70], 100_000)
    assert lease.sign_by == date(2026, 3, 9)
    assert (lease.offer.state, lease.offer.entrant.state) == ("accepted", "housed")
    assert list(lease.events.values_list("kind", "to_state")) == [("draft", "drafted")]


def test_the_database_refuses_a_second_use_of_a_unit_on_a_day():
    lease = make_lease()
    with pytest.raises(IntegrityError, match=r"one_use_of_a_unit_per_day|unitday.unit_id"), transaction.atomic():
        UnitDay.objects.create(unit=lease.unit, on=LAST, lease=make_lease())


def test_a_unit_is_offered_once_and_stands_in_one_live_round():
    building = make_building(1)
    round, unit = make_round(building), building.units.get()
    offer_to(make_entrant(round), unit)
    with pytest.raises(NoUnitFree):
        offer_to(make_entrant(round), unit)
    other = make_round(make_building(1))
    with pytest.raises(IntegrityError, match=r"a_unit_is_in_one_live_round|roundunit.unit_id"), transaction.atomic():
        RoundUnit.objects.create(round=other, unit=unit)


def test_a_couple_enters_a_round_once_whoever_names_whom():
    hers = make_number(serial=7)
    round, wife = make_round(make_building(2)), make_person(identity={"number": hers})
    make_entrant(round, make_approved(wife))
    names_her = make_approved(spouse_number=hers, household=2)
    with (
        pytest.raises(IntegrityError, match=r"a_couple_enters_a_round_once|entrantadult.round_id"),
        transaction.atomic(),
    ):
        make_entrant(round, names_her)
    assert EntrantAdult.objects.filter(round=round).count() == 1


def test_a_couple_rents_one_unit_even_in_two_rounds():
    hers = make_number(serial=8)
    first = make_building(1)
    wife = make_entrant(make_round(first), make_approved(make_person(identity={"number": hers})))
    accept(offer_to(wife, first.units.get()))
    second = make_building(1)
    husband = make_entrant(make_round(second), make_approved(spouse_number=hers, household=2))
    offer = offer_to(husband, second.units.get())
    with pytest.raises(OfferRefused):
        accept(offer)
    assert (Lease.objects.count(), LeaseAdult.objects.count()) == (1, 1)


def test_an_offer_is_answered_once_in_time_and_by_the_entrant_alone():
    building = make_building(1)
    offer = offer_to(make_entrant(make_round(building)), building.units.get())
    with pytest.raises(OfferRefused):
        accept_offer(offer_id=offer.pk, by=make_person().user, at=AT + HOUR)
    with pytest.raises(OfferRefused):
        accept_offer(offer_id=offer.pk, by=offer.entrant.application.applicant.user, at=AT + 7 * DAY)
    with pytest.raises(OfferRefused):
        end_offer(offer_id=offer.pk, state="expired", by=None, at=AT + HOUR)
    accept(offer)
    with pytest.raises(OfferRefused):
        accept(offer)


def test_two_refusals_are_allowed_and_the_third_passes_out():
    building = make_building(1)
    entrant, states = make_entrant(make_round(building)), []
    for _number in range(3):
        offer = offer_to(entrant, building.units.get())
        end_offer(offer_id=offer.pk, state="refused", by=entrant.application.applicant.user, at=AT + HOUR)
        entrant.refresh_from_db()
        states.append((entrant.state, entrant.refusals))
    assert states == [("ranked", 1), ("ranked", 2), ("passed_out", 3)]


def test_a_lease_that_is_not_signed_gives_its_unit_back():
    lease = make_lease()
    assert not free_units(FIRST, LAST).filter(pk=lease.unit_id).exists()
    change_lease(lease.pk, "lapse", by=None, at=AT + 10 * DAY)
    assert (UnitDay.objects.count(), LeaseAdult.objects.count()) == (0, 0)
    assert free_units(FIRST, LAST).filter(pk=lease.unit_id).exists()
    with pytest.raises(LeaseRefused):
        change_lease(lease.pk, "sign", by=lease.person.user, at=AT + 10 * DAY)


def test_nothing_is_signed_or_handed_over_by_a_state_alone():
    lease = make_lease()
    with pytest.raises(LeaseRefused):
        change_lease(lease.pk, "sign", by=lease.person.user, at=AT + DAY)
    with pytest.raises(LeaseRefused):
        change_lease(lease.pk, "cancel", by=staff(Role.FINANCE), at=AT + DAY, reason="不符")


def test_a_closure_takes_days_as_a_lease_does_and_gives_them_back():
    building, by = make_building(1), staff(Role.ADMINISTRATOR)
    unit = building.units.get()
    closure = close_unit(unit=unit, first=FIRST, last=FIRST + 2 * DAY, reason="维修", by=by, at=AT)
    with pytest.raises(NoUnitFree):
        make_lease(building)
    for _twice in range(2):
        reopen_unit(closure_id=closure.pk, from_on=FIRST, by=by, at=AT)
    make_round(make_building(1))
    RoundUnit.objects.filter(unit=unit).update(released_at=AT)
    make_lease(building)
    with pytest.raises(UnitTaken):
        close_unit(unit=unit, first=LAST, last=LAST, reason="维修", by=by, at=AT)


@pytest.mark.postgres
@pytest.mark.slow
def test_a_hundred_accept_the_last_unit_and_one_gets_it(race):
    round = make_round(make_building(1))
    offers = [offer_to(make_entrant(round)) for _number in range(100)]
    outcomes = race(100, lambda number: accept(offers[number]))
    assert Counter(type(it).__name__ for it in outcomes) == {"Lease": 1, "NoUnitFree": 99}
    assert (UnitDay.objects.count(), Lease.objects.count()) == (365, 1)
    assert Counter(Offer.objects.values_list("state", flat=True)) == {"accepted": 1, "open": 99}


@pytest.mark.postgres
@pytest.mark.slow
def test_twelve_accept_eight_units_and_all_eight_are_let(race):
    round = make_round(make_building(8))
    offers = [offer_to(make_entrant(round)) for _number in range(12)]
    outcomes = race(12, lambda number: accept(offers[number]))
    assert Counter(type(it).__name__ for it in outcomes) == {"Lease": 8, "NoUnitFree": 4}
    assert UnitDay.objects.count() == 8 * 365


@pytest.mark.postgres
@pytest.mark.slow
def test_one_offer_accepted_and_refused_at_once_ends_in_one_way(race):
    building = make_building(1)
    offer = offer_to(make_entrant(make_round(building)), building.units.get())
    by = offer.entrant.application.applicant.user

    def act(number: int) -> object:
        if number % 2:
            return end_offer(offer_id=offer.pk, state="refused", by=by, at=AT + HOUR)
        return accept(offer)

    outcomes = race(8, act)
    assert sum(not isinstance(it, OfferRefused) for it in outcomes) == 1, outcomes
    offer.refresh_from_db()
    assert (offer.state, UnitDay.objects.count()) in [("accepted", 365), ("refused", 0)]
