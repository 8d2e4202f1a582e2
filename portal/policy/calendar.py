"""Working days. A year whose holidays the State Council has not published yet gives *provisional* answers.

In such a year Monday to Friday are taken as working days, and every answer that rests on it says so.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

FIRST_YEAR = 2022  # the published calendar this portal reads begins here: the oldest policy is of 2022
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DatedDay:
    """A day that was counted to, and whether an unpublished year could still move it."""

    day: date
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class DayCount:
    """A number of working days, and whether an unpublished year could still change it."""

    days: int
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """Published years, and in them the days that are not what their weekday says (day → is it worked).

    A day listed in ``exceptions`` is known even in a year that is not published.
    """

    years: frozenset[int]
    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def is_working(self, day: date) -> bool | None:
        """Whether offices work on ``day``; ``None`` in a year not yet published."""
        listed = self.exceptions.get(day)
        if listed is not None:
            return listed
        return day.weekday() < 5 if day.year in self.years else None

    def add_working_days(self, start: date, count: int) -> DatedDay:
        """The ``count``-th working day after ``start``; the start day is not counted (Civil Code art. 201)."""
        day, left, is_provisional = start, count, False
        while left > 0:
            day += ONE_DAY
            working = self.is_working(day)
            is_provisional = is_provisional or working is None
            if working or (working is None and day.weekday() < 5):
                left -= 1
        return DatedDay(day, is_provisional)

    def count_working_days(self, start: date, end: date) -> DayCount:
        """How many working days lie after ``start`` up to and including ``end``; 0 where ``end`` is not later."""
        answers = [
            (self.is_working(day), day.weekday() < 5)
            for day in (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
        ]
        worked = sum(weekday if working is None else working for working, weekday in answers)
        return DayCount(worked, any(working is None for working, _weekday in answers))

    def extended(self, years: frozenset[int], days: Mapping[date, bool]) -> "Calendar":
        """A copy that also knows ``years`` and lets ``days`` win over what it knew."""
        return Calendar(self.years | years, {**self.exceptions, **days})


@lru_cache(maxsize=1)
def shipped_calendar() -> Calendar:
    """The calendar that comes with the portal: the State Council's notices from 2022 on."""
    off, worked = chinese_calendar.holidays, chinese_calendar.workdays
    last_year = max(off).year
    listed = {**dict.fromkeys(off, False), **dict.fromkeys(worked, True)}
    return Calendar(
        frozenset(range(FIRST_YEAR, last_year + 1)),
        {day: is_worked for day, is_worked in listed.items() if day.year >= FIRST_YEAR},
    )


def add_years(day: date, years: int) -> date:
    """The matching day ``years`` later; 28 February where there is no 29th (Civil Code art. 202).

    The last day there is where the calendar ends before that.
    """
    if day.year + years > date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def add_months(day: date, months: int) -> date:
    """The matching day ``months`` later, or the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
