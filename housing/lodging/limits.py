"""How many free nights somebody may have, and when they may arrive: the policy's terms over what was taken already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from housing.lodging.nights import ONE_DAY, Nights
from portal.policy.calendar import Calendar
from portal.policy.conditions.housing import BookedAhead, FreeNights
from portal.policy.schema import PolicyDocument


class Limit(StrEnum):
    """What stands against a booking."""

    PER_STAY = "per_stay"
    PER_YEAR = "per_year"
    IN_TOTAL = "in_total"
    STAYS = "stays"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"


@dataclass(frozen=True)
class Limits:
    """The policy's numbers; 0 of ``per_year`` and ``stays`` (in a calendar year) is no limit."""

    per_stay: int
    in_total: int
    per_year: int = 0
    stays: int = 0
    lead_working_days: int = 0
    horizon_days: int = 366


@dataclass(frozen=True)
class Taken:
    """What somebody has had or still has: the evening of every night, and the first evening of every stay."""

    nights: tuple[date, ...] = ()
    arrivals: tuple[date, ...] = ()


def limits_of(document: PolicyDocument) -> Limits:
    """The limits that the clauses of a policy name (``free_nights``, ``booked_ahead``)."""
    conditions = list(document.all_conditions())
    free = next(it for it in conditions if isinstance(it, FreeNights))
    ahead = next((it for it in conditions if isinstance(it, BookedAhead)), None)
    limits = Limits(free.per_stay, free.in_total, free.per_year, free.stays)
    if ahead is None:
        return limits
    return Limits(free.per_stay, free.in_total, free.per_year, free.stays, ahead.working_days, ahead.days)


def arrival_days(limits: Limits, on: date, calendar: Calendar) -> tuple[date, date]:
    """The first and the last day of arrival for an application of the day ``on``."""
    return calendar.add_working_days(on, limits.lead_working_days).day, on + limits.horizon_days * ONE_DAY


def last_day_to_apply(limits: Limits, nights: Nights, *, on: date, calendar: Calendar) -> date:
    """The last day from ``on`` on that an application for ``nights`` is in time; ``on`` where that is over."""
    day = max(on, nights.first)
    while day > on and out_of_time(limits, nights, on=day, calendar=calendar) is not None:
        day -= ONE_DAY
    return day


def exceeded(limits: Limits, taken: Taken, nights: Nights) -> Limit | None:
    """The first limit that ``nights`` would exceed, or None. A night counts in the year of its own date."""
    if nights.count > limits.per_stay:
        return Limit.PER_STAY
    if len(taken.nights) + nights.count > limits.in_total:
        return Limit.IN_TOTAL
    if limits.per_year and most_in_a_year(taken.nights, nights) > limits.per_year:
        return Limit.PER_YEAR
    if limits.stays and stays_in_year(taken, nights.first.year) >= limits.stays:
        return Limit.STAYS
    return None


def out_of_time(limits: Limits, nights: Nights, *, on: date, calendar: Calendar) -> Limit | None:
    """Whether the arrival is too soon or too far for an application of the day ``on``."""
    return beyond(arrival_days(limits, on, calendar), nights)


def beyond(days: tuple[date, date], nights: Nights) -> Limit | None:
    """Whether the arrival is before the first or after the last of these days."""
    first, last = days
    if nights.first < first:
        return Limit.TOO_SOON
    return Limit.TOO_FAR if nights.first > last else None


def most_nights(limits: Limits, taken: Taken, first: date) -> int:
    """The longest stay from the evening of ``first`` that exceeds no limit; 0 for none."""
    fitting = 0
    while exceeded(limits, taken, Nights(first, fitting + 1)) is None:
        fitting += 1
    return fitting


def most_in_a_year(taken: Iterable[date], nights: Nights) -> int:
    """The nights of the fullest year that ``nights`` touch, with those taken in it (the fact ``nights_in_a_year``)."""
    counted = Counter(night.year for night in (*taken, *nights.dates))
    return max(counted[night.year] for night in nights.dates)


def stays_in_year(taken: Taken, year: int) -> int:
    """The stays that began in that year (the fact ``stays_this_year``)."""
    return sum(1 for day in taken.arrivals if day.year == year)
