"""Finds a free bed and locks it with its room, by a statement that is compiled once and not at every booking.

Building and compiling the query costs more than running it. What a fitting bed is stays written once, in
``fitting_beds``: the query is compiled with stand-ins for what differs between bookings, which are replaced in its
parameters.

What was free when the statement began may be gone once the lock is had. Of nights the constraints know. A bed taken out
of use meanwhile is another row than the one that was read: locked, it is looked at again, and passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from housing.lodging.models import Bed, Site
from housing.lodging.nights import Nights
from housing.lodging.services.availability import fitting_beds, shared_by

ANY_SITE, ANY_NIGHTS, ANY_SEX = UUID(int=0), Nights(date(1900, 1, 1), 2), "?"


def beds_to_hold(site: Site, nights: Nights, sex: str, *, needs_accessible: bool) -> QuerySet[Bed]:
    """The fitting beds, as long as the site is bookable and shares its rooms as ``site`` says: it may have changed."""
    beds = fitting_beds(site, nights, sex, needs_accessible=needs_accessible)
    return beds.filter(room__site__in=Site.objects.bookable(nights).filter(has_same_sex_rooms=site.has_same_sex_rooms))


def find_bed(
    site: Site, nights: Nights, sex: str, *, needs_accessible: bool, without: Iterable[UUID], waits: bool
) -> tuple[UUID, UUID] | None:
    """The keys of the first fitting bed and of its room, which is none of ``without`` and locked for the transaction.

    Rooms that somebody works on are passed over, unless it ``waits`` for them.
    """
    if rooms := list(without):
        beds = beds_to_hold(site, nights, sex, needs_accessible=needs_accessible).exclude(room__in=rooms)
        found = locking(beds, waits=waits).first()
        return (found.pk, found.room_id) if found else None
    sql, parameters = _compiled(site.has_same_sex_rooms, needs_accessible, waits)
    given = _in_database(site.pk, nights, shared_by(site, sex))
    stood_in = _in_database(ANY_SITE, ANY_NIGHTS, shared_by(site, ANY_SEX))
    real = dict(zip(stood_in, given, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [real.get(value, value) for value in parameters])
        row = cursor.fetchone()  # the columns of Bed in their order: its key, its room
    return tuple(map(Bed._meta.pk.to_python, row[:2])) if row else None  # type: ignore[return-value]


def locking(beds: QuerySet[Bed], *, waits: bool) -> QuerySet[Bed]:
    """The beds, each with its room locked; without a wait also the bed, so that one that has changed is passed over.

    The room comes first, as for all who change its nights. Who waits for it looks again afterwards.
    """
    locked = ("room",) if waits else ("room", "self")
    return beds.select_related("room").select_for_update(of=locked, no_key=True, skip_locked=not waits)


@cache
def _compiled(has_same_sex_rooms: bool, needs_accessible: bool, waits: bool) -> tuple[str, tuple[Any, ...]]:
    site = Site(pk=ANY_SITE, has_same_sex_rooms=has_same_sex_rooms)
    beds = beds_to_hold(site, ANY_NIGHTS, ANY_SEX, needs_accessible=needs_accessible)
    return locking(beds, waits=waits)[:1].query.sql_with_params()


def _in_database(site: UUID, nights: Nights, sex: str) -> tuple[Any, ...]:
    """What differs between bookings, as the database gets it."""
    day = connection.ops.adapt_datefield_value
    return Site._meta.pk.get_db_prep_value(site, connection), day(nights.first), day(nights.last), sex
