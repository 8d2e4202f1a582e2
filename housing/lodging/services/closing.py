"""Beds closed for a time: a closure takes its nights as a guest would, so that neither gets what the other has."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from housing.lodging.models import Bed, BedClosure, BedNight, Purpose
from housing.lodging.nights import Nights
from housing.lodging.services.holding import lock_rooms
from portal.accounts.models import User
from portal.audit.services import record

MOST_NIGHTS = 366


class BedTaken(Refused):
    """A guest has the bed on some of these nights, and has to be moved first; ``nights`` are their evenings."""

    def __init__(self, nights: list[date]) -> None:
        super().__init__(_("这张床在这段时间里已有安排，请先为客人换床。"))
        self.nights = nights


def close_bed(*, bed: Bed, nights: Nights, reason: str, by: User, at: datetime) -> BedClosure:
    """Close the bed for these nights. Raises BedTaken, and Refused for too many nights."""
    if nights.count > MOST_NIGHTS:
        raise Refused(_("一次最多停用 %(count)s 晚。") % {"count": MOST_NIGHTS})
    with transaction.atomic():
        lock_rooms([bed.room_id])
        taken = BedNight.objects.filter(bed=bed, on__gte=nights.first, on__lte=nights.last).order_by("on")
        if evenings := list(taken.values_list("on", flat=True)):
            raise BedTaken(evenings)
        closure = BedClosure.objects.create(
            bed=bed, from_on=nights.first, until_on=nights.last, reason=reason, made_by=by, made_at=at
        )
        BedNight.objects.bulk_create(
            BedNight(bed=bed, on=on, purpose=Purpose.CLOSED, closure=closure) for on in nights.dates
        )
        record(action="bed.close", actor=by, target=bed, at=at, note=f"closure {closure.pk}")
        return closure


def reopen_bed(*, closure_id: UUID, from_on: date, by: User, at: datetime) -> BedClosure:
    """Give back the nights from ``from_on`` on; twice is once."""
    with transaction.atomic():
        closure = BedClosure.objects.select_related("bed").get(pk=closure_id)
        lock_rooms([closure.bed.room_id])
        closure.refresh_from_db()
        if closure.ended_at is None:
            BedNight.objects.filter(closure=closure, on__gte=from_on).delete()
            closure.ended_at, closure.ended_by = at, by
            closure.save(update_fields=["ended_at", "ended_by"])
            record(action="bed.reopen", actor=by, target=closure.bed, at=at, note=f"closure {closure.pk}")
        return closure
