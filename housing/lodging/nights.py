"""Nights: a night has the date of its evening, wherever in it somebody arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

ONE_DAY = timedelta(days=1)
MORNING = time(6, 0)  # until then the night of the evening before goes on
EVENING = time(18, 0)  # no bed is given up before
LEAVES_BY = time(12, 0)  # on the day after the last night


@dataclass(frozen=True)
class Nights:
    """``count`` nights in a row (at least one), the first on the evening of ``first``."""

    first: date
    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("A stay has at least one night.")

    @classmethod
    def between(cls, first: date, last: date) -> Nights:
        """The nights of the evenings from ``first`` to ``last``, both included."""
        return cls(first, (last - first).days + 1)

    @property
    def last(self) -> date:
        """The evening of the last night."""
        return self.first + (self.count - 1) * ONE_DAY

    @property
    def leaves_on(self) -> date:
        """The day after the last night."""
        return self.first + self.count * ONE_DAY

    @property
    def dates(self) -> list[date]:
        """The evenings, in their order."""
        return [self.first + number * ONE_DAY for number in range(self.count)]


def night_of(at: datetime) -> date:
    """The evening that the night at ``at`` belongs to: 00:20 belongs to the evening before."""
    local = timezone.localtime(at)
    return local.date() - ONE_DAY if local.time() < MORNING else local.date()


def held_through(on: date, until: time) -> datetime:
    """The moment at which a bed is kept no longer for the night ``on``; ``until`` before six is after midnight."""
    day = on + ONE_DAY if until < MORNING else on
    return on_day(day, until)


def on_day(day: date, hour: time) -> datetime:
    """That hour of the day, where the portal is."""
    return timezone.make_aware(datetime.combine(day, hour))
