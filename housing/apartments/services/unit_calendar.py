"""The stock as a table and as a calendar: what each unit is doing, today and day by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from housing.apartments.models import Building, Lease, Offer, OfferState, RoundUnit, Unit, UnitClosure, UnitDay
from housing.months import Month

FREE, LET, CLOSED, OFFERED, RETIRED = "free", "let", "closed", "offered", "retired"


def units_with_use(on: date, *, building: UUID | None = None, use: str = "") -> QuerySet[Unit]:
    """The units with what they are used for on a day; ``use`` keeps those that are free, let, closed …"""
    days = UnitDay.objects.filter(unit=OuterRef("pk"), on=on).order_by()
    offers = Offer.objects.filter(unit=OuterRef("pk"), state=OfferState.OPEN).order_by()
    units = Unit.objects.select_related("building__place", "type").annotate(
        is_let=Exists(days.exclude(lease=None)), is_closed=Exists(days.exclude(closure=None)), is_offered=Exists(offers)
    )
    if building is not None:
        units = units.filter(building=building)
    wanted: dict[str, dict[str, bool | None]] = {
        FREE: {"is_let": False, "is_closed": False, "is_offered": False, "retired_at": None},
        LET: {"is_let": True},
        CLOSED: {"is_closed": True},
        OFFERED: {"is_offered": True, "is_let": False, "is_closed": False},
        RETIRED: {"retired_at__isnull": False},
    }
    units = units.filter(**wanted[use]) if use in wanted else units.filter(retired_at=None)
    return units.order_by("building__place__name_zh", "building", "label", "pk")


@dataclass(frozen=True)
class UnitUse:
    """A unit on a day: its use, the lease or closure that makes it, and the live round that has it."""

    unit: Unit
    use: str
    lease: Lease | None
    closure: UnitClosure | None
    round_unit: RoundUnit | None


def uses_of(units: Iterable[Unit], on: date) -> list[UnitUse]:
    """What units of ``units_with_use`` are doing on that day; two queries for any number of them."""
    units = list(units)
    today = UnitDay.objects.filter(unit__in=units, on=on).select_related("lease", "closure")
    days = {day.unit_id: day for day in today}
    live = RoundUnit.objects.filter(unit__in=units, released_at=None).select_related("round")
    rounds = {row.unit_id: row for row in live}
    return [_use_of(unit, days.get(unit.pk), rounds.get(unit.pk)) for unit in units]


@dataclass(frozen=True)
class Run:
    """Days of a unit side by side with the same use (None: free)."""

    first: date
    days: int
    lease: Lease | None = None
    closure: UnitClosure | None = None


@dataclass(frozen=True)
class UnitRow:
    """A unit with its runs of a month."""

    unit: Unit
    runs: list[Run]


def rows_of_month(building: Building, month: Month) -> list[UnitRow]:
    """Every unit of the building with its uses of the month. Two queries."""
    units = Unit.objects.filter(building=building).select_related("type").order_by("label", "pk")
    last = month.days[-1]
    within = UnitDay.objects.filter(unit__building=building, on__gte=month.first, on__lte=last)
    taken = {(day.unit_id, day.on): day for day in within.select_related("lease", "closure").order_by()}
    rows = []
    for unit in units:
        days = [(on, taken.get((unit.pk, on))) for on in month.days]
        if unit.retired_at is None or any(day for _on, day in days):
            rows.append(UnitRow(unit, _runs(days)))
    return rows


def _runs(days: list[tuple[date, UnitDay | None]]) -> list[Run]:
    runs = []
    for _use, grouped in groupby(days, key=lambda it: (it[1].lease_id, it[1].closure_id) if it[1] else None):
        same = list(grouped)
        first, day = same[0]
        runs.append(Run(first, len(same), day.lease if day else None, day.closure if day else None))
    return runs


def _use_of(unit: Unit, day: UnitDay | None, round_unit: RoundUnit | None) -> UnitUse:
    lease, closure = (day.lease, day.closure) if day else (None, None)
    if unit.retired_at is not None:
        use = RETIRED
    elif lease is not None:
        use = LET
    elif closure is not None:
        use = CLOSED
    else:
        use = OFFERED if getattr(unit, "is_offered", False) else FREE
    return UnitUse(unit, use, lease, closure, round_unit)
