"""Offers go down the ranking by themselves, by wish and household, and are passed on when their time is over."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from housing.apartments.models import EntrantWish, Mode, Offer, RoundUnit, Unit
from housing.apartments.services.entering import leave_round
from housing.apartments.services.offering import accept_offer, end_offer
from housing.apartments.services.passing_on import pass_on
from housing.apartments.services.refusals import OfferRefused
from housing.apartments.services.withdrawing import withdraw_offer
from portal.accounts.models import Role
from portal.notifications.models import Letter
from tests.apartments.making import (
    AT,
    DAY,
    FIRST,
    HOUR,
    make_approved,
    make_building,
    make_entrant,
    make_round,
    make_type,
    offer_to,
)
from tests.factories import SHANGHAI, make_number, make_person, staff

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 3, 10, 0, 0, tzinfo=SHANGHAI)  # the offers of 2 March have run out


def open_offers() -> list[tuple[int, str | None]]:
    """Rank and unit of the offers that wait, by rank."""
    rows = Offer.objects.filter(state="open").select_related("entrant", "unit").order_by("entrant__rank")
    return [(offer.entrant.rank, offer.unit and offer.unit.label) for offer in rows]


def user_of(entrant):
    return entrant.application.applicant.user


def letters_to(entrant) -> list[str]:
    return list(
        Letter.objects.filter(recipient=user_of(entrant)).order_by("created_at", "id").values_list("kind", flat=True)
    )


def test_two_units_go_to_the_first_two_of_three_for_five_working_days():
    round = make_round(make_building(2), mode=Mode.LOTTERY)
    entrants = [make_entrant(round) for _number in range(3)]
    assert pass_on(at=AT) == 2
    assert open_offers() == [(1, "101"), (2, "102")]
    offer = entrants[0].offers.get()
    assert (offer.expires_at.astimezone(SHANGHAI).date(), offer.lease_starts_on) == (date(2026, 3, 9), FIRST)
    assert letters_to(entrants[0]) == ["unit_offered"]
    assert letters_to(entrants[2]) == []
    assert pass_on(at=AT + HOUR) == 0


def test_what_is_refused_goes_to_the_next_and_does_not_come_back():
    round = make_round(make_building(1), mode=Mode.LOTTERY)
    first, _second = make_entrant(round), make_entrant(round)
    pass_on(at=AT)
    end_offer(offer_id=first.offers.get().pk, state="refused", by=user_of(first), at=AT + HOUR)
    pass_on(at=AT + HOUR)
    assert open_offers() == [(2, "101")]
    pass_on(at=LATE)
    assert open_offers() == []


def test_who_does_not_answer_is_passed_over_and_told():
    round = make_round(make_building(1), mode=Mode.LOTTERY)
    first, second = make_entrant(round), make_entrant(round)
    pass_on(at=AT)
    pass_on(at=LATE)
    first.refresh_from_db()
    assert (first.state, first.refusals) == ("ranked", 1)
    assert letters_to(first) == ["unit_offered", "offer_expired"]
    assert letters_to(second) == ["unit_offered"]
    assert open_offers() == [(2, "101")]


def test_an_offer_stands_until_the_last_moment_of_its_day():
    round = make_round(make_building(1), mode=Mode.LOTTERY)
    make_entrant(round)
    pass_on(at=AT)
    pass_on(at=datetime(2026, 3, 9, 23, 59, 59, tzinfo=SHANGHAI))
    assert open_offers() == [(1, "101")]


def test_a_unit_is_for_households_of_its_size_and_for_who_wishes_for_it():
    large = make_type("three-room", rooms=3, to=5)
    building = make_building(1)
    Unit.objects.create(building=building, type=large, label="201", floor=2, area_dm2=9000, market_rent_fen=300_000)
    round = make_round(building, mode=Mode.LOTTERY)
    family = make_entrant(round, make_approved(household=4))
    single = make_entrant(round)
    single.wishes.update(type=make_type())
    family.wishes.all().delete()
    for position, type in enumerate([large, make_type()], start=1):
        EntrantWish.objects.create(entrant=family, type=type, position=position)
    pass_on(at=AT)
    assert open_offers() == [(1, "201"), (2, "101")]
    end_offer(offer_id=family.offers.get().pk, state="refused", by=user_of(family), at=AT + HOUR)
    end_offer(offer_id=single.offers.get().pk, state="refused", by=user_of(single), at=AT + HOUR)
    pass_on(at=AT + HOUR)
    assert open_offers() == []  # the small one is too small for four, the single person did not wish for the large one


def test_the_largest_unit_within_the_entitled_area_comes_first():
    building = make_building(3)
    for label, area in (("101", 4500), ("102", 6000), ("103", 9000)):
        Unit.objects.filter(building=building, label=label).update(area_dm2=area)
    round = make_round(building, mode=Mode.TIERS)
    for _number in range(3):
        make_entrant(round, tier="MST")  # 60 m²
    pass_on(at=AT)
    assert open_offers() == [(1, "102"), (2, "101"), (3, "103")]


def test_who_needs_an_accessible_unit_gets_it_and_others_leave_it():
    building = make_building(2)
    Unit.objects.filter(building=building, label="101").update(is_accessible=True)
    round = make_round(building, mode=Mode.LOTTERY)
    make_entrant(round)
    make_entrant(round, needs_accessible=True)
    pass_on(at=AT)
    assert open_offers() == [(1, "102"), (2, "101")]


def test_the_first_to_come_are_offered_a_kind_all_at_once():
    round = make_round(make_building(1))
    entrants = [make_entrant(round) for _number in range(3)]
    assert pass_on(at=AT) == 3
    assert open_offers() == [(1, None), (2, None), (3, None)]
    accept_offer(offer_id=entrants[2].offers.get().pk, by=user_of(entrants[2]), at=AT + HOUR)
    pass_on(at=LATE)
    for entrant in entrants[:2]:  # nothing was left for them: that is no refusal of theirs
        entrant.refresh_from_db()
        assert (entrant.state, entrant.refusals, entrant.offers.get().state) == ("ranked", 0, "withdrawn")


def test_nothing_is_offered_to_whose_spouse_rents_already():
    hers = make_number(serial=11)
    first = make_building(1)
    wife = make_entrant(make_round(first), make_approved(make_person(identity={"number": hers})))
    accept_offer(offer_id=offer_to(wife, first.units.get()).pk, by=user_of(wife), at=AT + HOUR)
    round = make_round(make_building(1), mode=Mode.LOTTERY)
    make_entrant(round, make_approved(spouse_number=hers, household=2))
    make_entrant(round)
    pass_on(at=AT + HOUR)
    assert open_offers() == [(2, "101")]


@pytest.mark.postgres
@pytest.mark.slow
def test_four_workers_offer_each_unit_once(race):
    round = make_round(make_building(5), mode=Mode.LOTTERY)
    for _number in range(8):
        make_entrant(round)
    made = race(4, lambda _number: pass_on(at=AT))
    assert sum(made) == 5, made
    assert len({label for _rank, label in open_offers()}) == 5


def test_a_lease_begins_a_month_later_where_the_contract_would_come_too_late():
    round = make_round(make_building(1), mode=Mode.LOTTERY)
    entrant = make_entrant(round)
    pass_on(at=datetime(2026, 3, 20, 9, 0, tzinfo=SHANGHAI))  # answered by the 27th, signed by 3 April
    assert entrant.offers.get().lease_starts_on == date(2026, 5, 1)


def test_who_leaves_gets_no_letter_that_their_rank_stands():
    round = make_round(make_building(1), mode=Mode.LOTTERY)
    entrant = make_entrant(round)
    pass_on(at=AT)
    leave_round(entrant_id=entrant.pk, by=user_of(entrant), at=AT + HOUR)
    assert letters_to(entrant) == ["unit_offered"]
    assert open_offers() == []


def test_a_third_refusal_is_told_as_the_last_one():
    round = make_round(make_building(3), mode=Mode.LOTTERY)
    entrant = make_entrant(round)
    for _number in range(3):
        pass_on(at=AT)
        end_offer(offer_id=entrant.offers.get(state="open").pk, state="refused", by=user_of(entrant), at=AT + HOUR)
    assert letters_to(entrant) == ["unit_offered", "unit_offered", "unit_offered", "passed_out"]
    assert pass_on(at=AT) == 0


def test_a_closed_round_offers_nothing():
    round = make_round(make_building(1), mode=Mode.LOTTERY)
    make_entrant(round)
    type(round).objects.filter(pk=round.pk).update(state="closed")
    assert pass_on(at=AT) == 0


def test_an_offer_of_a_kind_of_home_names_no_unit_and_is_not_withdrawn():
    entrant = make_entrant(make_round(make_building(1), mode=Mode.FIRST_COME))
    pass_on(at=AT)
    offer = entrant.offers.get()
    with pytest.raises(OfferRefused, match="没有指定房源"):
        withdraw_offer(offer_id=offer.pk, reason="漏水", by=staff(Role.ADMINISTRATOR), at=AT + DAY)
    offer.refresh_from_db()
    assert (offer.state, letters_to(entrant)) == ("open", ["unit_offered"])


def test_an_offer_is_withdrawn_with_a_reason_and_its_unit_leaves_the_round():
    round = make_round(make_building(1), mode=Mode.LOTTERY)
    entrant = make_entrant(round)
    pass_on(at=AT)
    offer = entrant.offers.get()
    with pytest.raises(OfferRefused, match="权限"):
        withdraw_offer(offer_id=offer.pk, reason="漏水", by=staff(Role.CLERK), at=AT + DAY)
    with pytest.raises(OfferRefused, match="理由"):
        withdraw_offer(offer_id=offer.pk, reason=" ", by=staff(Role.ADMINISTRATOR), at=AT + DAY)
    withdraw_offer(offer_id=offer.pk, reason="漏水", by=staff(Role.ADMINISTRATOR), at=AT + DAY)
    entrant.refresh_from_db()
    assert (entrant.state, entrant.refusals, letters_to(entrant)) == ("ranked", 0, ["unit_offered", "offer_withdrawn"])
    assert not RoundUnit.objects.filter(released_at=None).exists()
    assert pass_on(at=AT + DAY) == 0
