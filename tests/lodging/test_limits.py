"""How many nights, and when: expectations written by hand, without a database."""

from datetime import date, datetime, time

import pytest
from pydantic import ValidationError

from housing.lodging.limits import (
    Limit,
    Limits,
    Taken,
    arrival_days,
    exceeded,
    limits_of,
    most_in_a_year,
    most_nights,
    out_of_time,
)
from housing.lodging.nights import Nights, held_through, night_of
from portal.policy.calendar import shipped_calendar
from portal.policy.offers import LodgingTerms
from tests.factories import SHANGHAI
from tests.policy.qualifying import document

DECEMBER_29 = date(2026, 12, 29)


def evenings(first: date, count: int) -> tuple[date, ...]:
    return tuple(Nights(first, count).dates)


def test_the_shipped_policy_gives_seven_nights_once_a_year_three_working_days_ahead():
    assert limits_of(document("LODGE-2023")) == Limits(
        per_stay=7, in_total=7, per_year=0, stays=1, lead_working_days=3, horizon_days=30
    )


@pytest.mark.parametrize(
    ("limits", "taken", "nights", "limit"),
    [
        (Limits(7, 14), Taken(), 7, None),
        (Limits(7, 14), Taken(), 8, Limit.PER_STAY),
        (Limits(7, 14), Taken(evenings(date(2026, 1, 1), 10)), 4, None),
        (Limits(7, 14), Taken(evenings(date(2026, 1, 1), 10)), 5, Limit.IN_TOTAL),
        (Limits(7, 60, stays=1), Taken(arrivals=(date(2026, 2, 1),)), 1, Limit.STAYS),
        (Limits(7, 60, stays=1), Taken(arrivals=(date(2025, 12, 31),)), 1, None),
        (Limits(7, 60, per_year=10), Taken(evenings(date(2026, 1, 1), 7)), 3, None),
        (Limits(7, 60, per_year=10), Taken(evenings(date(2026, 1, 1), 8)), 3, Limit.PER_YEAR),
    ],
)
def test_a_booking_meets_the_first_limit_it_exceeds(limits, taken, nights, limit):
    assert exceeded(limits, taken, Nights(DECEMBER_29, nights)) == limit


def test_a_stay_over_new_year_counts_each_night_in_its_own_year():
    had = evenings(date(2026, 1, 1), 7)  # and three more in 2026: the 29th, 30th and 31st of December
    assert most_in_a_year(had, Nights(DECEMBER_29, 7)) == 10
    assert exceeded(Limits(7, 60, per_year=10), Taken(had), Nights(DECEMBER_29, 7)) is None
    assert exceeded(Limits(7, 60, per_year=9), Taken(had), Nights(DECEMBER_29, 7)) == Limit.PER_YEAR
    assert most_in_a_year((), Nights(date(2026, 12, 31), 5)) == 4  # one in 2026, four in 2027


def test_the_longest_stay_is_as_long_as_the_narrowest_limit():
    assert most_nights(Limits(7, 14), Taken(evenings(date(2026, 1, 1), 10)), DECEMBER_29) == 4
    assert most_nights(Limits(7, 14, stays=1), Taken(arrivals=(date(2026, 1, 1),)), DECEMBER_29) == 0
    assert most_nights(Limits(7, 14), Taken(), DECEMBER_29) == 7


def test_arrival_is_between_the_lead_time_and_the_horizon():
    limits, on, calendar = Limits(7, 7, lead_working_days=3, horizon_days=30), date(2023, 6, 12), shipped_calendar()
    assert arrival_days(limits, on, calendar) == (date(2023, 6, 15), date(2023, 7, 12))
    said = {
        day: out_of_time(limits, Nights(day, 1), on=on, calendar=calendar)
        for day in (date(2023, 6, 14), date(2023, 6, 15), date(2023, 7, 12), date(2023, 7, 13))
    }
    assert list(said.values()) == [Limit.TOO_SOON, None, None, Limit.TOO_FAR]


@pytest.mark.parametrize(("hour", "minute", "day"), [(23, 59, 31), (0, 20, 30), (5, 59, 30), (6, 0, 31), (14, 0, 31)])
def test_an_arrival_after_midnight_belongs_to_the_evening_before(hour, minute, day):
    assert night_of(datetime(2026, 12, 31, hour, minute, tzinfo=SHANGHAI)) == date(2026, 12, day)


def test_a_bed_is_kept_until_the_hour_of_its_own_night():
    assert held_through(date(2026, 12, 31), time(22)) == datetime(2026, 12, 31, 22, tzinfo=SHANGHAI)
    assert held_through(date(2026, 12, 31), time(1)) == datetime(2027, 1, 1, 1, tzinfo=SHANGHAI)


@pytest.mark.parametrize("hour", ["18:00", "23:59", "00:00", "05:59"])
def test_a_policy_keeps_beds_to_an_hour_of_the_evening_or_the_night(hour):
    assert LodgingTerms.model_validate({"review_working_days": 1, "hold_until": hour}).hold_until == hour


@pytest.mark.parametrize("hour", ["06:00", "12:00", "17:59"])
def test_a_policy_gives_no_bed_up_by_day(hour):
    with pytest.raises(ValidationError, match="hold_until"):
        LodgingTerms.model_validate({"review_working_days": 1, "hold_until": hour})


def test_nights_know_their_evenings():
    nights = Nights(date(2026, 12, 30), 3)
    assert nights.dates == [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)]
    assert (nights.last, nights.leaves_on) == (date(2027, 1, 1), date(2027, 1, 2))
    assert Nights.between(date(2026, 12, 30), date(2027, 1, 1)) == nights
