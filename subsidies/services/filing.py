"""The stored files of a roll: every form is made once, sealed while it is written, and served byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple, cast
from uuid import uuid4

from django.core.files.storage import default_storage
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import override

from portal.accounts.models import User
from portal.casework.programmes import programme
from portal.city import city
from portal.fonts import missing
from portal.vault.files import SealedWriter, delete_sealed, writing_sealed
from subsidies.exports.columns import Totals, cell_of
from subsidies.exports.roll_csv import RollCsv
from subsidies.exports.roll_pdf import LINES_PER_VOLUME, ON_PAPER, RollHead, roll_pdf, volumes_of
from subsidies.exports.roll_xlsx import write_roll_xlsx
from subsidies.models import Roll, RollFile

XLSX = "xlsx"
ENDINGS = {XLSX: "xlsx", "csv": "csv", "csv-gb18030": "csv", "pdf": "pdf"}
Rows = Iterable[Mapping[str, Any]]


class StoredFile(NamedTuple):
    """One file of a roll. ``size`` is None for a spreadsheet stored before sizes were kept."""

    kind: str  # xlsx, or a RollFile.Kind
    volume: int
    name: str
    sha256: str
    size: int | None
    spelled_lines: int

    @property
    def key(self) -> str:
        """What a form sends to ask for it: ``xlsx``, ``csv``, ``csv-gb18030``, ``pdf-1``, ``pdf-2`` …"""
        return f"{self.kind}-{self.volume}" if self.kind == RollFile.Kind.PDF else self.kind


def stored_files(roll: Roll) -> list[StoredFile]:
    """Every file of an issued roll, the spreadsheet first, the volumes in their order; none before it is issued."""
    return made_files(roll) if roll.state == Roll.State.ISSUED else []


def made_files(roll: Roll) -> list[StoredFile]:
    """The files that there are so far."""
    if not roll.xlsx_name:
        return []
    others = roll.files.order_by("kind", "volume")
    return [
        StoredFile(XLSX, 1, roll.xlsx_name, roll.xlsx_sha256, roll.xlsx_size, 0),
        *(StoredFile(row.kind, row.volume, row.name, row.sha256, row.size, row.spelled_lines) for row in others),
    ]


def file_name(roll: Roll, file: StoredFile, *, volumes: int) -> str:
    """The name under which a browser saves the file; ``volumes`` is how many the roll has on paper."""
    part = f"-{file.volume}" if file.kind == RollFile.Kind.PDF and volumes > 1 else ""
    bank = "-gb18030" if file.kind == RollFile.Kind.CSV_GB18030 else ""
    return f"{roll.number}{bank}{part}.{ENDINGS[file.kind]}"


def make_tables(roll: Roll, rows: Rows) -> list[StoredFile]:
    """Make and store the spreadsheet and both CSV files while the rows pass by once."""
    with ExitStack() as stack:
        kinds = (XLSX, RollFile.Kind.CSV, RollFile.Kind.CSV_GB18030)
        targets = [stack.enter_context(_storing(roll, kind)) for kind in kinds]
        lists = [RollCsv(target.writer, is_for_bank=target.kind == RollFile.Kind.CSV_GB18030) for target in targets[1:]]

        def passing() -> Iterator[Mapping[str, Any]]:
            for row in rows:
                for each in lists:
                    each.add(row)
                yield row

        write_roll_xlsx(cast(BinaryIO, targets[0].writer), roll.number, passing(), mark=_sealed_up_to(roll))
        for each in lists:
            each.finish()
    return [target.file() for target in targets]


def make_volume(roll: Roll, volume: int, rows: Rows) -> StoredFile:
    """Make and store one volume on paper from its rows; needs the spreadsheet, and who collected and issued."""
    spelled, drawn = 0, set[str]()  # drawn: characters that some font has

    def passing() -> Iterator[Mapping[str, Any]]:
        nonlocal spelled
        for row in rows:
            new = set().union(*(str(cell_of(row, key)) for key in ON_PAPER)) - drawn
            if new and (lacking := missing("".join(new))):
                new -= set(lacking)
                spelled += 1
            drawn.update(new)
            yield row

    before = roll.lines.filter(position__lte=(volume - 1) * LINES_PER_VOLUME)
    fen = {key: Sum(key, default=0) for key in Totals().fen}
    totals = Totals((volume - 1) * LINES_PER_VOLUME, **before.aggregate(**fen))
    with _storing(roll, RollFile.Kind.PDF, volume) as target:
        target.writer.write(roll_pdf(_head(roll), passing(), volume=volume, before=totals))
    return target.file(spelled)


def volume_lines(volume: int) -> tuple[int, int]:
    """The first and the last position of a volume."""
    return (volume - 1) * LINES_PER_VOLUME + 1, volume * LINES_PER_VOLUME


def missing_volume(roll: Roll) -> int | None:
    """The first volume that is still to be made."""
    made = set(roll.files.filter(kind=RollFile.Kind.PDF).values_list("volume", flat=True))
    return next((volume for volume in range(1, volumes_of(roll.count or 0) + 1) if volume not in made), None)


def files_to_make(roll: Roll) -> int:
    """How many files the roll has when it is issued."""
    return 3 + volumes_of(roll.count or 0)


def forget_files(files: Iterable[StoredFile]) -> None:
    """Delete files that no roll is to have."""
    for file in files:
        delete_sealed(file.name)


def sweep_folder(roll: Roll) -> None:
    """Delete what a killed worker left in the roll's folder."""
    folder, kept = _folder(roll), {file.name for file in made_files(roll)}
    if not default_storage.exists(folder):
        return
    for name in default_storage.listdir(folder)[1]:
        if f"{folder}/{name}" not in kept:
            delete_sealed(f"{folder}/{name}")
    if not kept:
        default_storage.delete(folder)


def _folder(roll: Roll) -> str:
    return f"rolls/{roll.pk.hex}"


class _Target(NamedTuple):
    writer: SealedWriter
    kind: str
    volume: int
    name: str

    def file(self, spelled: int = 0) -> StoredFile:
        return StoredFile(self.kind, self.volume, self.name, self.writer.sha256, self.writer.size, spelled)


@contextmanager
def _storing(roll: Roll, kind: str, volume: int = 1) -> Iterator[_Target]:
    name = f"{_folder(roll)}/{uuid4().hex[:16]}.{ENDINGS[kind]}.sealed"
    with writing_sealed(name) as writer:
        yield _Target(writer, kind, volume, name)


def _head(roll: Roll) -> RollHead:
    with override("zh-hans"):
        title = str(programme(roll.programme).title)
    return RollHead(
        number=roll.number,
        office=city().office_zh,
        title=title,
        issued_at=timezone.localtime(roll.issued_at),
        collected_by=roll.collected_by.display_name,
        issued_by=cast(User, roll.issued_by).display_name,
        count=roll.count or 0,
        marks=_marks(roll),
    )


def _marks(roll: Roll) -> list[str]:
    """What proves the roll on paper: the digest of its spreadsheet, and the head of the audit trail when it is made."""
    digest = roll.xlsx_sha256
    marks = [f"XLSX 的 SHA-256：{' '.join(digest[at : at + 8] for at in range(0, 64, 8))}"]
    return [*marks, mark] if (mark := _sealed_up_to(roll)) else marks


def _sealed_up_to(roll: Roll) -> str:
    """The head of the audit trail, so that the paper itself tells what was there that day."""
    if not roll.head:
        return ""
    number, link, at = roll.head.split(" ")
    when = timezone.localtime(datetime.fromisoformat(at))
    return f"操作记录已封存至第 {number} 号（{link}，{when:%Y-%m-%d %H:%M:%S}）"
