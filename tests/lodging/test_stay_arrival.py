"""Arrivals: on the evening the stay begins, as long as the bed is kept; whoever comes after midnight included."""

from datetime import time, timedelta

import pytest

from applicants.cards.services.codes import CodeRefused, codes_of
from housing.lodging.models import BedNight
from housing.lodging.services.arriving import check_in, kept_through, may_arrive, stay_by_code
from housing.lodging.services.codes import LIVES, code_of, fits, read_code
from housing.lodging.services.holding import StayRefused
from tests.cards.checking_making import card_at_noon
from tests.lodging.making import make_site
from tests.lodging.staying import DAY, EVENING, MIDNIGHT, letters_to, make_booked, make_porter

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_guest_who_comes_in_the_evening_is_in_for_all_nights():
    site = make_site()
    stay, porter = make_booked(site), make_porter(site)
    arrived = check_in(stay_id=stay.pk, member=porter, at=EVENING)
    assert (arrived.state, arrived.arrived_at) == ("in", EVENING)
    assert list(BedNight.objects.filter(stay=stay).values_list("purpose", flat=True)) == ["used"] * 3
    event = arrived.events.get(kind="check_in")
    assert (event.actor, event.reason) == (porter.user, "")
    assert letters_to(stay) == ["stay_booked", "stay_arrived"]


def test_arrival_at_twenty_past_midnight_belongs_to_the_evening_before():
    site = make_site()
    site.hold_until = time(2, 0)  # this site keeps beds until two in the morning
    site.save()
    stay, porter = make_booked(site), make_porter(site)
    arrived = check_in(stay_id=stay.pk, member=porter, at=MIDNIGHT + 20 * MINUTE)
    assert arrived.state == "in"
    assert arrived.nights.first().on == stay.first_on


def test_at_twenty_past_midnight_on_its_own_date_a_stay_has_not_begun():
    site = make_site()
    site.hold_until = time(2, 0)
    site.save()
    stay, porter = make_booked(site), make_porter(site)
    with pytest.raises(StayRefused, match="从 2026 年 3 月 9 日晚上起入住"):
        check_in(stay_id=stay.pk, member=porter, at=MIDNIGHT - DAY + 20 * MINUTE)


@pytest.mark.parametrize(
    ("site_hour", "kept"), [(None, EVENING.replace(hour=23, minute=59)), (time(1, 30), MIDNIGHT + 90 * MINUTE)]
)
def test_a_bed_is_kept_until_the_hour_of_the_site_or_else_of_the_policy(site_hour, kept):
    site = make_site()
    site.hold_until = site_hour
    site.save()
    stay, porter = make_booked(site), make_porter(site)
    assert kept_through(stay) == kept
    assert may_arrive(stay, at=kept - MINUTE)
    with pytest.raises(StayRefused, match="床位保留到"):
        check_in(stay_id=stay.pk, member=porter, at=kept)


def test_nobody_checks_in_a_day_late_and_nobody_twice():
    site = make_site()
    stay, porter = make_booked(site), make_porter(site)
    with pytest.raises(StayRefused, match="已经过了"):
        check_in(stay_id=stay.pk, member=porter, at=EVENING + DAY)
    check_in(stay_id=stay.pk, member=porter, at=EVENING)
    with pytest.raises(StayRefused, match="现在不能这样办理"):
        check_in(stay_id=stay.pk, member=porter, at=EVENING)


def test_the_operator_of_another_site_checks_nobody_in():
    site, elsewhere = make_site(), make_site()
    stay, stranger = make_booked(site), make_porter(elsewhere)
    with pytest.raises(StayRefused, match="没有办理这一步的权限"):
        check_in(stay_id=stay.pk, member=stranger, at=EVENING)


# ── the code ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_code_opens_its_stay_for_five_minutes_at_its_own_site():
    site, elsewhere = make_site(), make_site()
    stay, porter, stranger = make_booked(site), make_porter(site), make_porter(elsewhere)
    token = code_of(stay, at=EVENING).token
    for at in (EVENING, EVENING + LIVES * MINUTE - timedelta(seconds=1)):
        assert stay_by_code(token, member=porter, at=at) == stay
    with pytest.raises(StayRefused, match="预订的不是您这里"):
        stay_by_code(token, member=stranger, at=EVENING)
    for fault, at in (("over", EVENING + LIVES * MINUTE), ("early", EVENING - timedelta(seconds=1))):
        with pytest.raises(CodeRefused) as refusal:
            read_code(token, at=at)
        assert refusal.value.fault == fault


def test_a_code_says_nothing_of_the_person():
    stay = make_booked(make_site())
    code = code_of(stay, at=EVENING)
    assert read_code(code.token, at=EVENING) == stay.opaque_id
    assert len(code.digits) == 6
    assert str(stay.pk) not in code.token


def test_a_card_s_code_opens_no_stay():
    card = card_at_noon()
    with pytest.raises(CodeRefused) as refusal:
        read_code(codes_of(card, at=EVENING, count=1)[0].token, at=EVENING)
    assert refusal.value.fault == "garbage"


@pytest.mark.parametrize("text", ["", "abc", "a.b.c", "码", "\x00", "." * 600, "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_code_is_refused(text):
    with pytest.raises(CodeRefused):
        read_code(text, at=EVENING)


def test_digits_are_those_of_the_stay_and_of_the_last_minutes():
    site = make_site()
    stay, other = make_booked(site), make_booked(site)
    digits = code_of(stay, at=EVENING).digits
    later = [EVENING + minutes * MINUTE for minutes in (0, LIVES - 1, LIVES, -1)]
    assert [fits(stay, digits, at=at) for at in later] == [True, True, False, False]
    assert not fits(other, digits, at=EVENING)
