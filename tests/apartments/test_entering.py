"""Entering a round and leaving it: who may, what is copied, and that a couple is in it once."""

from __future__ import annotations

from collections import Counter

import pytest

from applicants.people.linking import link_people
from housing.apartments.models import Entrant, EntrantAdult, OfferState, Round
from housing.apartments.services.entering import enter_round, leave_round, rounds_to_enter
from housing.apartments.services.refusals import RoundRefused
from portal.casework.models import Application
from tests.apartments.making import (
    AT,
    DAY,
    HOUR,
    make_approved,
    make_building,
    make_entrant,
    make_lease,
    make_round,
    make_type,
    offer_to,
)
from tests.apartments.walking import give_tier, open_round
from tests.factories import make_number, make_person, make_user, staff

pytestmark = pytest.mark.django_db


def approved(**details: object) -> Application:
    return give_tier(make_approved(**details))


def enter(row: Round, application: Application, *types, by=None, at=AT) -> Entrant:
    return enter_round(
        round_id=row.pk,
        application_id=application.pk,
        types=list(types) or [make_type()],
        by=by or application.applicant.user,
        at=at,
    )


def refused(act, *arguments, **details) -> str:
    with pytest.raises(RoundRefused) as raised:
        act(*arguments, **details)
    return raised.value.sentence


def test_an_entrant_keeps_what_the_ranking_looks_at():
    row, application = open_round(), approved(household=2)
    entrant = enter(row, application)
    assert (entrant.number, entrant.tier, entrant.household_size, entrant.state) == (1, "MST", 2, "entered")
    assert [wish.type.code for wish in entrant.wishes.all()] == ["one-room"]
    assert enter(row, approved()).number == 2
    assert Round.objects.get(pk=row.pk).entrant_count == 2


def test_entering_twice_is_once():
    row, application = open_round(), approved()
    assert enter(row, application) == enter(row, application)
    assert Round.objects.get(pk=row.pk).entrant_count == 1


def test_who_wishes_otherwise_leaves_first():
    row, application = open_round(), approved()
    enter(row, application)
    studio = make_type("studio", to=1)
    expected = "您已经报名参加这个批次。要换房型，请先退出，再重新报名。"
    assert refused(enter, row, application, studio) == expected


@pytest.mark.parametrize("at", [AT - 2 * HOUR, AT + 10 * DAY])
def test_nobody_enters_before_the_opening_or_after_the_freeze(at):
    assert refused(enter, open_round(), approved(), at=at) == "这个批次现在不能报名。"


def test_a_frozen_round_takes_nobody():
    row = open_round()
    Round.objects.filter(pk=row.pk).update(state="frozen")
    assert refused(enter, row, approved()) == "这个批次现在不能报名。"


def test_only_the_kinds_that_the_round_lets_out_can_be_wished_for():
    row = open_round()
    other = make_type("studio", to=1)
    assert refused(enter, row, approved(), other) == "请从这个批次的房型里选。"
    crowd = approved(household=5)
    assert refused(enter, row, crowd) == "“一居室”适合 1 至 2 人居住，和您的家庭人数不符。请换一种。"


def test_only_who_applied_enters_and_only_when_it_is_approved():
    row, application = open_round(), approved()
    assert refused(enter, row, application, by=make_user()) == "只有申请人本人可以报名。"
    Application.objects.filter(pk=application.pk).update(state="check")
    assert refused(enter, row, application) == "申请批准以后才能报名。"


def test_without_a_tier_nobody_enters():
    assert refused(enter, open_round(), make_approved()) == "您的申请没有定下层次，不能报名。请联系我们。"


def test_neither_of_a_couple_enters_beside_the_other():
    row, number = open_round(), make_number(serial=911)
    wife = make_person(at=AT, identity={"number": number})
    husband = approved(spouse_number=number, household=2)
    enter(row, husband)
    said = "一对夫妻只能一方报名：您或您的配偶已经报名参加这个批次。"
    assert refused(enter, row, approved(person=wife)) == said
    other = approved(spouse_number=husband.applicant.number, household=2)  # a third who names the husband
    assert refused(enter, row, other) == said
    assert Round.objects.get(pk=row.pk).entrant_count == 1  # a number is not lost
    leave_round(entrant_id=Entrant.objects.get().pk, by=husband.applicant.user, at=AT)
    assert enter(row, approved(person=wife)).number == 2


def test_two_accounts_of_one_person_are_one_entrant():
    row, first, second = open_round(), approved(), approved()
    link_people(person=first.applicant, other=second.applicant, reason="核对了两本证件。", by=staff("clerk"), at=AT)
    enter(row, first)
    said = "一对夫妻只能一方报名：您或您的配偶已经报名参加这个批次。"
    assert refused(enter, row, second) == said


def test_who_rents_an_apartment_enters_no_round_nor_does_the_spouse():
    lease = make_lease()
    row = open_round()
    said = "一对夫妻租一套：您或您的配偶已经租了一套人才公寓。"
    assert refused(enter, row, approved(person=lease.person)) == said
    assert refused(enter, row, approved(spouse_number=lease.person.number, household=2)) == said
    assert refused(enter, row, give_tier(lease.application)) == "这件申请已经租到房，不能再报名。"


def test_a_household_waits_in_one_round_at_a_time():
    application = approved()
    first, second = open_round(), open_round()
    enter(first, application)
    assert refused(enter, second, application) == "您或您的配偶正在参加另一个批次。请先退出那一个，再报名。"
    assert list(rounds_to_enter(application, at=AT)) == [second]
    leave_round(entrant_id=Entrant.objects.get().pk, by=application.applicant.user, at=AT)
    assert enter(second, application).number == 1


def test_who_left_an_open_round_enters_it_anew_at_the_end():
    row, application = open_round(), approved()
    entrant = enter(row, application)
    enter(row, approved())
    left = leave_round(entrant_id=entrant.pk, by=application.applicant.user, at=AT)
    assert (left.state, EntrantAdult.objects.filter(entrant=left).count()) == ("left", 0)
    again = enter(row, application, at=AT + HOUR)
    assert (again.pk, again.number, again.state) == (entrant.pk, 3, "entered")
    assert EntrantAdult.objects.filter(entrant=again).count() == 1


def test_leaving_takes_back_an_open_offer_and_frees_its_unit():
    building = make_building()
    entrant = make_entrant(make_round(building, mode="lottery"))
    offer = offer_to(entrant, building.units.get())
    left = leave_round(entrant_id=entrant.pk, by=entrant.application.applicant.user, at=AT + HOUR)
    offer.refresh_from_db()
    assert (left.state, left.refusals, offer.state) == ("left", 0, OfferState.WITHDRAWN)


def test_only_oneself_leaves_and_not_with_a_unit():
    building = make_building()
    lease = make_lease(building)
    entrant = lease.offer.entrant
    assert refused(leave_round, entrant_id=entrant.pk, by=make_user(), at=AT) == "只有报名的本人可以退出。"
    said = refused(leave_round, entrant_id=entrant.pk, by=lease.person.user, at=AT)
    assert said == "您已经不在等候选房，不用退出。"


@pytest.mark.postgres
@pytest.mark.slow
def test_of_a_couple_and_all_who_name_them_one_enters(race):
    row, number = open_round(), make_number(serial=912)
    wife = make_person(at=AT, identity={"number": number})
    couple = [approved(person=wife), *(approved(spouse_number=number, household=2) for _number in range(7))]
    outcomes = race(8, lambda turn: enter(row, couple[turn]))
    assert Counter(type(it).__name__ for it in outcomes) == {"Entrant": 1, "RoundRefused": 7}, outcomes
    assert (Entrant.objects.count(), Round.objects.get(pk=row.pk).entrant_count) == (1, 1)


@pytest.mark.postgres
@pytest.mark.slow
def test_twenty_at_once_are_numbered_without_a_gap(race):
    row, everybody = open_round(), [approved() for _number in range(20)]
    outcomes = race(20, lambda turn: enter(row, everybody[turn]))
    assert sorted(it.number for it in outcomes) == list(range(1, 21))
