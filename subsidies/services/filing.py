"""The stored files of a roll: every form is made once, sealed while it is written, and served byte for byte.

They come in parts: the spreadsheet, both CSV files, and each volume on paper. A part can be made as soon as its lines
are copied, by whatever worker is free, while the turns go on. The last volume tells of the spreadsheet and waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple, cast
from uuid import UUID, uuid4

from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import override

from portal.accounts.models import User
from portal.casework.programmes import programme
from portal.city import city
from portal.fonts import missing
from portal.notifications.nudging import nudge
from portal.vault.fields import SealedField
from portal.vault.files import SealedWriter, delete_sealed, writing_sealed
from subsidies.exports.columns import Totals, cell_of
from subsidies.exports.roll_csv import RollCsv
from subsidies.exports.roll_pdf import ON_PAPER, RollHead, roll_pdf, volume_lines, volumes_of
from subsidies.exports.roll_xlsx import write_roll_xlsx
from subsidies.models import Roll, RollFile, RollLine

XLSX = "xlsx"
ENDINGS = {XLSX: "xlsx", "csv": "csv", "csv-gb18030": "csv", "pdf": "pdf"}
Rows = Iterable[Mapping[str, Any]]
ROWS_AT_ONCE = 500
AT_ONCE = 500  # lines of a roll that nobody has to wait for
IN_HAND = 60  # seconds
PART_TASK = "subsidies.make_part"


class IssuingEnded(Exception):
    """The roll that the file was made for is not issuing any more."""


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
    sheet = [StoredFile(XLSX, 1, roll.xlsx_name, roll.xlsx_sha256, roll.xlsx_size, 0)] if roll.xlsx_name else []
    others = roll.files.order_by("kind", "volume")
    return sheet + [
        StoredFile(row.kind, row.volume, row.name, row.sha256, row.size, row.spelled_lines) for row in others
    ]


def file_name(roll: Roll, file: StoredFile, *, volumes: int) -> str:
    """The name under which a browser saves the file; ``volumes`` is how many the roll has on paper."""
    part = f"-{file.volume}" if file.kind == RollFile.Kind.PDF and volumes > 1 else ""
    bank = "-gb18030" if file.kind == RollFile.Kind.CSV_GB18030 else ""
    return f"{roll.number}{bank}{part}.{ENDINGS[file.kind]}"


def make_part(roll: Roll, part: str, *, after_each: Callable[[], object]) -> list[StoredFile]:
    """Make and store a part from the lines; ``after_each`` few of them a call."""
    if part.startswith(RollFile.Kind.PDF):
        volume = _volume_of(part)
        return [make_volume(roll, volume, rows_of(roll, *volume_lines(volume), after_each=after_each))]
    rows = rows_of(roll, 1, roll.count or 0, after_each=after_each)
    return make_spreadsheet(roll, rows) if part == XLSX else make_csv(roll, rows)


def make_spreadsheet(roll: Roll, rows: Rows) -> list[StoredFile]:
    """Make and store the spreadsheet."""
    with _storing(roll, XLSX) as target:
        write_roll_xlsx(cast(BinaryIO, target.writer), roll.number, rows, mark=_sealed_up_to(roll))
    return [target.file()]


def make_csv(roll: Roll, rows: Rows) -> list[StoredFile]:
    """Make and store both CSV files while the rows pass by once."""
    with ExitStack() as stack:
        kinds = (RollFile.Kind.CSV, RollFile.Kind.CSV_GB18030)
        targets = [stack.enter_context(_storing(roll, kind)) for kind in kinds]
        lists = [RollCsv(target.writer, is_for_bank=target.kind == RollFile.Kind.CSV_GB18030) for target in targets]
        for row in rows:
            for each in lists:
                each.add(row)
        for each in lists:
            each.finish()
    return [target.file() for target in targets]


def make_volume(roll: Roll, volume: int, rows: Rows) -> StoredFile:
    """Make and store one volume on paper from its rows. Who collected and issued is known, at the last all else."""
    spelled, drawn = 0, set[str]()  # drawn: characters that some font has

    def passing() -> Iterator[Mapping[str, Any]]:
        nonlocal spelled
        for row in rows:
            text = "".join(str(cell_of(row, key)) for key in ON_PAPER)
            if not drawn.issuperset(text):
                lacking = set(missing("".join(new := set(text) - drawn)))
                spelled += bool(lacking)
                drawn.update(new - lacking)
            yield row

    first, is_last = volume_lines(volume)[0], volume == volumes_of(roll.count or 0)
    before = roll.lines.filter(position__lt=first)
    fen = {key: Sum(key, default=0) for key in Totals().fen}
    totals = Totals(first - 1, **before.aggregate(**fen))
    with _storing(roll, RollFile.Kind.PDF, volume) as target:
        target.writer.write(roll_pdf(head_of(roll, is_last=is_last), passing(), volume=volume, before=totals))
    return target.file(spelled)


def make_part_beside(*, roll_id: UUID, part: str) -> None:
    """Make a part whose lines are copied, beside the turns; nothing where it is made, or the roll not issuing."""
    rolls = Roll.objects.filter(pk=roll_id, state=Roll.State.ISSUING, stopped_at__isnull=True)
    roll = rolls.select_related("collected_by", "issued_by").first()
    if roll is None:
        return

    def locked() -> Roll:
        row = rolls.select_for_update(of=("self",)).filter(issued_at=roll.issued_at).first()
        if row is None:
            raise IssuingEnded
        return row

    with taking(roll, part) as is_ours, suppress(IssuingEnded):
        if is_ours:
            keep_files(locked, make_part(roll, part, after_each=lambda: None))


@contextmanager
def taking(roll: Roll, part: str) -> Iterator[bool]:
    """Take a part in hand, so that nobody else makes it meanwhile; gives False where somebody has it, or it is made.

    It is only the work of a few seconds that would be lost: what a killed worker had in hand is free after ``IN_HAND``.
    """
    key = f"roll-part:{roll.pk}:{part}"
    is_ours = cache.add(key, True, IN_HAND)
    try:
        yield is_ours and part in ready_parts(roll)
    finally:
        if is_ours:
            cache.delete(key)


def keep_files(locked: Callable[[], Roll], files: Sequence[StoredFile]) -> None:
    """Note stored files on the roll, which ``locked`` gives in a transaction; what it raises deletes them.

    Of two workers that made the same part the first keeps it.
    """
    try:
        with transaction.atomic():
            roll = locked()
            is_late = {file.key for file in files} <= {file.key for file in made_files(roll)}
            if not is_late:
                for file in files:
                    if file.kind == XLSX:
                        roll.xlsx_name, roll.xlsx_sha256, roll.xlsx_size = file.name, file.sha256, file.size
                RollFile.objects.bulk_create(RollFile(roll=roll, **it._asdict()) for it in files if it.kind != XLSX)
                roll.save()
                if files[0].kind == XLSX:
                    tell_of_parts(roll, [f"{RollFile.Kind.PDF}-{volumes_of(roll.count or 0)}"])
    except BaseException:
        forget_files(files)
        raise
    if is_late:
        forget_files(files)


def tell_of_parts(roll: Roll, parts: Iterable[str]) -> None:
    """Tell free workers what can be made, unless it is a roll that is issued at once."""
    if (roll.count or 0) > AT_ONCE:
        for part in parts:
            nudge(PART_TASK, roll_id=str(roll.pk), part=part)


def rows_of(roll: Roll, first: int, last: int, *, after_each: Callable[[], object]) -> Iterator[Mapping[str, Any]]:
    """The copies in the lines from the first to the last position; few in memory, ``after_each`` of these a call."""
    payee = cast(SealedField, RollLine._meta.get_field("payee"))
    for begin in range(first, last + 1, ROWS_AT_ONCE):
        end = min(begin + ROWS_AT_ONCE - 1, last)
        lines = roll.lines.filter(position__gte=begin, position__lte=end).order_by("position")
        for pk, token in lines.values_list("pk", "payee"):
            yield payee.open_for(token, pk)
        after_each()


def missing_parts(roll: Roll) -> list[str]:
    """What is still to be made: ``xlsx``, ``csv`` (both), ``pdf-1``, ``pdf-2`` … in this order."""
    made = {file.key for file in made_files(roll)}
    volumes = (f"{RollFile.Kind.PDF}-{volume}" for volume in range(1, volumes_of(roll.count or 0) + 1))
    return [part for part in (XLSX, RollFile.Kind.CSV.value, *volumes) if part not in made]


def ready_parts(roll: Roll) -> list[str]:
    """The missing ones that could be made now: all their lines are copied, and what they tell of is there."""
    return [part for part in missing_parts(roll) if _is_ready(roll, part)]


def _is_ready(roll: Roll, part: str) -> bool:
    if part.startswith(RollFile.Kind.PDF) and (volume := _volume_of(part)) < volumes_of(roll.count or 0):
        return roll.copied >= volume_lines(volume)[1]
    # The last volume tells of the spreadsheet.
    return roll.copied == roll.count and (not part.startswith(RollFile.Kind.PDF) or bool(roll.xlsx_name))


def _volume_of(part: str) -> int:
    return int(part.partition("-")[2])


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


def head_of(roll: Roll, *, is_last: bool) -> RollHead:
    """What stands on every page of a volume."""
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
        marks=_marks(roll, is_last=is_last),
    )


def _marks(roll: Roll, *, is_last: bool) -> list[str]:
    """What proves the roll on paper: the digest of its spreadsheet (last volume), and the head of the audit trail."""
    digest = roll.xlsx_sha256
    digests = [f"XLSX 的 SHA-256：{' '.join(digest[at : at + 8] for at in range(0, 64, 8))}"] if is_last else []
    return [*digests, mark] if (mark := _sealed_up_to(roll)) else digests


def _sealed_up_to(roll: Roll) -> str:
    """The head of the audit trail, so that the paper itself tells what was there that day."""
    if not roll.head:
        return ""
    number, link, at = roll.head.split(" ")
    when = timezone.localtime(datetime.fromisoformat(at))
    return f"操作记录已封存至第 {number} 号（{link}，{when:%Y-%m-%d %H:%M:%S}）"
