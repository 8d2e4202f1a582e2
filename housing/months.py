"""Months as calendars turn them: named in an address, kept near today."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Self

MONTHS_AHEAD = 12
MONTHS_BACK = 24  # for staff


@dataclass(frozen=True)
class Month:
    """A month of the calendar, named by its first day."""

    first: date

    @classmethod
    def asked(cls, text: str, today: date, *, back: int = 0, ahead: int = MONTHS_AHEAD) -> Self:
        """The month ``text`` names (2026-03), kept within so many months of today; this one where it names none."""
        year, _dash, month = text.partition("-")
        this = cls(today.replace(day=1))
        if not (len(text) == 7 and year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12):
            return this
        months = int(year) * 12 + int(month) - 1 - this._number
        return this.moved(min(max(months, -back), ahead))

    @property
    def _number(self) -> int:
        return self.first.year * 12 + self.first.month - 1

    def moved(self, months: int) -> Self:
        """So many months later, or earlier."""
        year, month = divmod(self._number + months, 12)
        return type(self)(date(year, month + 1, 1))

    def within(self, today: date, *, back: int = 0, ahead: int = MONTHS_AHEAD) -> bool:
        """Whether it lies within so many months of today."""
        return -back <= self._number - Month(today)._number <= ahead

    @property
    def length(self) -> int:
        """Its days."""
        return calendar.monthrange(self.first.year, self.first.month)[1]

    @property
    def days(self) -> list[date]:
        """Each of its days."""
        return [self.first.replace(day=number) for number in range(1, self.length + 1)]

    @property
    def text(self) -> str:
        """As addresses write it."""
        return f"{self.first:%Y-%m}"
