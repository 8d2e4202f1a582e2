"""The roll as a spreadsheet: numbers of people and accounts as text, totals, frozen header, never a formula."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import override
from rustpy_xlsxwriter import Format, write_worksheet

from applicants.people.choices import EducationLevel

# Head of the column in the file, key of the line, kind. The file is for the bureau and the bank: always Chinese.
COLUMNS: tuple[tuple[str, str, str, int], ...] = (
    ("批次号", "batch", "text", 14),
    ("序号", "position", "count", 6),
    ("姓名", "name", "text", 12),
    ("证件类型", "number_kind", "text", 12),
    ("证件号", "number", "text", 22),
    ("学历", "education", "text", 10),
    ("用人单位", "employer", "text", 28),
    ("统一社会信用代码", "credit_code", "text", 22),
    ("参保起止月", "insured", "text", 20),
    ("政策版本", "policy", "text", 16),
    ("应发（元）", "gross_fen", "money", 12),
    ("税（元）", "tax_fen", "money", 10),
    ("实发（元）", "net_fen", "money", 12),
    ("社保卡金融账号", "account", "text", 24),
    ("开户行", "bank", "text", 24),
    ("联行号", "branch", "text", 16),
    ("手机", "phone", "text", 14),
    ("初审人", "first_reviewer", "text", 10),
    ("复审人", "second_reviewer", "text", 10),
    ("审定日期", "approved_on", "text", 12),
    ("公示编号", "notice", "text", 14),
    ("备注", "remark", "text", 14),
)


def roll_xlsx(number: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the file of roll ``number``: a row per dict of ``rows`` (by column key, money in fen), then the totals."""
    money, text = Format().set_num_format("#,##0.00"), Format().set_num_format("@")
    formats = {head: money if kind == "money" else text for head, _key, kind, _width in COLUMNS if kind != "count"}
    target = io.BytesIO()
    write_worksheet(
        _records(rows),
        target,
        sheet_name=number,
        freeze_row=1,
        bold_headers=True,
        column_formats=formats,
        column_widths={head: float(width) for head, _key, _kind, width in COLUMNS},
        autofilter=True,
    )
    return target.getvalue()


def _records(rows: Sequence[Mapping[str, Any]]) -> Any:
    for row in rows:
        yield {head: _cell(row[key], key, kind) for head, key, kind, _width in COLUMNS}
    totals: dict[str, Any] = {
        head: sum(row[key] for row in rows) / 100 if kind == "money" else "" for head, key, kind, _width in COLUMNS
    }
    yield totals | {"批次号": "合计", "序号": len(rows)}


def _cell(value: Any, key: str, kind: str) -> Any:
    if kind == "money":
        return value / 100
    if key == "education":
        with override("zh-hans"):  # the file is the office's and the bank's, whoever issues it
            return str(EducationLevel(value).label)
    return value if kind == "count" else str(value)
