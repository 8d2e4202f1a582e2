"""The roll as a CSV file, for people's spreadsheets (UTF-8) and for the systems of banks (GB 18030)."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from subsidies.exports.columns import COLUMNS, Totals, cell_of

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
LONGEST_NUMBER = 11  # digits; a spreadsheet rounds longer ones, or shows them as powers of ten


class Writable(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Take them."""


class RollCsv:
    """The columns of the XLSX with CRLF ends and every text in quotes, written to ``target`` while lines pass by.

    For a spreadsheet: UTF-8 with BOM, and a tab before long numbers, so that they stay text. For a bank: GB 18030,
    numbers exactly as they are. In both an apostrophe stands before a text that a spreadsheet would take for a formula.
    """

    def __init__(self, target: Writable, *, is_for_bank: bool) -> None:
        encoding = "gb18030" if is_for_bank else "utf-8"
        if not is_for_bank:
            target.write(codecs.BOM_UTF8)
        self._is_for_bank, self._totals = is_for_bank, Totals()
        self._rows = csv.writer(_Encoded(target, encoding), quoting=csv.QUOTE_NONNUMERIC)
        self._rows.writerow([column.head for column in COLUMNS.values()])

    def add(self, row: Mapping[str, Any]) -> None:
        """One more line."""
        self._totals.add(row)
        self._rows.writerow([_field(cell_of(row, key), key, self._is_for_bank) for key in COLUMNS])

    def finish(self) -> None:
        """Write the totals."""
        self._rows.writerow([_field(value, key, self._is_for_bank) for key, value in self._totals.row().items()])


class _Encoded:
    def __init__(self, target: Writable, encoding: str) -> None:
        self._target, self._encoding = target, encoding

    def write(self, text: str) -> int:
        return self._target.write(text.encode(self._encoding))


def _field(value: Any, key: str, is_for_bank: bool) -> Any:
    if COLUMNS[key].kind == "money":
        return Decimal(value).scaleb(-2)
    if COLUMNS[key].kind == "count":
        return value
    if value.startswith(FORMULA_STARTS):
        return f"'{value}"
    is_number = value.isascii() and value.isdigit() and len(value) > LONGEST_NUMBER
    return f"\t{value}" if is_number and not is_for_bank else value
