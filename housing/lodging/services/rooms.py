"""Rooms and beds of a site, kept by the bureau's administrators."""

from __future__ import annotations

from datetime import datetime
from string import ascii_uppercase

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from housing.lodging.models import Bed, BedClosure, BedNight, Room, Site
from housing.lodging.nights import night_of
from housing.lodging.services.holding import lock_rooms
from housing.stock import once, set_values
from portal.accounts.models import User
from portal.audit.services import record

MOST_BEDS = 26  # of a room: one for each letter


def add_room(*, site: Site, label: str, beds: int, accessible: int, by: User, at: datetime) -> Room:
    """Add a room with beds A, B, C …, the first ``accessible`` of them without barriers. Raises Refused."""
    with once(_("这个住宿点已经有这个房间。")):
        room = Room.objects.create(site=site, label=label)
        record(action="room.add", actor=by, target=room, at=at, note=f"beds {beds}")
        add_beds(room=room, beds=beds, accessible=accessible, by=by, at=at)
    return room


def add_beds(*, room: Room, beds: int, accessible: int, by: User, at: datetime) -> list[Bed]:
    """Add beds under the next free letters, the first ``accessible`` without barriers. Raises Refused for too many."""
    with transaction.atomic():
        lock_rooms([room.pk])
        used = set(room.beds.values_list("label", flat=True))
        if beds + len(used) > MOST_BEDS or accessible > beds:
            raise Refused(_("一个房间最多 %(count)s 张床。") % {"count": MOST_BEDS})
        free = (letter for letter in ascii_uppercase if letter not in used)
        made = [
            Bed(room=room, label=letter, is_accessible=number < accessible)
            for number, letter in zip(range(beds), free, strict=False)
        ]
        Bed.objects.bulk_create(made)
        record(action="room.add_beds", actor=by, target=room, at=at, note=f"beds {len(made)}")
        return made


def change_room(*, room: Room, label: str, beds: int = 0, accessible: int = 0, by: User, at: datetime) -> None:
    """Give the room another name, and so many more beds. Raises Refused where another room has the name."""
    with once(_("这个住宿点已经有这个房间。")):
        if fields := set_values(room, {"label": label}):
            room.save(update_fields=fields)
            record(action="room.change", actor=by, target=room, at=at, fields=fields)
        if beds:
            add_beds(room=room, beds=beds, accessible=accessible, by=by, at=at)


def change_bed(*, bed: Bed, label: str, is_accessible: bool, by: User, at: datetime) -> None:
    """Name the bed, and say whether it is without barriers. Raises Refused where the room has one of that name."""
    if fields := set_values(bed, {"label": label, "is_accessible": is_accessible}):
        with once(_("这个房间已经有这张床。")):
            bed.save(update_fields=fields)
            record(action="bed.change", actor=by, target=bed, at=at, fields=fields)


def retire_bed(*, bed: Bed, by: User, at: datetime) -> None:
    """Take the bed out of use for good; twice is once. Raises Refused while a guest has it tonight or later.

    What it is closed for from tonight on goes with it.
    """
    with transaction.atomic():
        lock_rooms([bed.room_id])
        bed.refresh_from_db()
        if bed.retired_at is not None:
            return
        coming = BedNight.objects.filter(bed=bed, on__gte=night_of(at))
        if coming.exclude(stay=None).exists():
            raise Refused(_("今后的晚上还有客人，请先为客人换床。"))
        coming.delete()
        BedClosure.objects.filter(bed=bed, ended_at=None).update(ended_at=at, ended_by=by)
        bed.retired_at = at
        bed.save(update_fields=["retired_at"])
        record(action="bed.retire", actor=by, target=bed, at=at)
