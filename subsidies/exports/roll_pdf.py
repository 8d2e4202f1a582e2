"""The roll on paper: A4 on its side, a sum on every page, places to sign and for the seal."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from portal.printing.paper import Paper
from subsidies.amount_words import capital_amount
from subsidies.exports.columns import COLUMNS, Totals, cell_of

LINES_PER_PAGE = 20
LINES_PER_VOLUME = 5_000  # 250 sheets, as thick as a volume can be bound by hand
# Which columns stand on paper, their heads and widths in millimetres; the XLSX holds all of them.
ON_PAPER: dict[str, tuple[str, float]] = {
    "position": ("序号", 11),
    "name": ("姓名", 22),
    "number": ("证件号", 36),
    "employer": ("用人单位", 42),
    "policy": ("政策版本", 20),
    "bank": ("开户行", 36),
    "account": ("社保卡金融账号", 40),
    "gross_fen": ("应发（元）", 19),
    "tax_fen": ("税（元）", 15),
    "net_fen": ("实发（元）", 19),
    "remark": ("备注", 17),
}
LEFT, RIGHT, MIDDLE = 10.0, 287.0, 148.5
TABLE_TOP, HEAD_HEIGHT, ROW_HEIGHT = 27.0, 7.0, 6.4
SIZE, SMALL, TINY = 8.0, 7.5, 6.5


@dataclass(frozen=True)
class RollHead:
    """What stands on every page beside the lines. ``marks`` are what proves the roll: digests and the audit head."""

    number: str
    office: str
    title: str
    issued_at: datetime
    collected_by: str
    issued_by: str
    count: int
    marks: Sequence[str]


def volumes_of(count: int) -> int:
    """How many volumes so many lines take."""
    return max(-(-count // LINES_PER_VOLUME), 1)


def volume_lines(volume: int) -> tuple[int, int]:
    """The first and the last position that a volume has room for."""
    return (volume - 1) * LINES_PER_VOLUME + 1, volume * LINES_PER_VOLUME


def roll_pdf(head: RollHead, rows: Iterable[Mapping[str, Any]], *, volume: int, before: Totals) -> bytes:
    """Make one volume from its rows. Sums run on from those ``before``, which goes on counting."""
    first, last = volume_lines(volume)
    size = min(last, head.count) - first + 1
    content = _Volume(head, volume, volumes_of(head.count), size).draw(iter(rows), before)
    gc.collect()  # a font holds itself in a circle; the next volume is not to stand beside it in memory
    return content


class _Volume:
    def __init__(self, head: RollHead, number: int, volumes: int, size: int) -> None:
        self.head, self.number, self.volumes = head, number, volumes
        self.pages = max(-(-size // LINES_PER_PAGE), 1)
        name = f"{head.number} {head.title}"
        self.paper = Paper(title=name, language="zh-CN", at=head.issued_at, is_landscape=True)
        self.paper.set_line_width(0.15)

    def draw(self, lines: Iterator[Mapping[str, Any]], totals: Totals) -> bytes:
        """Draw every page; ``totals`` go on from the volume before."""
        for page in range(1, self.pages + 1):
            self.paper.add_page()
            self._head(page)
            sums = Totals()
            for place, line in enumerate(islice(lines, LINES_PER_PAGE)):
                sums.add(line)
                totals.add(line)
                values = {key: _text(cell_of(line, key), key) for key in ON_PAPER}
                self._row(TABLE_TOP + HEAD_HEIGHT + place * ROW_HEIGHT, values)
            top = TABLE_TOP + HEAD_HEIGHT + sums.count * ROW_HEIGHT
            self._foot(top, sums, totals, is_last=page == self.pages and self.number == self.volumes)
        return self.paper.finish()

    def _head(self, page: int) -> None:
        paper, head = self.paper, self.head
        paper.put(MIDDLE, 16, f"{head.office} {head.title}发放花名册", 14, align="C", is_bold=True)
        paper.put(LEFT, 24, f"批次号 {head.number}　签发 {head.issued_at:%Y-%m-%d %H:%M}　共 {head.count} 笔", SMALL)
        volume = f"第 {self.number} 册，共 {self.volumes} 册　" if self.volumes > 1 else ""
        paper.put(RIGHT, 24, f"{volume}第 {page} 页，共 {self.pages} 页", SMALL, align="R")
        paper.set_fill_color(236, 240, 244)
        paper.rect(LEFT, TABLE_TOP, RIGHT - LEFT, HEAD_HEIGHT, style="F")
        self._row(TABLE_TOP, {key: label for key, (label, _width) in ON_PAPER.items()}, HEAD_HEIGHT, is_head=True)

    def _row(self, y: float, values: Mapping[str, str], height: float = ROW_HEIGHT, *, is_head: bool = False) -> None:
        """One row of cells, framed."""
        x = LEFT
        for key, (_label, width) in ON_PAPER.items():
            align = "C" if is_head or key == "position" else "R" if COLUMNS[key].kind == "money" else "L"
            self.paper.box(x + 1, y + 0.3, width - 2, height - 0.6, values.get(key, ""), SIZE, align=align)
            self.paper.rect(x, y, width, height)
            x += width

    def _foot(self, top: float, sums: Totals, totals: Totals, *, is_last: bool) -> None:
        self._sums(top, f"本页合计 {sums.count} 笔", sums)
        self._sums(top + ROW_HEIGHT, f"{'总计' if is_last else '累计'} {totals.count} 笔", totals)
        if is_last:
            paper, y = self.paper, top + 2 * ROW_HEIGHT
            paper.rect(LEFT, y, RIGHT - LEFT, HEAD_HEIGHT)
            amount = f"实发总计人民币（大写）：{capital_amount(totals.fen['net_fen'])}"
            paper.box(LEFT + 2, y, RIGHT - LEFT - 4, HEAD_HEIGHT, amount, 9)
        self._signatures(is_last)

    def _sums(self, y: float, label: str, totals: Totals) -> None:
        paper = self.paper
        lead = sum(width for key, (_label, width) in ON_PAPER.items() if key not in (*totals.fen, "remark"))
        paper.rect(LEFT, y, lead, ROW_HEIGHT)
        paper.box(LEFT + 2, y, lead - 4, ROW_HEIGHT, label, SIZE, align="R")
        x = LEFT + lead
        for key in (*totals.fen, "remark"):
            width = ON_PAPER[key][1]
            paper.rect(x, y, width, ROW_HEIGHT)
            if key in totals.fen:
                paper.box(x + 1, y, width - 2, ROW_HEIGHT, _text(totals.fen[key], key), SIZE, align="R")
            x += width

    def _signatures(self, is_last: bool) -> None:
        paper, y = self.paper, 191.0
        for place, label in enumerate(("制表", "复核", "审批")):
            x = LEFT + place * 68
            paper.put(x, y, f"{label}：", 9)
            paper.line(x + 11, y + 1, x + 36, y + 1)
            paper.put(x + 38, y, "　　年　　月　　日", SMALL)
        if is_last:
            paper.set_dash_pattern(dash=1, gap=1)
            paper.rect(RIGHT - 44, y - 5, 44, 13)
            paper.set_dash_pattern()
            paper.put(RIGHT - 22, y + 2.5, "（盖章处）", SMALL, align="C")
        who = f"汇总 {self.head.collected_by}　签发 {self.head.issued_by}"
        for place, mark in enumerate((who, *self.head.marks)):
            paper.put(LEFT, 197 + place * 3.2, mark, TINY)


def _text(value: Any, key: str) -> str:
    if COLUMNS[key].kind == "money":
        yuan, fen = divmod(value, 100)
        return f"{yuan:,}.{fen:02d}"
    return str(value)
