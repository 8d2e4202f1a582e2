"""The roll as a CSV file, for people's spreadsheets (UTF-8) and for the systems of banks (GB 18030)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from subsidies.exports.columns import COLUMNS, Totals, cell_of

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
LONGEST_NUMBER = 11  # digits; a spreadsheet rounds longer ones, or shows them as powers of ten


def roll_csv(rows: Iterable[Mapping[str, Any]], *, is_for_bank: bool) -> bytes:
    """Return the columns of the XLSX with CRLF ends and every text in quotes, then the totals.

    For a spreadsheet: UTF-8 with BOM, and a tab before long numbers, so that they stay text. For a bank: GB 18030,
    numbers exactly as they are. In both an apostrophe stands before a text that a spreadsheet would take for a formula.
    """
    target = io.BytesIO()
    encoding = "gb18030" if is_for_bank else "utf-8-sig"
    with io.TextIOWrapper(target, encoding=encoding, newline="", write_through=False) as text:
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([column.head for column in COLUMNS.values()])
        totals = Totals()
        for row in rows:
            totals.add(row)
            writer.writerow([_field(cell_of(row, key), key, is_for_bank) for key in COLUMNS])
        writer.writerow([_field(value, key, is_for_bank) for key, value in totals.row().items()])
        text.flush()
        return target.getvalue()


def _field(value: Any, key: str, is_for_bank: bool) -> Any:
    if COLUMNS[key].kind == "money":
        return Decimal(value).scaleb(-2)
    if COLUMNS[key].kind == "count":
        return value
    if value.startswith(FORMULA_STARTS):
        return f"'{value}"
    is_number = value.isascii() and value.isdigit() and len(value) > LONGEST_NUMBER
    return f"\t{value}" if is_number and not is_for_bank else value
