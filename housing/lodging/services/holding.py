"""Takes beds for nights, and gives them back. Nothing else writes bed-nights, but for closures (closing.py).

Whoever changes the nights of a room's beds first locks the room's row; a stay's row is locked before its rooms, and of
several rooms the one with the smaller key first. A bed is looked for without waiting, by taking rooms that nobody
works on just now; only where that finds none does it wait, one room at a time. So threads that want different beds do
not meet, threads that want the last one queue for it, and none can wait for another in a ring. The constraint
``one_use_of_a_bed_per_night`` stands behind all of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from housing.lodging.machine import PURPOSES
from housing.lodging.models import (
    KEPT,
    LIVE,
    Bed,
    BedNight,
    Booking,
    Purpose,
    Room,
    RoomNight,
    Site,
    Stay,
    StayEvent,
    StayState,
)
from housing.lodging.nights import Nights
from housing.lodging.services.availability import fitting_beds, shared_by
from housing.lodging.services.finding import beds_to_hold, find_bed
from portal.accounts.models import User
from portal.audit.services import record

MOST_ROOMS = 50  # looked at before somebody is told that there is no bed


class NoBedFree(Refused):
    """No bed that fits is free for all of the nights: the sentence says so kindly."""


class StayRefused(Refused):
    """A change of a stay that cannot be made; the sentence says why."""


def hold_bed(
    *,
    booking: Booking,
    site: Site,
    nights: Nights,
    sex: str,
    needs_accessible: bool = False,
    until: datetime,
    by: User | None,
    at: datetime,
) -> Stay:
    """Hold one bed for all of ``nights`` until ``until``; where no single bed is free throughout, none is offered.

    Raises NoBedFree, and StayRefused where the booking has its stay already.
    """
    if not site.is_open:
        raise NoBedFree(_("这个驿站现在不接受预订。"))
    stay = Stay(
        opaque_id=secrets.token_urlsafe(16),
        booking=booking,
        person_id=booking.application.applicant_id,
        site=site,
        sex=sex,
        first_on=nights.first,
        leaves_on=nights.leaves_on,
        state_at=at,
        held_until=until,
    )
    _save_in_free_bed(stay, needs_accessible=needs_accessible, by=by, at=at)
    return stay


def give_back(stay: Stay, *, from_on: date | None = None) -> list[date]:
    """Free the beds of the stay's nights from ``from_on`` on (None: all), in the running transaction.

    The stay's own row is locked by the caller. Gives the evenings that are free now.
    """
    nights = BedNight.objects.filter(stay=stay)
    if from_on is not None:
        nights = nights.filter(on__gte=from_on)
    lock_rooms(Room.objects.filter(beds__nights__in=nights).values_list("pk", flat=True))
    rows = list(nights.order_by("on").values_list("pk", "on", "room_night"))
    BedNight.objects.filter(pk__in=[pk for pk, _on, _key in rows]).delete()
    _drop_empty(key for _pk, _on, key in rows if key)
    return [on for _pk, on, _key in rows]


def leave_early(stay: Stay, *, from_on: date) -> list[date]:
    """Shorten a locked stay so that the night ``from_on`` is the first that is not slept; gives the nights freed.

    A stay keeps its first night: whoever has arrived has used it.
    """
    leaves_on = max(from_on, Nights(stay.first_on, 1).leaves_on)
    freed = give_back(stay, from_on=leaves_on)
    if freed:
        stay.leaves_on = leaves_on
        stay.save(update_fields=["leaves_on"])
    return freed


def set_slept(stay: Stay, nights: Nights) -> None:
    """Let a locked stay that is over have had exactly these nights, the first being its own.

    What is added is in its last bed, or in another that was free. Raises NoBedFree.
    """
    lock_rooms(stay.site.rooms.values_list("pk", flat=True))
    give_back(stay, from_on=nights.leaves_on)
    known = set(stay.nights.values_list("on", flat=True))
    if added := [on for on in nights.dates if on not in known]:
        beds = fitting_beds(stay.site, Nights.between(added[0], added[-1]), stay.sex)
        bed = beds.filter(pk=stay.bed_id).first() or beds.first()
        if bed is None:
            raise NoBedFree(_("这些晚上的床位已经给了别的客人，不能这样更正。"))
        stay.bed = bed
        _write_nights(stay, bed.room_id, added, purpose=Purpose.USED)
    stay.leaves_on = nights.leaves_on
    stay.save(update_fields=["bed", "leaves_on"])


def move_stay(*, stay_id: UUID, bed: Bed, from_on: date, by: User, at: datetime, reason: str) -> Stay:
    """Give the guest another bed of the same site from the night ``from_on`` on. Raises StayRefused, NoBedFree."""
    with transaction.atomic():
        stay = _lock_live(stay_id)
        nights = stay.planned
        if bed.room.site_id != stay.site_id or bed.retired_at is not None or bed.pk == stay.bed_id:
            raise StayRefused(_("请选择本驿站的另一张床。"))
        first = max(from_on, nights.first)
        if first > nights.last:
            raise StayRefused(_("剩下的晚数里没有这一晚。"))
        from_rooms = stay.nights.filter(on__gte=first).values_list("bed__room", flat=True)
        lock_rooms({*from_rooms, bed.room_id})
        give_back(stay, from_on=first)
        left = Nights.between(first, nights.last)
        if not fitting_beds(stay.site, left, stay.sex).filter(pk=bed.pk).exists():
            raise NoBedFree(_("这张床在这些晚上不能安排给这位客人。"))
        stay.bed = bed
        _write_nights(stay, bed.room_id, left.dates)
        step_on(stay, "move", by=by, at=at, reason=reason, fields=["bed"])
        return stay


def extend_stay(*, stay_id: UUID, count: int, by: User, at: datetime, reason: str = "") -> Stay:
    """Add ``count`` nights in the same bed. Limits of the policy are the caller's. Raises StayRefused, NoBedFree."""
    with transaction.atomic():
        stay = _lock_live(stay_id)
        more = Nights(stay.leaves_on, count)
        lock_rooms([stay.bed.room_id])
        if not fitting_beds(stay.site, more, stay.sex).filter(pk=stay.bed_id).exists():
            raise NoBedFree(_("这张床后面的晚上已有安排，不能续住。"))
        _write_nights(stay, stay.bed.room_id, more.dates)
        stay.leaves_on = more.leaves_on
        step_on(stay, "extend", by=by, at=at, reason=reason, fields=["leaves_on"])
        return stay


def lock_stay(stay_id: UUID) -> Stay:
    """The stay, locked for the running transaction. Raises Stay.DoesNotExist.

    Locked alone, then read: after a wait PostgreSQL would look for the new row's bed among the rows joined before it.
    """
    Stay.objects.select_for_update(no_key=True).values_list("pk").get(pk=stay_id)
    rows = Stay.objects.select_related("bed", "site__place", "person", "booking__application__policy_version")
    return rows.get(pk=stay_id)


def lock_rooms(rooms: Iterable[UUID]) -> None:
    """Lock the rooms for the running transaction, in the order of their keys."""
    list(Room.objects.select_for_update(no_key=True).filter(pk__in=set(rooms)).order_by("pk").values_list("pk"))


def step_on(
    stay: Stay, kind: str, *, by: User | None, at: datetime, reason: str = "", fields: Iterable[str] = ()
) -> None:
    """Save ``fields`` of a locked stay under its next version, with the event of it."""
    stay.version += 1
    stay.save(update_fields=[*fields, "version"])
    note_event(stay, kind, from_state=stay.state, by=by, at=at, reason=reason)


def note_event(stay: Stay, kind: str, *, from_state: str, by: User | None, at: datetime, reason: str = "") -> None:
    """Write what happened to the stay, with its audit entry; called in the transaction of the change."""
    StayEvent.objects.create(
        stay=stay,
        version=stay.version,
        kind=kind,
        from_state=from_state,
        to_state=stay.state,
        at=at,
        actor=by,
        reason=reason,
    )
    record(action=f"stay.{kind}", actor=by, target=stay, at=at, note=stay.state)


def _lock_live(stay_id: UUID) -> Stay:
    stay = lock_stay(stay_id)
    if stay.state not in LIVE:
        raise StayRefused(_("这次住宿已经结束，不能再改。"))
    return stay


class _RoomFull(Exception):
    """While the room's lock was waited for, its last fitting bed went to somebody else."""


class _NoRoomLeft(Exception):
    """No room is left to look at. Raised, so that what was locked on the way is unlocked before anything waits."""


def _save_in_free_bed(stay: Stay, *, needs_accessible: bool, by: User | None, at: datetime) -> None:
    """Store a new stay with its nights and its event in the first fitting bed whose room can be locked.

    Each room is tried in a transaction (or savepoint) of its own, and so unlocked where it will not do. Raises
    NoBedFree, StayRefused.
    """
    for waits in (False, True):
        looked_at: list[UUID] = []
        while len(looked_at) < MOST_ROOMS:
            try:
                with transaction.atomic():
                    found = _bed_in_locked_room(stay, looked_at, needs_accessible=needs_accessible, waits=waits)
                    stay.bed_id, room = found
                    stay.save(force_insert=True)
                    _write_nights(stay, room, stay.planned.dates)
                    note_event(stay, "hold", from_state="", by=by, at=at)
                    return
            except _NoRoomLeft:
                break
            except _RoomFull:
                continue
            except IntegrityError:  # somebody was quicker: with the bed, the room, or this very booking
                if Stay.objects.filter(booking=stay.booking, state__in=KEPT).exists():
                    raise StayRefused(_("已经为您保留了床位。")) from None
    raise NoBedFree(_("这些晚上已经没有合适的床位。您可以换个日期或驿站，或者排队候补。"))


def _bed_in_locked_room(stay: Stay, looked_at: list[UUID], *, needs_accessible: bool, waits: bool) -> tuple[UUID, UUID]:
    """The first fitting bed in a room not ``looked_at`` yet (it is from now on), and its room, locked.

    Raises _RoomFull, _NoRoomLeft.
    """
    asked = (stay.site, stay.planned, stay.sex)
    found = find_bed(*asked, needs_accessible=needs_accessible, without=looked_at, waits=waits)
    if found is None:
        raise _NoRoomLeft
    _bed, room = found
    looked_at.append(room)
    if waits:  # what was free when the query began may be gone
        bed = beds_to_hold(*asked, needs_accessible=needs_accessible).filter(room=room).first()
        if bed is None:
            raise _RoomFull
        return bed.pk, room
    return found


def _write_nights(stay: Stay, room_id: UUID, dates: Iterable[date], *, purpose: Purpose | None = None) -> None:
    """The nights of a stay in its bed, and the room-nights that are not there yet; the bed's room is locked."""
    sex, dates = shared_by(stay.site, stay.sex), list(dates)
    keys = {on: RoomNight.key_of(room_id, on, sex) for on in dates}
    rooms = [RoomNight(key=keys[on], room_id=room_id, on=on, sex=sex) for on in dates]
    # A neighbour's are the very same rows; one of the other sex is another, and refused.
    RoomNight.objects.bulk_create(rooms, update_conflicts=True, unique_fields=["key"], update_fields=["on"])
    purpose = purpose or PURPOSES[StayState(stay.state)]
    BedNight.objects.bulk_create(
        BedNight(bed_id=stay.bed_id, on=on, purpose=purpose, sex=sex, room_night_id=keys[on], stay=stay) for on in dates
    )


def _drop_empty(keys: Iterable[str]) -> None:
    """Delete the room-nights in which nobody is left; their rooms are locked."""
    guests = BedNight.objects.filter(room_night=OuterRef("pk")).order_by()
    empty = RoomNight.objects.filter(~Exists(guests), pk__in=list(keys))
    empty.delete()
