"""The rows of a list of applications (台账): its columns, masked or not, and the spreadsheet. Always in Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from django.utils.translation import override

from applicants.people.choices import EducationLevel
from applicants.people.masking import desk_mask_number, mask_phone
from portal.casework.models import Application, Submission
from portal.city import city
from portal.printing.tables import Column, write_table

COLUMNS = (
    Column("申请编号", "text", 18),
    Column("政策版本", "text", 16),
    Column("姓名", "text", 14),
    Column("证件号", "text", 22),
    Column("手机", "text", 14),
    Column("学历", "text", 12),
    Column("用人单位", "text", 30),
    Column("镇街", "text", 12),
    Column("申请日期", "text", 12),
    Column("状态", "text", 12),
    Column("核对结论", "text", 10),
    Column("金额（元）", "money", 12),
    Column("承办", "text", 12),
    Column("最后期限", "text", 12),
)
VERDICTS = {"eligible": "符合", "undetermined": "待定", "ineligible": "不符合"}


def list_rows(files: Sequence[Application], *, is_unmasked: bool) -> list[list[Any]]:
    """A row per file as it was last submitted; two queries however many files. Amounts in fen, days in ISO.

    Needs the policy version with its policy, and the assignee.
    """
    newest: dict[Any, Submission] = {}
    for submission in Submission.objects.filter(application__in=files).order_by("number"):
        newest[submission.application_id] = submission
    with override("zh-hans"):
        return [_row(file, newest.get(file.pk), is_unmasked) for file in files]


def _row(file: Application, submission: Submission | None, is_unmasked: bool) -> list[Any]:
    answers: dict[str, dict[str, Any]] = submission.answers if submission else {}
    identity, work = answers.get("identity", {}), answers.get("employment", {})
    name, number, phone = (identity.get(key) or "" for key in ("legal_name", "number", "phone"))
    if not is_unmasked:
        name, number, phone = file.name_masked, desk_mask_number(number), mask_phone(phone) if phone else ""
    level = answers.get("education", {}).get("level") or ""
    town = city().town(file.town)
    return [
        file.reference,
        f"{file.policy_version.policy.code} {file.policy_version.label}",
        name,
        number,
        phone,
        str(EducationLevel(level).label) if level in EducationLevel.values else level,
        work.get("employer_name") or "",
        town.name_zh if town else "",
        file.submitted_on.isoformat() if file.submitted_on else "",
        str(file.get_state_display()),
        VERDICTS.get(file.verdict, ""),
        file.amount_fen,
        file.assignee.display_name if file.assignee else "",
        file.due_on.isoformat() if file.due_on else "",
    ]


def write_list(target: BinaryIO, rows: Iterable[Sequence[Any]]) -> None:
    """Write the spreadsheet of rows that pass by."""
    write_table(target, title="台账", columns=COLUMNS, rows=rows)
