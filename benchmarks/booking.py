"""Holding a bed by eight threads, beside the bare insert of the same rows under the same constraints.

    DEMO=1 .venv/bin/python -m benchmarks.booking [rounds]

On PostgreSQL: the one that DATABASE_URL names, or a server of its own. A round is as many bookings of three nights as
one site has beds, all for the same nights, so that the last ones fill it: by ``hold_bed``, which looks for a bed, locks
its room and writes; then by threads that are told their bed beforehand and insert what a held bed leaves behind (stay,
room-nights, bed-nights, event, audit entry) in one transaction, and nothing else. The rounds take turns. Prints holds
a second of both and the ratio of the medians.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from statistics import median
from typing import Any

LEAST = 0.4
ROUNDS = 5
THREADS = 8
ROOMS, BEDS = 50, 4  # of each room
NIGHTS = 3
FIRST = date(2027, 3, 1)


def by_threads(count: int, act: Callable[[int], object]) -> float:
    """Call ``act(0) … act(count - 1)`` by the threads; gives calls a second, from when all of them are connected."""
    from django.db import connection

    connection.close()  # the pool has as many as there are threads
    begun: list[float] = []
    ready = threading.Barrier(THREADS, action=lambda: begun.append(time.perf_counter()))

    def work(first: int) -> None:
        try:
            connection.ensure_connection()
            ready.wait(timeout=30)
            for number in range(first, count, THREADS):
                act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, range(THREADS)))
    return count / (time.perf_counter() - begun[0])


def bare(booking: Any, bed: Any, until: Any) -> None:
    """The rows that a held bed leaves behind, as plain inserts."""
    from django.db import transaction

    from housing.lodging.models import BedNight, RoomNight, Stay, StayEvent
    from portal.audit.models import Entry

    nights, at, sex = booking.nights, until - timedelta(days=3), booking.sex
    with transaction.atomic():
        stay = Stay.objects.create(
            opaque_id=booking.pk.hex[:22],
            booking=booking,
            person_id=booking.application.applicant_id,
            site=booking.site,
            bed=bed,
            sex=sex,
            first_on=nights.first,
            leaves_on=nights.leaves_on,
            state_at=at,
            held_until=until,
        )
        keys = {on: RoomNight.key_of(bed.room_id, on, sex) for on in nights.dates}
        rooms = (RoomNight(key=key, room_id=bed.room_id, on=on, sex=sex) for on, key in keys.items())
        RoomNight.objects.bulk_create(rooms, ignore_conflicts=True)
        BedNight.objects.bulk_create(
            BedNight(bed=bed, on=on, purpose="held", sex=sex, room_night_id=key, stay=stay) for on, key in keys.items()
        )
        StayEvent.objects.create(stay=stay, version=1, kind="hold", to_state="held", at=at)
        Entry.objects.create(
            at=at, action="stay.hold", target_type="lodging.stay", target_id=str(stay.pk), note=str(stay.state)
        )


def store_bookings(site: Any, count: int, first: date) -> list[Any]:
    """As many people, each with a draft that asks for the nights from ``first`` on."""
    from django.utils import timezone

    from applicants.people.models import Person
    from housing.lodging.models import Booking
    from portal.accounts.models import User
    from portal.casework.models import Application
    from portal.policy.models import PolicyVersion

    version, now, done = PolicyVersion.objects.get(), timezone.now(), Booking.objects.count()
    users = [User(email=f"guest{done + number}@example.test") for number in range(count)]
    people = [Person(user=user, legal_name="林晓") for user in users]
    drafts = [
        Application(programme="lodging", policy_version=version, applicant=person, state_at=now, created_at=now)
        for person in people
    ]
    rows = [
        Booking(pk=draft.pk, application=draft, site=site, first_on=first, night_count=NIGHTS, sex="f")
        for draft in drafts
    ]
    for model, made in ((User, users), (Person, people), (Application, drafts), (Booking, rows)):
        model._default_manager.bulk_create(made)
    return rows


def compare(rounds: int) -> int:
    """Store, hold, insert, print; 1 where holding is slower than it may be."""
    from django.db import connection
    from django.utils import timezone

    from housing.lodging.models import BedNight
    from housing.lodging.services.holding import hold_bed
    from tests.lodging.making import beds_of, load_lodging_policy, make_site

    load_lodging_policy()
    site, until = make_site(*[BEDS] * ROOMS), timezone.now() + timedelta(days=3)
    beds, count = beds_of(site), ROOMS * BEDS
    at, taken = until - timedelta(days=3), {"held": [], "inserted": []}  # type: ignore[var-annotated]
    for number in range(rounds + 1):
        held, inserted = (
            store_bookings(site, count, FIRST + timedelta(days=NIGHTS * (2 * number + turn))) for turn in (0, 1)
        )

        def hold(which: int, of: list[Any] = held) -> object:
            it = of[which]
            return hold_bed(booking=it, site=site, nights=it.nights, sex=it.sex, until=until, by=None, at=at)

        def insert(which: int, of: list[Any] = inserted) -> None:
            bare(of[which], beds[which], until)

        speeds = {"held": by_threads(count, hold), "inserted": by_threads(count, insert)}
        if not number:  # the first round fills caches, and the tables; a server in service has analysed them
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            continue
        for kind, speed in speeds.items():
            taken[kind].append(speed)
    if BedNight.objects.count() != 2 * (rounds + 1) * count * NIGHTS:
        raise SystemExit("A night was lost.")
    held, inserted = (median(taken[kind]) for kind in ("held", "inserted"))
    ratio = held / inserted
    sys.stdout.write(
        f"{count} bookings of {NIGHTS} nights in one site by {THREADS} threads on {connection.vendor}: {held:.0f} held "
        f"a second, {inserted:.0f} inserted, ratio {ratio:.2f} (at least {LEAST})\n"
    )
    return int(ratio < LEAST)


def main(rounds: int) -> int:
    """Prepare, compare, clean up."""
    import django

    django.setup()
    from django.db import connection, connections

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        return compare(rounds)
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    words = sys.argv[1:]
    if "DATABASE_URL" not in os.environ:
        from deploy.suite import environment, postgres

        with postgres() as url:
            sys.exit(subprocess.call([sys.executable, "-m", "benchmarks.booking", *words], env=environment(url)))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.exit(main(int(words[0]) if words else ROUNDS))
