"""The account of a lease as a spreadsheet and on paper: bills and payments by day, and what is left to pay.

In the language of whoever takes it. Who is not the tenant or the bureau gets it masked: no name, no bank's numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

from django.utils import timezone
from django.utils.translation import gettext as _

from housing.apartments.models import Lease
from housing.apartments.services.billing import credit_fen, owed_fen
from portal.city import city
from portal.printing.paper import Paper
from portal.printing.tables import Column, write_table
from portal.ui.figures import day_text, is_chinese, yuan_text

WIDTHS = (28.0, 52.0, 50.0, 27.0, 27.0)  # millimetres on paper
LEFT, RIGHT, TOP, ROW, PER_PAGE = 13.0, 197.0, 56.0, 7.0, 28


@dataclass(frozen=True)
class Line:
    """One line: a bill on the day it is due, or a payment on the day it came in; amounts in fen."""

    on: date
    what: str
    number: str
    owed_fen: int | None
    paid_fen: int | None

    @property
    def cells(self) -> tuple[str, str, str, int | None, int | None]:
        """By column."""
        return self.on.isoformat(), self.what, self.number, self.owed_fen, self.paid_fen


def statement_lines(lease: Lease, *, is_masked: bool = False) -> list[Line]:
    """Bills and payments of the lease, oldest first, in the active language."""
    bills = [
        Line(row.due_on, f"{row.get_kind_display()} {row.month:%Y-%m}", row.number, row.amount_fen, None)
        for row in lease.bills.filter(cancelled_at=None)
    ]
    paid = [
        Line(row.received_on, _("付款"), "" if is_masked else row.bank_reference, None, row.amount_fen)
        for row in lease.payments.all()
    ]
    return sorted([*bills, *paid], key=lambda line: (line.on, line.owed_fen is None, line.number))


def statement_xlsx(lease: Lease, *, at: datetime, is_masked: bool = False) -> bytes:
    """The spreadsheet, with the totals in its last row."""
    target, lines = BytesIO(), statement_lines(lease, is_masked=is_masked)
    rows = [*(line.cells for line in lines), _totals(lines)]
    write_table(target, title=_("对账单"), columns=_columns(), rows=rows)
    return target.getvalue()


def statement_pdf(lease: Lease, *, at: datetime, is_masked: bool = False) -> bytes:
    """A4; what is left to pay on the day of ``at`` stands at its end."""
    local, columns = timezone.localtime(at), _columns()
    title = _("人才公寓租金对账单")
    paper = Paper(title=f"{lease.number} {title}", language="zh-CN" if is_chinese() else "en", at=local)
    lines = statement_lines(lease, is_masked=is_masked)
    pages = [lines[first : first + PER_PAGE] for first in range(0, len(lines) or 1, PER_PAGE)]
    for number, rows in enumerate(pages, start=1):
        paper.add_page()
        paper.set_line_width(0.15)
        paper.put((LEFT + RIGHT) / 2, 18, f"{city().office} {title}", 15, align="C", is_bold=True)
        for place, text in enumerate(_head(lease, is_masked=is_masked)):
            paper.put(LEFT, 30 + place * ROW, text, 9)
        asked = {"day": day_text(local.date()), "number": number, "pages": len(pages)}
        paper.put(RIGHT, 44, _("截至 %(day)s，第 %(number)s 页，共 %(pages)s 页") % asked, 8, align="R")
        y = TOP
        _row(paper, y, columns, [column.head for column in columns])
        for line in rows:
            y += ROW
            _row(paper, y, columns, [_text(cell) for cell in line.cells])
        if number == len(pages):
            _row(paper, y + ROW, columns, [_text(cell) for cell in _totals(lines)])
            paper.put(LEFT, y + 3 * ROW, _what_is_left(lease), 10, is_bold=True)
    return paper.finish()


def _columns() -> tuple[Column, ...]:
    return (
        Column(_("日期"), "text", 12),
        Column(_("事项"), "text", 26),
        Column(_("编号"), "text", 24),
        Column(_("应付（元）"), "money", 14),
        Column(_("已付（元）"), "money", 14),
    )


def _head(lease: Lease, *, is_masked: bool) -> list[str]:
    place = lease.unit.building.place
    name = lease.application.name_masked if is_masked else lease.person.legal_name
    term = {"first": day_text(lease.starts_on), "last": day_text(lease.ends_on)}
    return [
        _("租约 %(number)s，承租人 %(name)s") % {"number": lease.number, "name": name},
        _("房源：%(home)s") % {"home": f"{place.name} {lease.unit.label}  {place.address}"},
        _("租期：%(first)s至 %(last)s") % term,
    ]


def _what_is_left(lease: Lease) -> str:
    owed, more = owed_fen(lease), credit_fen(lease)
    said = [_("还要付 %(owed)s") % {"owed": yuan_text(owed)} if owed else _("现在不用付款")]
    if more:
        said.append(_("多付的 %(more)s留着付下一张账单。") % {"more": yuan_text(more)})
    return "   ".join(said)


def _totals(lines: list[Line]) -> tuple[str, str, str, int, int]:
    return "", _("合计"), "", sum(line.owed_fen or 0 for line in lines), sum(line.paid_fen or 0 for line in lines)


def _text(cell: object) -> str:
    return f"{cell / 100:,.2f}" if isinstance(cell, int) else str(cell or "")


def _row(paper: Paper, y: float, columns: tuple[Column, ...], cells: list[str]) -> None:
    x = LEFT
    for text, column, width in zip(cells, columns, WIDTHS, strict=True):
        paper.rect(x, y, width, ROW)
        align = "R" if column.kind == "money" else "L"
        paper.box(x + 1, y + 0.4, width - 2, ROW - 0.8, text, 8.5, align=align)
        x += width
