"""Issue a payment roll: copy everything into its lines, make the file, keep its SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import account_number_hash
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.models import NoticeLine
from portal.casework.services.advancing import StepRefused
from portal.vault.files import delete_sealed, write_sealed
from subsidies.exports.roll_xlsx import roll_xlsx
from subsidies.models import Payable, Roll, RollLine
from subsidies.services.checking import account_of, last_submission, with_evidence
from subsidies.services.rolls import require_clear, require_finance

NUMBER_KIND = "居民身份证"  # the file is the office's and the bank's: Chinese, whoever issues it


def issue_roll(*, roll: Roll, by: User, at: datetime) -> Roll:
    """Copy everything into the lines and store the file with count, sum and the SHA-256 of its bytes.

    The file is made before the transaction, which checks again that it still tells the truth. A second call finds the
    roll issued and returns it. Raises StepRefused where a check fails now or ``by`` approved a line.
    """
    require_finance(roll, by)
    on = timezone.localdate(at)
    prepared = _rows(roll, by, on)
    if not prepared:
        roll.refresh_from_db()
        return roll
    content = roll_xlsx(roll.number, [row for _line, row in prepared])
    name = f"rolls/{uuid4().hex}.xlsx.sealed"
    write_sealed(name, content)
    try:
        with transaction.atomic():
            row = Roll.objects.select_for_update().get(pk=roll.pk)
            issued = _rows(row, by, on)
            if issued:
                if [values for _line, values in issued] != [values for _line, values in prepared]:
                    raise StepRefused(_("名单里的资料刚刚有变动，请看过后再签发一次。"))
                _write(row, issued, name, content, by, at)
    except BaseException:
        delete_sealed(name)
        raise
    if row.xlsx_name != name:  # somebody else issued it meanwhile
        delete_sealed(name)
    return row


def _rows(roll: Roll, by: User, on: date) -> list[tuple[RollLine, dict[str, Any]]]:
    """Every line with the columns it would be issued with; none where the roll is issued already."""
    state = Roll.objects.values_list("state", flat=True).get(pk=roll.pk)
    if state == Roll.State.ISSUED:
        return []
    if state != Roll.State.COLLECTED:
        raise StepRefused(_("这份花名册已经签发或作废。"))
    payables = {item.pk: item for item in with_evidence(Payable.objects.filter(roll_lines__roll=roll)).order_by("id")}
    require_clear(payables.values(), by, on, roll=roll)
    notices = _notice_numbers(payables.values())
    lines = list(roll.lines.order_by("position"))
    return [(line, _columns(roll, line, payables[line.payable_id], notices)) for line in lines]


def _write(
    roll: Roll, rows: list[tuple[RollLine, dict[str, Any]]], name: str, content: bytes, by: User, at: datetime
) -> None:
    for line, values in rows:  # sealed columns are written row by row: the seal is bound to the row
        line.issued_by, line.payee, line.account = by, values, values["account"]
        line.account_hash = account_number_hash(line.account)
        line.save(update_fields=["issued_by", "payee", "account", "account_hash"])
    roll.xlsx_name, roll.xlsx_sha256 = name, hashlib.sha256(content).hexdigest()
    roll.count, roll.net_fen = len(rows), sum(line.net_fen for line, _values in rows)
    roll.issued_by, roll.issued_at, roll.state = by, at, Roll.State.ISSUED
    roll.save()
    record(action="roll.issue", actor=by, target=roll, at=at, fields=["state"], digest=roll.xlsx_sha256)


def _notice_numbers(payables: Iterable[Payable]) -> dict[UUID, str]:
    """The notice each application was last shown on."""
    ids = [payable.application_id for payable in payables]
    lines = NoticeLine.objects.filter(application__in=ids).select_related("notice").order_by("notice__collected_at")
    return {line.application_id: line.notice.number for line in lines}


def _columns(roll: Roll, line: RollLine, payable: Payable, notices: dict[UUID, str]) -> dict[str, Any]:
    """One row of the file (policy-facts 6.3, 发放花名册); money in fen, dates ISO. Needs ``with_evidence``."""
    person, application, account = payable.person, payable.application, account_of(payable)
    answers = last_submission(payable).answers
    months = answers["employment"].get("insured_ranges") or []
    first, second = application.first_reviewer, application.second_reviewer
    return {
        "batch": roll.number,
        "position": line.position,
        "name": person.legal_name,
        "number_kind": NUMBER_KIND,
        "number": person.number,
        "education": answers["education"]["level"],
        "employer": answers["employment"]["employer_name"],
        "credit_code": answers["employment"]["credit_code"],
        "insured": "；".join(f"{item['from']}—{item['to']}" for item in months),
        "policy": f"{application.policy_version.policy.code} {application.policy_version.label}",
        "gross_fen": line.gross_fen,
        "tax_fen": line.tax_fen,
        "net_fen": line.net_fen,
        "account": account.number,
        "bank": account.bank_name,
        "branch": account.branch_code,
        "phone": person.phone,
        "first_reviewer": first.display_name if first else "",
        "second_reviewer": second.display_name if second else "",
        "approved_on": timezone.localdate(payable.approved_at).isoformat(),
        "notice": notices.get(application.pk, ""),
        "remark": f"第 {payable.number} 期" if payable.number > 1 else "",
    }
