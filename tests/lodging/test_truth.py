"""The truth about beds: a night of a bed is given once, whoever asks and however many at a time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from housing.lodging.limits import Taken
from housing.lodging.models import ANYBODY, BedNight, Purpose, RoomNight, Sex, Stay
from housing.lodging.nights import Nights
from housing.lodging.services.applying import choose_bed
from housing.lodging.services.changing import change_stay
from housing.lodging.services.closing import BedTaken, close_bed, reopen_bed
from housing.lodging.services.counting import taken_by
from housing.lodging.services.holding import NoBedFree, StayRefused, extend_stay, hold_bed, move_stay
from housing.lodging.services.waiting import join_line, place_in_line
from portal.accounts.models import Role
from tests.factories import staff
from tests.lodging.making import AT, FIRST, HOUR, beds_of, hold, make_booking, make_site, make_stay, start_lodging, wish

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)


def nights_of(stay: Stay) -> list[tuple[str, date, str]]:
    """Bed, evening and purpose, night by night."""
    return [(row.bed.label, row.on, row.purpose) for row in stay.nights.select_related("bed").order_by("on")]


def day(number: int) -> date:
    return FIRST + (number - 1) * ONE_DAY


def test_a_held_bed_is_one_row_for_each_night():
    stay = make_stay(make_site(2), nights=3)
    assert nights_of(stay) == [("A", day(1), "held"), ("A", day(2), "held"), ("A", day(3), "held")]
    assert list(RoomNight.objects.order_by("on").values_list("on", "sex")) == [(day(n), "f") for n in (1, 2, 3)]
    assert list(stay.events.values_list("kind", "to_state")) == [("hold", "held")]


def test_the_database_refuses_a_second_use_of_a_bed():
    stay = make_stay(make_site(1), nights=1)
    night = stay.nights.get()
    with pytest.raises(IntegrityError, match=r"one_use_of_a_bed_per_night|bednight.bed_id"), transaction.atomic():
        BedNight.objects.create(bed=night.bed, on=night.on, purpose=Purpose.HELD, sex=night.sex,
                                room_night=night.room_night, stay=make_stay(make_site(1), first=day(9)))  # fmt: skip


def test_the_database_refuses_a_man_in_a_room_of_women():
    site = make_site(2)
    hers, his = make_stay(site, nights=1), make_stay(make_site(1), nights=1, first=day(5), sex=Sex.MALE)
    shared = hers.nights.get().room_night
    with pytest.raises(IntegrityError, match="a_guest_shares_a_room_of_one_sex"), transaction.atomic():
        BedNight.objects.create(
            bed=beds_of(site)[1], on=day(1), purpose=Purpose.HELD, sex=Sex.MALE, room_night=shared, stay=his
        )
    key = RoomNight.key_of(shared.room_id, day(1), Sex.MALE)
    with pytest.raises(IntegrityError, match=r"one_sex_per_room_and_night|roomnight.room_id"), transaction.atomic():
        RoomNight.objects.create(key=key, room=shared.room, on=day(1), sex=Sex.MALE)
    with pytest.raises(IntegrityError, match="a_room_night_carries_its_sex_in_its_key"), transaction.atomic():
        RoomNight.objects.filter(pk=shared.pk).update(sex=Sex.MALE)


def test_women_fill_a_room_before_the_next_and_men_get_the_other():
    site = make_site(2, 2)
    rooms = [make_stay(site, sex=sex).bed.room.label for sex in (Sex.FEMALE, Sex.MALE, Sex.FEMALE, Sex.MALE)]
    assert rooms == ["001", "002", "001", "002"]
    with pytest.raises(NoBedFree):
        make_stay(site, sex=Sex.FEMALE)


def test_one_night_of_the_other_sex_keeps_a_room_from_a_longer_stay():
    site = make_site(2)
    make_stay(site, sex=Sex.MALE, first=day(3), nights=1)
    with pytest.raises(NoBedFree):
        make_stay(site, sex=Sex.FEMALE, first=day(1), nights=3)
    assert make_stay(site, sex=Sex.FEMALE, first=day(1), nights=2).bed.label == "A"


def test_no_bed_is_offered_where_a_stay_would_have_to_change_beds():
    site = make_site(2)
    make_stay(site, first=day(1), nights=2)
    make_stay(site, first=day(1), nights=1)
    make_stay(site, first=day(3), nights=1)
    stay = make_stay(site, first=day(2), nights=1)
    assert nights_of(stay) == [("B", day(2), "held")]
    with pytest.raises(NoBedFree):
        make_stay(site, first=day(2), nights=2)


def test_a_mixed_room_has_no_sex():
    site = make_site(2, has_same_sex_rooms=False)
    make_stay(site, sex=Sex.FEMALE, nights=1)
    make_stay(site, sex=Sex.MALE, nights=1)
    assert set(BedNight.objects.values_list("sex", flat=True)) == {ANYBODY}


def test_a_booking_holds_one_bed_and_a_closed_site_none():
    site = make_site(2)
    booking = make_booking(site)
    hold(booking)
    with pytest.raises(StayRefused):
        hold(booking)
    site.is_open = False
    with pytest.raises(NoBedFree):
        hold(make_booking(site))


def test_a_lapsed_hold_gives_the_bed_and_the_room_back():
    site = make_site(2)
    stay = make_stay(site, sex=Sex.FEMALE)
    change_stay(stay.pk, "lapse", by=None, at=AT + HOUR)
    assert (BedNight.objects.count(), RoomNight.objects.count()) == (0, 0)
    assert make_stay(site, sex=Sex.MALE).bed.label == "A"
    with pytest.raises(StayRefused):
        change_stay(stay.pk, "book", by=None, at=AT + HOUR)


def test_giving_back_one_bed_leaves_the_room_to_those_who_are_in_it():
    site = make_site(2)
    first, _second = make_stay(site), make_stay(site)
    change_stay(first.pk, "cancel", by=None, at=AT + HOUR)
    assert RoomNight.objects.count() == 3
    with pytest.raises(NoBedFree):
        make_stay(site, sex=Sex.MALE)


def test_a_stay_is_booked_and_extended_and_moved():
    site = make_site(2)
    stay, clerk = make_stay(site, nights=2), staff(Role.CLERK)
    change_stay(stay.pk, "book", by=None, at=AT)
    extend_stay(stay_id=stay.pk, count=1, by=clerk, at=AT)
    moved = move_stay(stay_id=stay.pk, bed=beds_of(site)[1], from_on=day(2), by=clerk, at=AT, reason="空调故障")
    assert nights_of(moved) == [("A", day(1), "booked"), ("B", day(2), "booked"), ("B", day(3), "booked")]
    assert (moved.bed.label, moved.leaves_on) == ("B", day(4))
    kinds = list(moved.events.order_by("version").values_list("kind", "version"))
    assert kinds == [("hold", 1), ("book", 2), ("extend", 3), ("move", 4)]


def test_nobody_is_moved_or_extended_into_a_night_that_is_taken():
    site = make_site(2)
    stay, clerk = make_stay(site, first=day(1), nights=1), staff(Role.CLERK)
    make_stay(site, first=day(1), nights=1)
    make_stay(site, first=day(2), nights=1)
    with pytest.raises(NoBedFree):
        move_stay(stay_id=stay.pk, bed=beds_of(site)[1], from_on=day(1), by=clerk, at=AT, reason="换床")
    with pytest.raises(NoBedFree):
        extend_stay(stay_id=stay.pk, count=1, by=clerk, at=AT)
    assert nights_of(stay) == [("A", day(1), "held")]


def test_a_closure_takes_nights_as_a_guest_does_and_gives_them_back():
    site, by = make_site(1), staff(Role.ADMINISTRATOR)
    bed = beds_of(site)[0]
    make_stay(site, first=day(4), nights=1)
    with pytest.raises(BedTaken) as refused:
        close_bed(bed=bed, nights=Nights(day(2), 3), reason="维修", by=by, at=AT)
    assert refused.value.nights == [day(4)]
    closure = close_bed(bed=bed, nights=Nights(day(1), 3), reason="维修", by=by, at=AT)
    with pytest.raises(NoBedFree):
        make_stay(site, first=day(3), nights=1)
    for _twice in range(2):
        reopen_bed(closure_id=closure.pk, from_on=day(2), by=by, at=AT)
    assert list(BedNight.objects.order_by("on").values_list("on", "purpose")) == [(day(1), "closed"), (day(4), "held")]


def test_nights_are_counted_from_the_rows():
    site = make_site(2)
    booking = make_booking(site, first=date(2026, 12, 31), nights=2)
    stay, person = hold(booking), booking.application.applicant
    assert taken_by(person) == Taken((date(2026, 12, 31), date(2027, 1, 1)), (date(2026, 12, 31),))
    assert taken_by(person, without=booking) == Taken()
    change_stay(stay.pk, "cancel", by=None, at=AT)
    assert taken_by(person) == Taken()


def ask_for(booking):
    """What one thread does: it looks up nothing beforehand."""
    return hold_bed(
        booking=booking, site=booking.site, nights=booking.nights, sex=booking.sex, until=AT + HOUR, by=None, at=AT
    )


@pytest.mark.postgres
@pytest.mark.slow
def test_two_hundred_want_the_last_bed_and_one_gets_it(race):
    site = make_site(1)
    bookings = [make_booking(site, nights=3) for _number in range(200)]
    outcomes = race(200, lambda number: ask_for(bookings[number]))
    assert {type(it).__name__ for it in outcomes} == {"Stay", "NoBedFree"}
    assert sum(isinstance(it, NoBedFree) for it in outcomes) == 199
    assert (BedNight.objects.count(), Stay.objects.count()) == (3, 1)


@pytest.mark.postgres
@pytest.mark.slow
def test_forty_choose_the_last_bed_one_gets_it_and_the_others_may_wait(race):
    site = make_site(1)
    drafts = [start_lodging() for _number in range(40)]
    outcomes = race(40, lambda number: choose_bed(drafts[number], wish(site), by=drafts[number].applicant.user, at=AT))
    assert (BedNight.objects.count(), Stay.objects.count()) == (3, 1)
    got = [number for number, it in enumerate(outcomes) if isinstance(it, Stay)]
    assert len(got) == 1
    said = {f"{type(it).__name__}: {it}" for number, it in enumerate(outcomes) if number not in got}
    assert said == {"NoBedFree: 这些晚上已经没有合适的床位。您可以换个日期或驿站，或者排队候补。"}
    loser = drafts[0 if got != [0] else 1]
    place = join_line(loser, wish(site), by=loser.applicant.user, at=AT)
    assert (place.state, place_in_line(place)) == ("waiting", 1)


@pytest.mark.postgres
@pytest.mark.slow
def test_forty_people_of_both_sexes_fill_twenty_beds_and_not_one_more(race):
    site = make_site(*[2] * 10)
    bookings = [make_booking(site, nights=2, sex=(Sex.FEMALE, Sex.MALE)[number % 2]) for number in range(40)]
    outcomes = race(40, lambda number: ask_for(bookings[number]))
    assert {type(it).__name__ for it in outcomes} <= {"Stay", "NoBedFree"}
    sexes = RoomNight.objects.order_by().values_list("room", "on").distinct().count()
    assert sexes == RoomNight.objects.count()
    assert sum(isinstance(it, Stay) for it in outcomes) >= 19  # a last bed may stand in a room of the other sex


@pytest.mark.postgres
@pytest.mark.slow
def test_closing_moving_and_booking_at_once_end_without_a_deadlock(race):
    site, by = make_site(2, 2, 2), staff(Role.ADMINISTRATOR)
    beds, stays = beds_of(site), [make_stay(site, nights=2) for _number in range(4)]
    bookings = [make_booking(site, nights=2) for _number in range(4)]

    def act(number: int) -> object:
        if number % 3 == 0:
            return close_bed(bed=beds[number % 6], nights=Nights(FIRST, 2), reason="维修", by=by, at=AT)
        if number % 3 == 1:
            bed = beds[(number * 5 + 1) % 6]
            return move_stay(stay_id=stays[number % 4].pk, bed=bed, from_on=FIRST, by=by, at=AT, reason="换床")
        return ask_for(bookings[number % 4])

    outcomes = race(12, act)
    kinds = {type(it).__name__ for it in outcomes}
    assert kinds <= {"Stay", "BedClosure", "NoBedFree", "BedTaken", "StayRefused"}
    assert BedNight.objects.filter(on=FIRST).count() <= 6


@pytest.mark.postgres
@pytest.mark.slow
def test_one_booking_sent_eight_times_holds_one_bed(race):
    site = make_site(*[2] * 4)
    booking = make_booking(site)
    outcomes = race(8, lambda _number: ask_for(booking))
    assert sorted(type(it).__name__ for it in outcomes) == ["Stay", *["StayRefused"] * 7]
    assert BedNight.objects.count() == 3


def test_holding_a_bed_costs_eight_statements(django_assert_num_queries):
    booking = make_booking(make_site(2))
    assert booking.application.applicant_id
    with django_assert_num_queries(8):  # with the pair of savepoints, which is the transaction elsewhere
        ask_for(booking)
