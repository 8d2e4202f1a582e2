"""Two operators, or an operator and the clock, at the same moment."""

from collections import Counter
from datetime import timedelta

import pytest

from housing.lodging.models import BedNight, Stay, StayEvent
from housing.lodging.services.arriving import check_in
from housing.lodging.services.barring import dismiss_bar, sign_bar
from housing.lodging.services.missing import miss_stay
from housing.lodging.services.operating import extend, leave, move
from portal.accounts.models import Role
from tests.factories import staff
from tests.lodging.making import beds_of, make_site
from tests.lodging.staying import DAY, EVENING, MIDNIGHT, make_bar, make_booked, make_guest, make_porter

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.slow]


def told(outcomes):
    """What came of each call: the stay's state, or the name of the refusal."""
    return Counter(one.state if isinstance(one, Stay) else type(one).__name__ for one in outcomes)


def test_eight_operators_check_one_guest_in_and_one_of_them_does(race):
    site = make_site()
    porters = [make_porter(site, name=f"前台{number}") for number in range(8)]
    stay = make_booked(site)
    outcomes = race(8, lambda number: check_in(stay_id=stay.pk, member=porters[number], at=EVENING))
    assert told(outcomes) == {"in": 1, "StayRefused": 7}
    assert StayEvent.objects.filter(stay=stay, kind="check_in").count() == 1


def test_arrival_and_the_clock_agree_on_one_of_them(race):
    site = make_site()
    porter, stay = make_porter(site), make_booked(site)
    kept = MIDNIGHT - timedelta(minutes=1)

    def act(number):
        if number % 2:
            return miss_stay(stay.pk, at=kept)
        return check_in(stay_id=stay.pk, member=porter, at=kept - timedelta(seconds=1))

    race(8, act)
    stay.refresh_from_db()
    nights = BedNight.objects.filter(stay=stay).count()
    assert (stay.state, nights) in [("in", 3), ("no_show", 0)]
    assert stay.events.filter(kind__in=["check_in", "miss"]).count() == 1


def test_what_two_operators_saw_alike_is_extended_moved_or_ended_once(race):
    site = make_site(1, 1)
    porter, other = make_porter(site), make_porter(site, name="黄前台")
    stay = make_guest(site, porter)
    free = beds_of(site)[1]
    at, seen = EVENING + DAY, stay.version
    acts = [
        lambda: extend(stay_id=stay.pk, count=2, member=porter, at=at, expected_version=seen),
        lambda: move(stay_id=stay.pk, bed=free, member=other, at=at, expected_version=seen, reason="空调坏了"),
        lambda: leave(stay_id=stay.pk, member=other, at=at, expected_version=seen),
        lambda: extend(stay_id=stay.pk, count=2, member=other, at=at, expected_version=seen),
    ]
    outcomes = race(8, lambda number: acts[number % 4]())
    kinds = told(outcomes)
    assert (sum(kinds.values()) - kinds["StayRefused"], kinds["StayRefused"]) == (1, 7), outcomes
    stay.refresh_from_db()
    nights = list(BedNight.objects.filter(stay=stay).order_by("on").values_list("on", flat=True))
    assert (stay.version, nights) == (seen + 1, stay.planned.dates)


def test_a_bar_is_signed_or_dismissed_and_not_both(race):
    bar = make_bar(make_booked(make_site()))
    by = staff(Role.APPROVER)

    def act(number):
        return (sign_bar if number % 2 else dismiss_bar)(bar.pk, reason="核实过", by=by, at=MIDNIGHT)

    outcomes = race(8, act)
    bar.refresh_from_db()
    assert Counter(type(one).__name__ for one in outcomes) == {"Bar": 1, "BarRefused": 7}
    assert bar.state in ("signed", "dismissed")
