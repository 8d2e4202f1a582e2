"""A site month by month: how many beds are free for the public, who has which bed for staff."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from housing import months
from housing.lodging.models import Bed, BedNight, Site
from housing.lodging.nights import Nights
from housing.lodging.services.availability import FreeBeds, free_beds


class Month(months.Month):
    """A month of nights."""

    @property
    def nights(self) -> Nights:
        """All of its nights."""
        return Nights(self.first, self.length)


@dataclass(frozen=True)
class Day:
    """A cell of the public calendar: ``free`` is None for nights that are over."""

    on: date
    free: FreeBeds | None


def weeks_of(site: Site, month: Month, *, tonight: date) -> list[list[Day | None]]:
    """The month in weeks from Monday to Sunday, None where a day belongs to another month. Three queries."""
    by_night = {row.on: row for row in free_beds(site, month.nights)}
    weeks = calendar.Calendar().monthdatescalendar(month.first.year, month.first.month)
    return [
        [Day(on, by_night[on] if on >= tonight else None) if on in by_night else None for on in week] for week in weeks
    ]


@dataclass(frozen=True)
class BedRow:
    """A bed with its nights of a month, in their order; None where it is free."""

    bed: Bed
    nights: list[BedNight | None]


def beds_by_night(site: Site, month: Month) -> list[BedRow]:
    """Every bed of the site, room by room, with who or what it is taken for. Two queries."""
    nights = month.nights
    beds = Bed.objects.filter(room__site=site).select_related("room").order_by("room__label", "label", "pk")
    within = BedNight.objects.filter(bed__room__site=site, on__gte=nights.first, on__lte=nights.last)
    taken: dict[tuple[UUID, date], BedNight] = {(night.bed_id, night.on): night for night in within.order_by()}
    rows = (BedRow(bed, [taken.get((bed.pk, on)) for on in nights.dates]) for bed in beds)
    return [row for row in rows if row.bed.retired_at is None or any(row.nights)]
