"""The verifier: walks the whole trail and names the first entry that is broken or missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from portal.audit.chain import Head, head_of, link_of
from portal.audit.heads import Place, places, taking_turns
from portal.audit.models import Entry
from portal.audit.sealing import newest_head

PAGE = 500  # entries, or lines of heads, in memory at a time
UNREADABLE = (TypeError, ValueError, AttributeError, OverflowError)

# What may be found
MISSING = "missing"  # no entry has this number
BROKEN = "broken"  # the entry of this number is not what was sealed
NO_START = "no_start"  # nothing tells the link of the entry to begin behind
HEAD_DIFFERS = "head_differs"  # a line of a place does not fit the entry of its number
HEAD_UNREADABLE = "head_unreadable"  # a line of a place is not as the portal wrote it
HEADS_GONE = "heads_gone"  # a place has no readable head
HEADS_BEHIND = "heads_behind"  # a place's newest head is older than the database's
UNSEALED = "unsealed"  # entries have waited too long


@dataclass(frozen=True)
class Finding:
    """The first thing that is wrong. ``number`` is an entry's; what else is set depends on ``kind``."""

    kind: str
    number: int = 0
    entry: Entry | None = None
    head: Head | None = None  # the outside head that tells of it
    path: Path | None = None
    line: int = 0
    count: int = 0


@dataclass(frozen=True)
class Verified:
    """How many entries were walked, the database's newest head, and the first thing that is wrong, if any."""

    count: int
    head: Head | None
    finding: Finding | None


def verify_trail(*, unsealed_before: datetime, after: int = 0) -> Verified:
    """Walk every sealed entry in its order, then compare the heads kept outside; memory does not grow with the trail.

    ``after`` leaves out the entries up to that number, for what lies behind a gap that is known. An entry recorded
    before ``unsealed_before`` (real time) and not sealed is a finding too. Raises OSError.
    """
    with taking_turns(wait=True):  # what is committed is in the files as well
        head = newest_head()
        outside = [(place, place.size() or 0, place.newest()) for place in places()]
    walk = _Walk(after)
    finding = (
        walk.first_finding(head, outside)
        or _end_missing(max(after, head.number if head else 0), outside)
        or next(filter(None, (_compared(place, size, after) for place, size, _head in outside)), None)
        or _place_behind(head, outside)
        or _unsealed(unsealed_before)
    )
    return Verified(walk.count, head, finding)


_Outside = list[tuple[Place, int, Head | None]]  # place, its bytes when the walk began, its newest head then


class _Walk:
    def __init__(self, after: int) -> None:
        self.after, self.count = after, 0

    def first_finding(self, head: Head | None, outside: _Outside) -> Finding | None:
        """Walk up to ``head``; the first entry that is missing or broken."""
        previous = _link_at(self.after, outside)
        if previous is None:
            return Finding(NO_START, self.after)
        for entry in _entries(self.after, head.number) if head else ():
            number = self.after + self.count + 1
            if entry is not None and (entry.sequence or 0) > number:
                return Finding(MISSING, number)
            if entry is None or entry.sequence != number or not _fits(entry, previous):
                return Finding(BROKEN, number, entry)
            previous = entry.link
            self.count += 1
        return None


def _entries(after: int, last: int) -> Iterator[Entry | None]:
    """Sealed entries in order, a page at a time; None stands for one that cannot be read, and is the last."""
    rows = Entry.objects.filter(sequence__lte=last).order_by("sequence")
    page = rows.filter(sequence__gt=after) if after else rows  # from the lowest, whatever number it bears
    while True:
        try:
            found = list(page[:PAGE])
        except UNREADABLE:
            try:
                found = list(page[:1])
            except UNREADABLE:
                yield None
                return
        if not found:
            return
        yield from found
        # A number that is there twice, its constraint taken away, is met twice.
        page = rows.filter(sequence__gte=found[-1].sequence).exclude(pk__in=[row.pk for row in found])


def _fits(entry: Entry, previous: str) -> bool:
    try:
        return entry.link == link_of(entry, previous=previous)
    except UNREADABLE:
        return False


def _link_at(number: int, outside: _Outside) -> str | None:
    """The link of the entry to begin behind: the database's, or a head's where the entry is gone."""
    if number == 0:
        return ""
    if row := Entry.objects.filter(sequence=number).first():
        return row.link
    heads = (head for place, size, _newest in outside for _line, head in place.lines(size))
    return next((head.link for head in heads if head and head.number == number), None)


def _end_missing(last: int, outside: _Outside) -> Finding | None:
    """The first entry behind ``last`` that a head was written for."""
    heads = [newest for _place, _size, newest in outside if newest and newest.number > last]
    return Finding(MISSING, last + 1, head=max(heads, key=lambda head: head.number)) if heads else None


def _compared(place: Place, size: int, after: int) -> Finding | None:
    """Compare every line of a place with the entry of its number."""
    lines = place.lines(size) if size else iter(())
    while page := list(islice(lines, PAGE)):
        numbers = [head.number for _line, head in page if head]
        stored = {row.sequence: row for row in Entry.objects.filter(sequence__in=numbers)}
        for line, head in page:
            if head is None:
                return Finding(HEAD_UNREADABLE, path=place.path, line=line)
            row = stored.get(head.number)
            if head.number > after and (row is None or head_of(row) != head):
                return Finding(HEAD_DIFFERS, head.number, row, head, place.path, line)
    return None


def _place_behind(head: Head | None, outside: _Outside) -> Finding | None:
    for place, _size, newest in outside:
        if head and newest is None:
            return Finding(HEADS_GONE, head.number, head=head, path=place.path)
        if head and newest and newest.number < head.number:
            return Finding(HEADS_BEHIND, head.number, head=newest, path=place.path)
    return None


def _unsealed(before: datetime) -> Finding | None:
    waiting = Entry.objects.filter(sequence__isnull=True, recorded_at__lt=before)
    if not (count := waiting.count()):
        return None
    return Finding(UNSEALED, entry=waiting.order_by("recorded_at", "id").first(), count=count)
