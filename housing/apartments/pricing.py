"""What a month in a unit costs. Pure: figures in, whole fen out; every rounding is down, to the tenant's favour.

The market rent of the unit is split by area. Of the area somebody is entitled to, the percent of the year of renting is
paid; of what is beyond it, the whole market rent. A month in which only some days are owed, or in which the percent
changes, is the sum of its days, each worth its share of the month at the percent of that day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.policy.calendar import add_years
from portal.policy.offers import ApartmentTerms

WHOLE = 100  # percent
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RentPlan:
    """What the rent of one lease is made of, as the lease copies it.

    ``percents``: of the market rent, year of renting by year, from the first year somebody ever rented; ``first_year``
    is the one that begins on ``starts_on``. From ``market_from`` on ``percent_after_loss`` is paid instead.
    """

    market_rent_fen: int
    area_dm2: int
    entitled_dm2: int
    percents: Sequence[int]
    starts_on: date
    first_year: int = 1
    market_from: date | None = None
    percent_after_loss: int = WHOLE


@dataclass(frozen=True)
class Charge:
    """The rent of (a part of) a month: its days, both included, the percent on the last of them, and the amount."""

    from_on: date
    until_on: date
    percent: int
    amount_fen: int


def entitled_dm2(terms: ApartmentTerms, tier: str) -> int:
    """The area that a tier is entitled to; each of those who share has their part. Raises KeyError for no such tier."""
    row = next((it for it in terms.units if tier in it.tiers), None)
    if row is None:
        raise KeyError(tier)
    return row.area_m2 * 100 // row.shared_by


def percents_of(terms: ApartmentTerms, tier: str) -> list[int]:
    """The percent of the market rent, year of renting by year. Raises KeyError for no such tier."""
    row = next((it for it in terms.prices if tier in it.tiers), None)
    if row is None:
        raise KeyError(tier)
    return list(row.percent)


def year_on(plan: RentPlan, day: date) -> int:
    """The year of renting that ``day`` falls into, from 1; it changes on the anniversary of the lease's first day."""
    years = day.year - plan.starts_on.year
    if add_years(plan.starts_on, years) > day:
        years -= 1
    return plan.first_year + years


def percent_on(plan: RentPlan, day: date) -> int:
    """The percent of the market rent that is paid on ``day``; the whole of it beyond the years that have a price."""
    if plan.market_from is not None and day >= plan.market_from:
        return plan.percent_after_loss
    year = year_on(plan, day)
    return plan.percents[year - 1] if 1 <= year <= len(plan.percents) else WHOLE


def rent_at(plan: RentPlan, percent: int) -> int:
    """A whole month's rent in fen at ``percent``."""
    within = min(plan.area_dm2, plan.entitled_dm2)
    beyond = plan.area_dm2 - within
    return plan.market_rent_fen * (within * percent + beyond * max(percent, WHOLE)) // (plan.area_dm2 * WHOLE)


def charge_for(plan: RentPlan, month: date, *, from_on: date, until_on: date) -> Charge | None:
    """The rent of the calendar month of ``month`` for the days from ``from_on`` to ``until_on``; none where none is."""
    length = monthrange(month.year, month.month)[1]
    first, last = max(month.replace(day=1), from_on), min(month.replace(day=length), until_on)
    if first > last:
        return None
    days = [first + number * ONE_DAY for number in range((last - first).days + 1)]
    fen = sum(rent_at(plan, percent_on(plan, day)) for day in days) // length
    return Charge(first, last, percent_on(plan, last), fen)


def deposit_fen(plan: RentPlan, months: int) -> int:
    """The deposit: so many months of what the first month costs. Nothing where the first year is free."""
    return months * rent_at(plan, percent_on(plan, plan.starts_on))


def last_day(starts_on: date, *, contract_years: int, first_year: int, cap_years: int) -> date | None:
    """The last day of a lease that begins on ``starts_on``; none where the years of renting are used up."""
    years = min(contract_years, cap_years - first_year + 1)
    return add_years(starts_on, years) - ONE_DAY if years > 0 else None
