"""Takes the days of units, and gives them back. Nothing else writes unit-days.

**The order of locks**: application or person → round → entrant → offer → lease → units (the smaller key first) → days.
Whoever changes the days of a unit first locks the unit's row (``lock_units``); an entrant is locked before its offer,
the offer before its lease. Nothing higher is locked once something lower is. A row that is waited for is locked alone
and read with its relations afterwards, in a second statement: what a query joined before it waited is old.
The constraint ``one_use_of_a_unit_per_day`` stands behind all of it.

Everything here runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from housing.apartments.models import Lease, Offer, OfferState, Unit, UnitClosure, UnitDay
from housing.apartments.services.refusals import UnitTaken
from portal.accounts.models import User
from portal.audit.services import record

ONE_DAY = timedelta(days=1)
MOST_DAYS = 366  # of one closure


def lock_units(units: Iterable[UUID]) -> None:
    """Lock the units for the running transaction, in the order of their keys."""
    list(Unit.objects.select_for_update(no_key=True).filter(pk__in=set(units)).order_by("pk").values_list("pk"))


def free_units(first: date, last: date, *, without_offers: bool = True) -> QuerySet[Unit]:
    """Units in use that nothing stands in on any day from ``first`` to ``last``, and no open offer is about."""
    taken = UnitDay.objects.filter(unit=OuterRef("pk"), on__gte=first, on__lte=last).order_by()
    units = Unit.objects.filter(~Exists(taken), retired_at=None)
    if without_offers:
        units = units.filter(~Exists(Offer.objects.filter(unit=OuterRef("pk"), state=OfferState.OPEN).order_by()))
    return units


def occupy(lease: Lease, *, first: date, last: date) -> None:
    """Take the lease's unit on every day from ``first`` to ``last``; the unit is locked. Raises UnitTaken."""
    _write_days(UnitDay(unit_id=lease.unit_id, on=on, lease=lease) for on in _days(first, last))


def vacate(lease: Lease, *, from_on: date | None = None) -> int:
    """Give the days of the lease from ``from_on`` on back (None: all); gives how many. Locks the unit."""
    lock_units([lease.unit_id])
    days = UnitDay.objects.filter(lease=lease)
    if from_on is not None:
        days = days.filter(on__gte=from_on)
    return days.delete()[0]


def close_unit(*, unit: Unit, first: date, last: date, reason: str, by: User, at: datetime) -> UnitClosure:
    """Close the unit for these days. Raises UnitTaken where it is let on one of them, or offered to somebody."""
    if not first <= last < first + MOST_DAYS * ONE_DAY:
        raise UnitTaken(_("停用的日期不对：一次最多停用 %(count)s 天。") % {"count": MOST_DAYS})
    with transaction.atomic():
        lock_units([unit.pk])
        if Offer.objects.filter(unit=unit, state=OfferState.OPEN).exists():
            raise UnitTaken(_("这套房源正在等待选房人答复，不能停用。"))
        closure = UnitClosure.objects.create(
            unit=unit, from_on=first, until_on=last, reason=reason, made_by=by, made_at=at
        )
        _write_days(UnitDay(unit=unit, on=on, closure=closure) for on in _days(first, last))
        record(action="unit.close", actor=by, target=unit, at=at, note=f"closure {closure.pk}")
        return closure


def reopen_unit(*, closure_id: UUID, from_on: date, by: User, at: datetime) -> UnitClosure:
    """Give the days of a closure from ``from_on`` on back; twice is once."""
    with transaction.atomic():
        lock_units([UnitClosure.objects.values_list("unit_id", flat=True).get(pk=closure_id)])
        closure = UnitClosure.objects.select_related("unit").get(pk=closure_id)
        if closure.ended_at is None:
            UnitDay.objects.filter(closure=closure, on__gte=from_on).delete()
            closure.ended_at, closure.ended_by = at, by
            closure.save(update_fields=["ended_at", "ended_by"])
            record(action="unit.reopen", actor=by, target=closure.unit, at=at, note=f"closure {closure.pk}")
        return closure


def _days(first: date, last: date) -> list[date]:
    return [first + number * ONE_DAY for number in range((last - first).days + 1)]


def _write_days(days: Iterable[UnitDay]) -> None:
    """Store the days, all or none. Raises UnitTaken."""
    try:
        with transaction.atomic():
            UnitDay.objects.bulk_create(days)
    except IntegrityError:
        raise UnitTaken(_("这套房源在这段时间里已有安排。")) from None
