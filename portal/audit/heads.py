"""The heads of the trail, kept outside the database: one line per head, only ever added to.

A line is ``number link time check``, separated by single spaces. ``check`` is an HMAC over the rest, so a line that
was altered is known for it. A line without its line feed was cut short by a power cut and counts as not written; the
next head closes it with `` cut``, so that nothing is ever taken out of the file.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings

from portal.audit.chain import Head, check_of

CUT = b" cut\n"
TAIL = 64 * 1024  # where the newest readable line is looked for
_LINE = re.compile(r"([1-9]\d{0,18}) ([0-9a-f]{64}) (\S{20,40}) ([0-9a-f]{16})")


class Place:
    """One file of heads."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def newest(self) -> Head | None:
        """The last head that is readable; None where there is no file yet."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
                lines = file.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return None
        return next((head for line in reversed(lines) if (head := read_line(line))), None)

    def append(self, head: Head) -> None:
        """Add a head; returns when it is on the disk. A link that cannot be ours is not written. Raises OSError."""
        line = f"{head.number} {head.link} {head.at.isoformat()}"
        line = f"{line} {check_of(line)}\n"
        if not _LINE.fullmatch(line.removesuffix("\n")):
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            text = (CUT if _is_cut_short(descriptor) else b"") + line.encode()
            if os.write(descriptor, text) != len(text):
                raise OSError("The head was not written whole.")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            _fsync_folder(self.path.parent)

    def lines(self, size: int) -> Iterator[tuple[int, Head | None]]:
        """Every whole line within the first ``size`` bytes: (its number from 1, its head; None: unreadable)."""
        read = number = 0
        with self.path.open("rb") as file:
            while read < size and (line := file.readline(TAIL)):
                read += len(line)
                number += 1
                if not line.endswith(CUT) and (line.endswith(b"\n") or len(line) == TAIL):
                    yield number, read_line(line.removesuffix(b"\n"))

    def size(self) -> int | None:
        """Bytes of the file; None where there is none."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return None


def places() -> list[Place]:
    """Where heads are kept: the first one is also what sealers take turns by."""
    return [Place(Path(path)) for path in settings.AUDIT_HEADS]


def read_line(line: bytes) -> Head | None:
    """The head that a line (without its line feed) holds; None for anything that the portal did not write."""
    found = _LINE.fullmatch(line.decode("ascii", "replace"))
    if not found:
        return None
    number, link, at, check = found.groups()
    with suppress(ValueError):
        if check == check_of(f"{number} {link} {at}"):
            return Head(int(number), link, datetime.fromisoformat(at))
    return None


@contextmanager
def taking_turns(*, wait: bool = False) -> Iterator[bool]:
    """Hold what one process of this machine holds at a time; gives False (at once) where another has it.

    With ``wait`` it waits for the other. The system lets go when a process dies. Raises OSError.
    """
    path = Path(f"{settings.AUDIT_HEADS[0]}.lock")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _is_cut_short(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
