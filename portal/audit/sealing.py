"""The sealer: numbers and links the entries that have been committed, and writes each new head outside the database.

Why the head is written after the commit, and why numbers go on from the higher of the two heads, is told in
docs/adr/0010-heads-are-written-after-the-commit.md.
"""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from portal.audit.chain import Head, head_of, link_of
from portal.audit.heads import Place, places, taking_turns
from portal.audit.models import Entry

BATCH = 500  # entries in one transaction
BATCHES = 20  # in one run; what is left over comes a few seconds later
# Both databases name the columns of VALUES column1 …; the + keeps SQLite from the index of what waits: rows are few.
SEAL = (
    "UPDATE audit_entry SET sequence = seal.column2, link = seal.column3, sealed_at = %%s"
    " FROM (VALUES %s) AS seal WHERE audit_entry.id = seal.column1 AND +audit_entry.sequence IS NULL"
)
TURN = 6_201_407_310  # the advisory lock of sealers on different machines; any number that nobody else uses

log = logging.getLogger(__name__)


def seal_entries(*, at_real: datetime) -> int:
    """Seal what waits, in the order in which it is found committed; gives how many entries were sealed.

    Safe to run twice and at once: while one sealer is at work another does nothing. Raises OSError where the first
    place of the heads cannot be read or written; a further place is caught up with when it is back.
    """
    with taking_turns() as is_ours:
        if not is_ours:
            return 0
        newest = {place.path: _newest_of(place, number) for number, place in enumerate(places())}
        outside = max((head for head in newest.values() if head), key=_number, default=None)
        head = newest_head()
        _write(head, newest)  # a sealer may have died, or a place been away, after the last commit
        sealed = 0
        for _batch in range(BATCHES):
            count, head = _seal_batch(outside, at_real)
            sealed += count
            _write(head, newest)
            if count < BATCH:
                break
        return sealed


def newest_head() -> Head | None:
    """The newest sealed entry of the database; None before the first."""
    entry = Entry.objects.filter(sequence__isnull=False).order_by("-sequence").first()
    return head_of(entry) if entry else None


def _seal_batch(outside: Head | None, at_real: datetime) -> tuple[int, Head | None]:
    """Seal at most BATCH entries behind the higher of the database's head and ``outside``; (how many, the new head)."""
    with transaction.atomic():
        if not _is_our_turn():
            return 0, None
        head = max(filter(None, (newest_head(), outside)), key=_number, default=None)
        entries = list(Entry.objects.filter(sequence__isnull=True).order_by("recorded_at", "id")[:BATCH])
        if not entries:
            return 0, None
        number, link = (head.number, head.link) if head else (0, "")
        for entry in entries:
            number += 1
            entry.sequence, entry.sealed_at = number, at_real
            entry.link = link = link_of(entry, previous=link)
        _store(entries)
    return len(entries), head_of(entries[-1])


def _store(entries: list[Entry]) -> None:
    """Write the seals in one statement: the manager refuses changes, and ``bulk_update`` takes fifty times as long."""
    pk, moment = Entry._meta.get_field("id"), Entry._meta.get_field("sealed_at")
    values: list[Any] = [moment.get_db_prep_value(entries[0].sealed_at, connection)]
    for entry in entries:
        values += [pk.get_db_prep_value(entry.pk, connection), entry.sequence, entry.link]
    with connection.cursor() as cursor:
        cursor.execute(SEAL % ", ".join(["(%s, %s, %s)"] * len(entries)), values)
        if cursor.rowcount != len(entries):
            raise RuntimeError("An entry that was to be sealed has gone.")


def _is_our_turn() -> bool:
    """Whether no other machine's sealer is at work until the transaction ends. On SQLite a transaction is alone."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [TURN])
        return bool(cursor.fetchone()[0])


def _newest_of(place: Place, number: int) -> Head | None:
    try:
        return place.newest()
    except OSError:
        _pass_over(number)
        return None


def _write(head: Head | None, newest: dict[Path, Head | None]) -> None:
    """Bring every place that is behind up to ``head``."""
    for number, place in enumerate(places()):
        known = newest[place.path]
        if head is None or (known is not None and known.number >= head.number):
            continue
        try:
            place.append(head)
            newest[place.path] = head
        except OSError:
            _pass_over(number)


def _pass_over(number: int) -> None:
    """In the handling of an OSError: go on without a further place; the first one has to work."""
    if number == 0:
        raise
    log.exception("The heads of the audit trail cannot be kept in place number %s.", number + 1)


def _number(head: Head) -> int:
    return head.number
