"""What a month costs, by year of renting, area and days; every amount is worked out by hand."""

from dataclasses import replace
from datetime import date

import pytest

from housing.apartments.pricing import (
    Charge,
    RentPlan,
    charge_for,
    deposit_fen,
    entitled_dm2,
    last_day,
    percent_on,
    percents_of,
    rent_at,
)
from tests.policy.qualifying import document

PLAN = RentPlan(
    market_rent_fen=200_000, area_dm2=6000, entitled_dm2=6000, percents=(50, 60, 70), starts_on=date(2026, 4, 15)
)


def charged(plan, month, *, first=date(2026, 4, 15), last=date(2029, 4, 14)):
    return charge_for(plan, month, from_on=first, until_on=last)


def test_the_percent_changes_on_the_anniversary_and_is_whole_beyond_the_curve():
    days = [date(2026, 4, 15), date(2027, 4, 14), date(2027, 4, 15), date(2029, 4, 14), date(2029, 4, 15)]
    assert [percent_on(PLAN, day) for day in days] == [50, 50, 60, 70, 100]


def test_a_renewal_goes_on_counting_years():
    assert percent_on(replace(PLAN, first_year=2), date(2026, 4, 15)) == 60


def test_a_lease_of_leap_day_has_its_anniversary_on_the_28th():
    plan = replace(PLAN, starts_on=date(2028, 2, 29))
    assert [percent_on(plan, day) for day in (date(2029, 2, 27), date(2029, 2, 28))] == [50, 60]


def test_after_the_loss_of_status_the_market_rent_is_paid():
    plan = replace(PLAN, market_from=date(2026, 6, 16))
    assert [percent_on(plan, day) for day in (date(2026, 6, 15), date(2026, 6, 16))] == [50, 100]
    # 15 days at 1,000 yuan a month and 15 at 2,000, of 30: 500 + 1,000
    assert charged(plan, date(2026, 6, 1)) == Charge(date(2026, 6, 1), date(2026, 6, 30), 100, 150_000)


def test_a_whole_month_costs_the_month_s_rent_however_long_it_is():
    months = [date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)]
    assert [charged(PLAN, month).amount_fen for month in months] == [100_000, 100_000, 100_000]


def test_the_first_month_costs_its_days():
    # 16 of 30 days: 1,000 × 16 ÷ 30 = 533.33…, rounded down
    assert charged(PLAN, date(2026, 4, 1)) == Charge(date(2026, 4, 15), date(2026, 4, 30), 50, 53_333)


def test_the_month_of_an_anniversary_is_the_sum_of_its_days():
    # 14 days at 1,000 and 16 at 1,200, of 30: (14,000 + 19,200) ÷ 30 = 1,106.66…
    assert charged(PLAN, date(2027, 4, 1)) == Charge(date(2027, 4, 1), date(2027, 4, 30), 60, 110_666)


def test_a_month_without_a_day_of_the_lease_costs_nothing_at_all():
    assert charged(PLAN, date(2026, 3, 1)) is None


def test_area_beyond_what_one_is_entitled_to_costs_the_market_rent():
    plan = replace(PLAN, area_dm2=8000)
    # three quarters at half: 2,000 × (0.75 × 0.5 + 0.25) = 1,250
    assert rent_at(plan, 50) == 125_000
    assert rent_at(replace(PLAN, area_dm2=4000), 50) == 100_000


def test_fen_are_rounded_down():
    assert rent_at(replace(PLAN, market_rent_fen=199_999), 50) == 99_999


@pytest.mark.parametrize(("months", "expected"), [(0, 0), (1, 100_000), (2, 200_000)])
def test_the_deposit_is_months_of_the_first_year_s_rent(months, expected):
    assert deposit_fen(PLAN, months) == expected


def test_a_free_first_year_has_no_deposit():
    assert deposit_fen(replace(PLAN, percents=(0, 50)), 1) == 0


@pytest.mark.parametrize(
    ("first_year", "cap", "expected"),
    [(1, 3, date(2027, 3, 31)), (3, 3, date(2027, 3, 31)), (4, 3, None), (4, 5, date(2027, 3, 31))],
)
def test_a_contract_ends_with_its_year_and_none_begins_beyond_the_cap(first_year, cap, expected):
    assert last_day(date(2026, 4, 1), contract_years=1, first_year=first_year, cap_years=cap) == expected


def test_area_and_curve_come_from_the_policy():
    terms = document("APT-2023").apartment
    assert (entitled_dm2(terms, "L1"), entitled_dm2(terms, "BSC")) == (12_000, 2250)
    assert percents_of(terms, "L4") == [30, 40, 50, 70, 70]
    with pytest.raises(KeyError):
        percents_of(terms, "PR")
