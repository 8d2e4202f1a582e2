"""The roll as a spreadsheet: numbers of people and accounts as text, totals, frozen header, never a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from portal.printing.tables import write_table
from subsidies.exports.columns import COLUMNS, Totals, cell_of


def write_roll_xlsx(target: BinaryIO, number: str, rows: Iterable[Mapping[str, Any]], *, mark: str = "") -> None:
    """Write the file of roll ``number``: a row per dict of ``rows`` (by column key, money in fen), then the totals.

    ``mark`` is a sentence for a row of its own below them.
    """
    write_table(target, title=number, columns=list(COLUMNS.values()), rows=_cells(rows, mark))


def _cells(rows: Iterable[Mapping[str, Any]], mark: str) -> Iterator[list[Any]]:
    totals = Totals()
    for row in rows:
        totals.add(row)
        yield [cell_of(row, key) for key in COLUMNS]
    yield list(totals.row().values())
    if mark:
        yield [mark, *[""] * (len(COLUMNS) - 1)]
