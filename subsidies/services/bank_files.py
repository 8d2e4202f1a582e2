"""Reads the file a bank sends back: XLSX, or CSV in UTF-8 or GB 18030, into rows of plain text.

Nothing here trusts the file: size, unpacked size, rows and columns are bounded, and whatever cannot be read is refused
with a sentence.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any
from zipfile import ZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from portal.casework.services.advancing import StepRefused
from portal.ui.figures import listed

# Heads of the file (policy-facts 6.3, bank return) → our names.
HEADS = {
    "批次号": "batch",
    "序号": "position",
    "账号": "account",
    "金额": "amount",
    "状态": "status",
    "失败码": "code",
    "入账日": "posted_on",
}
LARGEST_FILE = 5 * 1024 * 1024  # bytes
LARGEST_UNPACKED = 30 * 1024 * 1024  # bytes of an XLSX once unzipped
MOST_ROWS = 1_000  # a roll has at most 500 lines
MOST_COLUMNS = 50
LONGEST_CELL = 100

_AMOUNT = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月|(\d{2}))(\d{1,2})日?(?:[ T].*)?", re.ASCII
)
_WHOLE = re.compile(r"\d{1,6}", re.ASCII)


def read_bank_file(content: bytes, heads: Mapping[str, str] = HEADS) -> list[dict[str, str]]:
    """Return a dict per row by the names of ``heads``, text as the file has it. Raises StepRefused with a sentence."""
    if len(content) > LARGEST_FILE:
        raise StepRefused(_("文件太大。回盘文件最大 5 MB。"))
    table = _xlsx_table(content) if content[:2] == b"PK" else _csv_table(content)
    found = [cell.lstrip("\ufeff") for cell in table[0]] if table else []
    missing = [head for head in heads if head not in found]
    if missing:
        raise StepRefused(_("文件缺少这些列：%(columns)s。请用银行回盘的原始文件。") % {"columns": listed(missing)})
    places = {name: found.index(head) for head, name in heads.items()}
    rows = [
        {name: row[place] if place < len(row) else "" for name, place in places.items()}
        for row in table[1:]
        if any(row)
    ]
    if not rows:
        raise StepRefused(_("文件里没有一行结果。"))
    if len(rows) > MOST_ROWS:
        raise StepRefused(_("文件超过 %(count)s 行，请核对是不是这份花名册的回盘。") % {"count": MOST_ROWS})
    return rows


def _unreadable() -> StepRefused:
    return StepRefused(_("这个文件打不开。请上传 XLSX 或 CSV 格式的回盘文件。"))


def _xlsx_table(content: bytes) -> list[list[str]]:
    try:
        with ZipFile(io.BytesIO(content)) as archive:  # what is declared here is the most that will be unpacked
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > LARGEST_UNPACKED:
            raise StepRefused(_("文件解开后太大，不像回盘文件。请用银行回盘的原始文件。"))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            rows = book.worksheets[0].iter_rows(max_col=MOST_COLUMNS, values_only=True)
            return [[_text(cell) for cell in row] for row in islice(rows, MOST_ROWS + 2)]
        finally:
            book.close()
    except StepRefused:
        raise
    except Exception as error:  # whatever a hostile file makes the parser raise, the answer is the same
        raise _unreadable() from error


def _csv_table(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            rows = csv.reader(io.StringIO(text, newline=""), strict=True)
            return [[_text(cell) for cell in row[:MOST_COLUMNS]] for row in islice(rows, MOST_ROWS + 2)]
        except csv.Error:
            break
    raise _unreadable()


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip().lstrip("'")[:LONGEST_CELL]


def whole_number(text: str) -> int | None:
    """A line's position, or None."""
    return int(text) if _WHOLE.fullmatch(text) else None


def amount_fen(text: str) -> int | None:
    """``10,000.00`` or ``10000`` (yuan) in whole fen; None for anything else."""
    found = _AMOUNT.fullmatch(text.replace(",", ""))
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


def day_in(text: str) -> date | None:
    """A day written 2026-11-20, 2026/11/20, 2026.11.20, 20261120 or 2026年11月20日, a time after it or not; or None."""
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(next(filter(None, found.groups()[1:6]))), int(found[7])) if found else None
    except ValueError:
        return None
