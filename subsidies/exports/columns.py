"""The columns of a payment roll (policy-facts 6.3, 发放花名册), alike in every format. Always Chinese: it is the
office's and the bank's, whoever issues it, in whatever language.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.translation import override

from applicants.people.choices import EducationLevel
from portal.printing.tables import Column

COLUMNS: dict[str, Column] = {
    "batch": Column("批次号", "text", 14),
    "position": Column("序号", "count", 6),
    "name": Column("姓名", "text", 12),
    "number_kind": Column("证件类型", "text", 12),
    "number": Column("证件号", "text", 22),
    "education": Column("学历", "text", 10),
    "employer": Column("用人单位", "text", 28),
    "credit_code": Column("统一社会信用代码", "text", 22),
    "insured": Column("参保起止月", "text", 20),
    "policy": Column("政策版本", "text", 16),
    "gross_fen": Column("应发（元）", "money", 12),
    "tax_fen": Column("税（元）", "money", 10),
    "net_fen": Column("实发（元）", "money", 12),
    "account": Column("社保卡金融账号", "text", 24),
    "bank": Column("开户行", "text", 24),
    "branch": Column("联行号", "text", 16),
    "phone": Column("手机", "text", 14),
    "first_reviewer": Column("初审人", "text", 10),
    "second_reviewer": Column("复审人", "text", 10),
    "approved_on": Column("审定日期", "text", 12),
    "notice": Column("公示编号", "text", 14),
    "remark": Column("备注", "text", 14),
}


def cell_of(line: Mapping[str, Any], key: str) -> Any:
    """What the column ``key`` says about a line: money in fen, the position as a number, the rest as text."""
    if key == "education":
        return _in_chinese(line[key])
    return line[key] if COLUMNS[key].kind in ("money", "count") else str(line[key])


@cache
def _in_chinese(level: str) -> str:
    with override("zh-hans"):
        return str(EducationLevel(level).label) if level else ""


class Totals:
    """Counts and adds up lines while they pass by."""

    def __init__(self, count: int = 0, **fen: int) -> None:
        self.count = count
        self.fen = dict.fromkeys((key for key, column in COLUMNS.items() if column.kind == "money"), 0) | fen

    def add(self, line: Mapping[str, Any]) -> None:
        """One more line; money in fen."""
        self.count += 1
        for key in self.fen:
            self.fen[key] += line[key]

    def row(self) -> dict[str, Any]:
        """The last row of a file: 合计, how many, and the sums in fen."""
        return dict.fromkeys(COLUMNS, "") | {"batch": "合计", "position": self.count} | self.fen
