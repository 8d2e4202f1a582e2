"""The statement of a month as a spreadsheet and on paper: always Chinese, as the contract is; names masked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from django.utils import timezone

from applicants.people.masking import mask_name
from housing.lodging.models import Settlement
from housing.lodging.nights import Nights
from portal.city import city
from portal.printing.paper import Paper
from portal.printing.tables import Column, write_table
from subsidies.amount_words import capital_amount

COLUMNS = {
    "position": Column("序号", "count", 6),
    "reference": Column("申请编号", "text", 18),
    "name": Column("姓名", "text", 12),
    "from_on": Column("入住", "text", 12),
    "leaves_on": Column("离开", "text", 12),
    "night_count": Column("晚数", "count", 8),
    "night_fen": Column("每晚（元）", "money", 12),
    "total_fen": Column("金额（元）", "money", 12),
}
WIDTHS = (12.0, 38.0, 24.0, 25.0, 25.0, 14.0, 22.0, 24.0)  # millimetres on paper
PER_PAGE = 28
LEFT, RIGHT, TOP, ROW = 13.0, 197.0, 52.0, 7.0


def statement_rows(settlement: Settlement) -> list[dict[str, Any]]:
    """The lines by column key, money in fen; two queries, however many."""
    lines = settlement.lines.select_related("stay__person", "stay__booking__application").order_by("from_on", "id")
    return [
        {
            "position": position,
            "reference": line.stay.booking.application.reference or "",
            "name": mask_name(line.stay.person.legal_name),
            "from_on": line.from_on,
            "leaves_on": Nights(line.from_on, line.night_count).leaves_on,
            "night_count": line.night_count,
            "night_fen": line.night_fen,
            "total_fen": line.total_fen,
        }
        for position, line in enumerate(lines, start=1)
    ]


def statement_xlsx(settlement: Settlement) -> bytes:
    """The spreadsheet, with the totals in its last row."""
    target = BytesIO()
    rows = [list(row.values()) for row in statement_rows(settlement)]
    write_table(target, title=settlement.number, columns=list(COLUMNS.values()), rows=[*rows, _totals(settlement)])
    return target.getvalue()


def _totals(settlement: Settlement) -> list[Any]:
    return ["", "合计", "", "", "", settlement.night_count, "", settlement.total_fen]


def statement_pdf(settlement: Settlement) -> bytes:
    """A4, a page for every few lines; who has signed stands at the end, with room for seals."""
    at = settlement.signed_by_office_at or settlement.signed_by_site_at or settlement.made_at
    paper = Paper(title=f"{settlement.number} 住宿结算单", language="zh-CN", at=timezone.localtime(at))
    paper.set_line_width(0.15)
    lines = statement_rows(settlement)
    pages = [lines[first : first + PER_PAGE] for first in range(0, len(lines) or 1, PER_PAGE)]
    for number, rows in enumerate(pages, start=1):
        paper.add_page()
        _head(paper, settlement, f"第 {number} 页，共 {len(pages)} 页")
        y = TOP
        _row(paper, y, [column.head for column in COLUMNS.values()], is_head=True)
        for row in rows:
            y += ROW
            _row(paper, y, list(row.values()))
        if number == len(pages):
            _row(paper, y + ROW, _totals(settlement))
            amount = f"金额合计人民币（大写）：{capital_amount(settlement.total_fen)}"
            paper.rect(LEFT, y + 2 * ROW, RIGHT - LEFT, ROW)
            paper.box(LEFT + 2, y + 2 * ROW, RIGHT - LEFT - 4, ROW, amount, 9)
            _signatures(paper, settlement)
    return paper.finish()


def _head(paper: Paper, settlement: Settlement, page: str) -> None:
    place = settlement.site.place
    paper.put((LEFT + RIGHT) / 2, 18, f"{city().office_zh} 求职免费住宿结算单", 15, align="C", is_bold=True)
    paper.put(LEFT, 30, f"单位：{place.partner.name_zh}　{place.partner.credit_code}", 9)
    paper.put(LEFT, 37, f"酒店：{place.name_zh}　{place.address}", 9)
    paper.put(LEFT, 44, f"编号 {settlement.number}　{settlement.month:%Y 年 %m 月}　共 {settlement.night_count} 晚", 9)
    paper.put(RIGHT, 44, page, 8, align="R")


def _row(paper: Paper, y: float, values: Sequence[Any], *, is_head: bool = False) -> None:
    x = LEFT
    for value, column, width in zip(values, COLUMNS.values(), WIDTHS, strict=True):
        is_number = column.kind != "text"
        text = f"{value / 100:,.2f}" if column.kind == "money" and isinstance(value, int) else str(value)
        paper.rect(x, y, width, ROW)
        paper.box(x + 1, y + 0.4, width - 2, ROW - 0.8, text, 8.5, align="C" if is_head else "R" if is_number else "L")
        x += width


def _signatures(paper: Paper, settlement: Settlement) -> None:
    sides = (
        (LEFT, "住宿单位", settlement.signed_by_site, settlement.signed_by_site_at),
        ((LEFT + RIGHT) / 2, city().office_zh, settlement.signed_by_office, settlement.signed_by_office_at),
    )
    for x, label, signer, at in sides:
        paper.put(x, 270, f"{label}：{signer.display_name if signer else '（未确认）'}", 9)
        paper.put(x, 276, _when(at), 8)
        paper.put(x + 60, 276, "（盖章处）", 8)


def _when(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
