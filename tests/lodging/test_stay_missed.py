"""What time does to stays: nobody has come by the hour, nobody has said that they left."""

from datetime import time, timedelta

import pytest

from housing.lodging.models import Bar, BedNight, ForfeitedNight, RoomNight
from housing.lodging.services.arriving import check_in
from housing.lodging.services.availability import free_beds
from housing.lodging.services.changing import change_stay
from housing.lodging.services.counting import taken_by
from housing.lodging.services.missing import leave_due, miss_due, miss_stay
from housing.lodging.tasks import sweep_stays
from portal.notifications.models import Letter
from portal.notifications.rendering import render_letter
from tests.factories import move_clock
from tests.lodging.making import hold, make_booking, make_site, make_stay
from tests.lodging.staying import (
    DAY,
    EVENING,
    MIDNIGHT,
    book,
    keep_unused_nights,
    letters_to,
    make_booked,
    make_guest,
    make_porter,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
KEPT = MIDNIGHT - MINUTE  # 23:59


def missed_letter(stay):
    letter = Letter.objects.get(recipient=stay.person.user, kind="stay_missed")
    return render_letter(letter, "zh-hans")


def test_a_bed_goes_back_in_the_minute_that_its_hour_has_come():
    site = make_site()
    stay = make_booked(site)
    assert miss_due(at=KEPT - timedelta(seconds=1)) == 0
    assert miss_due(at=KEPT) == 1
    stay.refresh_from_db()
    assert (stay.state, stay.nights.count(), RoomNight.objects.count()) == ("no_show", 0, 0)
    assert {free.total for free in free_beds(site, stay.planned)} == {2}
    assert miss_due(at=KEPT) == 0
    assert taken_by(stay.person).nights == ()


def test_a_site_that_waits_longer_loses_nobody_before():
    site = make_site()
    site.hold_until = time(2, 0)
    site.save()
    stay, porter = make_booked(site), make_porter(site)
    late = make_booked(site)
    assert miss_due(at=MIDNIGHT + 20 * MINUTE) == 0
    check_in(stay_id=late.pk, member=porter, at=MIDNIGHT + 20 * MINUTE)
    assert miss_due(at=MIDNIGHT + 2 * 60 * MINUTE) == 1
    stay.refresh_from_db()
    late.refresh_from_db()
    assert (stay.state, late.state) == ("no_show", "in")


def test_the_first_miss_is_a_warning_in_the_letter_and_no_bar():
    stay = make_booked(make_site())
    miss_due(at=KEPT)
    assert Bar.objects.count() == 0
    letter = missed_letter(stay)
    assert letter.paragraphs[2].startswith("以后去不了的，请提前取消")
    assert letters_to(stay) == ["stay_booked", "stay_missed"]


def test_later_misses_propose_the_bar_that_the_rule_has_and_none_by_itself():
    site = make_site(4)
    first, second, third, fourth = (make_booked(site) for _ in range(4))
    for other in (second, third, fourth):
        type(other).objects.filter(pk=other.pk).update(person=first.person)
    days = []
    for stay in (first, second, third, fourth):
        miss_stay(stay.pk, at=KEPT)
        days += Bar.objects.filter(stay=stay).values_list("times", "days", "state")
    assert days == [(2, 90, "proposed"), (3, 365, "proposed"), (4, 365, "proposed")]


def test_nights_that_nobody_slept_count_where_the_policy_does_not_give_them_back():
    stay = make_booked(make_site())
    keep_unused_nights(stay)
    miss_due(at=KEPT)
    assert sorted(row.on.day for row in ForfeitedNight.objects.filter(stay=stay)) == [9, 10, 11]
    assert len(taken_by(stay.person).nights) == 3
    assert "按政策，没有住的晚数不退还。" in missed_letter(stay).paragraphs[1]
    assert BedNight.objects.count() == 0


def test_who_was_approved_after_the_hour_has_missed_nothing():
    stay = make_stay(make_site())
    book(stay, at=KEPT + MINUTE)
    assert miss_due(at=KEPT + 2 * MINUTE) == 1
    stay.refresh_from_db()
    assert (stay.state, Bar.objects.count()) == ("cancelled", 0)


def test_a_guest_who_came_is_not_missed_whoever_is_quicker():
    site = make_site()
    stay, porter = make_booked(site), make_porter(site)
    check_in(stay_id=stay.pk, member=porter, at=KEPT - MINUTE)
    miss_stay(stay.pk, at=KEPT)
    stay.refresh_from_db()
    assert stay.state == "in"


def test_by_noon_of_the_day_after_the_last_night_guests_have_left():
    site = make_site()
    porter = make_porter(site)
    stay = make_guest(site, porter)
    noon = EVENING.replace(hour=12) + 3 * DAY
    assert leave_due(at=noon - MINUTE) == 0
    assert leave_due(at=noon) == 1
    stay.refresh_from_db()
    assert (stay.state, stay.left_at, stay.nights.count()) == ("left", noon, 3)
    assert stay.events.get(kind="leave").actor is None
    assert leave_due(at=noon) == 0


def test_the_sweep_does_both_on_the_portal_s_clock():
    site = make_site(4)
    porter = make_porter(site)
    guest, booked = make_guest(site, porter), make_booked(site)
    move_clock(EVENING + 5 * DAY)
    sweep_stays()
    guest.refresh_from_db()
    booked.refresh_from_db()
    assert (guest.state, booked.state) == ("left", "no_show")


def test_a_missed_stay_leaves_the_bed_to_others():
    site = make_site(1)
    stay = make_booked(site)
    miss_due(at=KEPT)
    assert hold(make_booking(site)).bed_id == stay.bed_id


def test_what_is_over_cannot_be_missed_again():
    stay = make_booked(make_site())
    change_stay(stay.pk, "cancel", by=None, at=EVENING)
    miss_stay(stay.pk, at=KEPT)
    stay.refresh_from_db()
    assert stay.state == "cancelled"
