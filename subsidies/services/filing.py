"""The stored files of an issued roll: every form is made once, sealed, and served byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from django.utils import timezone
from django.utils.translation import override

from portal.accounts.models import User
from portal.audit.chain import Head
from portal.casework.programmes import programme
from portal.city import city
from portal.fonts import missing
from portal.vault.files import delete_sealed, write_sealed
from subsidies.exports.columns import cell_of
from subsidies.exports.roll_csv import roll_csv
from subsidies.exports.roll_pdf import ON_PAPER, RollHead, roll_pdfs
from subsidies.exports.roll_xlsx import roll_xlsx
from subsidies.models import Roll, RollFile

XLSX = "xlsx"
ENDINGS = {XLSX: "xlsx", "csv": "csv", "csv-gb18030": "csv", "pdf": "pdf"}
Rows = Sequence[Mapping[str, Any]]


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
    """Every file of an issued roll, the spreadsheet first, the volumes in their order; none before."""
    if roll.state != Roll.State.ISSUED:
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


def make_files(*, roll: Roll, rows: Rows, head: Head | None, by: User, at: datetime) -> list[StoredFile]:
    """Make and store every form of a roll that ``by`` is about to issue. Nothing stays behind where one fails.

    ``head`` is the newest of the audit trail, printed on the files that people read.
    """
    made: list[StoredFile] = []
    try:
        for kind, volume, content in _contents(roll, rows, head, by, at):
            name = f"rolls/{uuid4().hex}.{ENDINGS[kind]}.sealed"
            digest = hashlib.sha256(content).hexdigest()
            spelled = sum(map(_is_spelled, rows)) if kind == RollFile.Kind.PDF and volume == 1 else 0
            made.append(StoredFile(kind, volume, name, digest, len(content), spelled))
            write_sealed(name, content)
    except BaseException:
        forget_files(made)
        raise
    return made


def keep_files(roll: Roll, files: Sequence[StoredFile]) -> None:
    """Note the stored files on the roll; call it in the transaction that issues it, and save the roll after."""
    roll.xlsx_name, roll.xlsx_sha256, roll.xlsx_size = files[0].name, files[0].sha256, files[0].size
    RollFile.objects.bulk_create(RollFile(roll=roll, **file._asdict()) for file in files[1:])


def forget_files(files: Sequence[StoredFile]) -> None:
    """Delete files that no roll is to have."""
    for file in files:
        delete_sealed(file.name)


def _contents(roll: Roll, rows: Rows, sealed: Head | None, by: User, at: datetime) -> Iterator[tuple[str, int, bytes]]:
    mark = _sealed_up_to(sealed) if sealed else ""
    sheet = roll_xlsx(roll.number, rows, mark=mark)
    yield XLSX, 1, sheet
    yield RollFile.Kind.CSV, 1, roll_csv(rows, is_for_bank=False)
    yield RollFile.Kind.CSV_GB18030, 1, roll_csv(rows, is_for_bank=True)
    with override("zh-hans"):
        title = str(programme(roll.programme).title)
    head = RollHead(
        number=roll.number,
        office=city().office_zh,
        title=title,
        issued_at=timezone.localtime(at),
        collected_by=roll.collected_by.display_name,
        issued_by=by.display_name,
        count=len(rows),
        marks=_marks(sheet, mark),
    )
    for volume, content in enumerate(roll_pdfs(head, rows), start=1):
        yield RollFile.Kind.PDF, volume, content


def _marks(sheet: bytes, mark: str) -> list[str]:
    """What proves the roll on paper: the digest of its spreadsheet, and the head of the audit trail when it is made."""
    digest = hashlib.sha256(sheet).hexdigest()
    marks = [f"XLSX 的 SHA-256：{' '.join(digest[at : at + 8] for at in range(0, 64, 8))}"]
    return [*marks, mark] if mark else marks


def _sealed_up_to(head: Head) -> str:
    """The head of the audit trail, so that the paper itself tells what was there that day."""
    return f"操作记录已封存至第 {head.number} 号（{head.short}，{timezone.localtime(head.at):%Y-%m-%d %H:%M:%S}）"


def _is_spelled(row: Mapping[str, Any]) -> bool:
    return any(missing(str(cell_of(row, key))) for key in ON_PAPER)
