"""Issue a payment roll: copy everything into its lines, make its files, keep their SHA-256."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.choices import NumberKind
from applicants.people.models import account_number_hash
from portal.accounts.models import User
from portal.audit.chain import Head
from portal.audit.sealing import newest_head
from portal.audit.services import record
from portal.casework.models import NoticeLine
from portal.casework.services.advancing import StepRefused
from subsidies.models import Payable, Roll, RollLine
from subsidies.services.checking import account_of, last_submission, with_evidence
from subsidies.services.filing import StoredFile, forget_files, keep_files, make_files
from subsidies.services.rolls import require_clear, require_finance


def issue_roll(*, roll: Roll, by: User, at: datetime) -> Roll:
    """Copy everything into the lines and store the files with count, sum and the SHA-256 of their bytes.

    The files are made before the transaction, which checks again that they still tell the truth. A second call finds
    the roll issued and returns it. Raises StepRefused where a check fails now or ``by`` approved a line.
    """
    require_finance(roll, by)
    on = timezone.localdate(at)
    prepared = _rows(roll, by, on)
    if not prepared:
        roll.refresh_from_db()
        return roll
    head = newest_head()
    files = make_files(roll=roll, rows=[row for _line, row in prepared], head=head, by=by, at=at)
    try:
        with transaction.atomic():
            row = Roll.objects.select_for_update().get(pk=roll.pk)
            # Whoever doubts, settles or cancels a payable locks it too.
            payables = Payable.objects.select_for_update().filter(pk__in=row.lines.values("payable"))
            list(payables.order_by("pk").values_list("pk"))
            issued = _rows(row, by, on)
            if issued:
                if [values for _line, values in issued] != [values for _line, values in prepared]:
                    raise StepRefused(_("名单里的资料刚刚有变动，请看过后再签发一次。"))
                _write(row, issued, files, head, by, at)
    except BaseException:
        forget_files(files)
        raise
    if row.xlsx_name != files[0].name:  # somebody else issued it meanwhile
        forget_files(files)
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
    roll: Roll,
    rows: list[tuple[RollLine, dict[str, Any]]],
    files: list[StoredFile],
    head: Head | None,
    by: User,
    at: datetime,
) -> None:
    for line, values in rows:  # sealed columns are written row by row: the seal is bound to the row
        line.issued_by, line.payee, line.account = by, values, values["account"]
        line.account_hash = account_number_hash(line.account)
        line.save(update_fields=["issued_by", "payee", "account", "account_hash"])
    keep_files(roll, files)
    roll.count, roll.net_fen = len(rows), sum(line.net_fen for line, _values in rows)
    roll.issued_by, roll.issued_at, roll.state = by, at, Roll.State.ISSUED
    roll.save()
    note = f"{head.number} {head.short} {head.at.isoformat()}" if head else ""  # what is printed, for the roll's page
    record(action="roll.issue", actor=by, target=roll, at=at, fields=["state"], digest=roll.xlsx_sha256, note=note)


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
        "number_kind": NumberKind(person.number_kind).in_chinese,
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
