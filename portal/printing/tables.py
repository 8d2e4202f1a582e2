"""Spreadsheets: one interface, two writers. Text stays text (never a formula, never a rounded number)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MONEY = "#,##0.00"


class Column(NamedTuple):
    """A column: its head, ``kind`` (text, count, or money in fen), and its width in characters."""

    head: str
    kind: str
    width: int


def write_table(target: BinaryIO, *, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    """Write one sheet of ``rows`` (a value per column; None and "" are empty) to ``target``, a row at a time.

    The heads are frozen and filtered. ``title`` is at most 31 characters without any of ``[]:*?/\\``.
    """
    writer = WRITERS.get(settings.XLSX_WRITER)
    if writer is None:
        raise ImproperlyConfigured(f"XLSX_WRITER must be one of {', '.join(WRITERS)}.")
    writer(target, title, columns, ([_cell(*pair) for pair in zip(row, columns, strict=True)] for row in rows))


def _cell(value: Any, column: Column) -> Any:
    if value is None or value == "":
        return ""
    if column.kind == "money":
        return value / 100
    return value if column.kind == "count" else str(value)


def _write_with_rust(target: BinaryIO, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    from rustpy_xlsxwriter import Format, write_worksheet  # only the writer that is set has to be installed

    money, text = Format().set_num_format(MONEY), Format().set_num_format("@")
    heads = [column.head for column in columns]
    with TemporaryFile() as book:  # given a Python file, the library would hold all of the book in memory
        write_worksheet(
            (dict(zip(heads, row, strict=True)) for row in rows),
            f"/dev/fd/{book.fileno()}",
            sheet_name=title,
            freeze_row=1,
            bold_headers=True,
            column_formats={
                column.head: money if column.kind == "money" else text for column in columns if column.kind != "count"
            },
            column_widths={column.head: float(column.width) for column in columns},
            autofilter=True,
        )
        book.seek(0)
        copyfileobj(book, target)


def _write_with_openpyxl(
    target: BinaryIO, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]
) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    letters = [get_column_letter(place) for place in range(1, len(columns) + 1)]
    for letter, column in zip(letters, columns, strict=True):
        sheet.column_dimensions[letter].width = column.width

    def cell(value: Any, style: str) -> Any:
        made = WriteOnlyCell(sheet)
        if isinstance(value, str):
            made._value, made.data_type = (value or None), ("s" if value else "n")
        else:
            made.value = value
        made.number_format = style
        return made

    heads = [cell(column.head, "General") for column in columns]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    styles = [{"money": MONEY, "text": "@"}.get(column.kind, "General") for column in columns]
    last = 1
    for last, row in enumerate(rows, start=2):  # noqa: B007
        sheet.append([cell(value, style) for value, style in zip(row, styles, strict=True)])
    sheet.auto_filter.ref = f"A1:{letters[-1]}{last}"
    book.save(target)


WRITERS: dict[str, Callable[[BinaryIO, str, Sequence[Column], Iterable[Sequence[Any]]], None]] = {
    "rustpy-xlsxwriter": _write_with_rust,
    "openpyxl": _write_with_openpyxl,
}
