"""The bank's answer to a roll: kept as a dry run, looked through, applied once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override

from applicants.people.masking import mask_account
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.letters import tell_applicant
from portal.casework.services.advancing import StepRefused
from portal.ui.figures import listed
from subsidies.models import BankResult, Roll, RollLine
from subsidies.services.bank_files import amount_fen, day_in, read_bank_file, whole_number
from subsidies.services.checking import REJECTION_CODES, RETRIABLE
from subsidies.services.rolls import require_finance

PAID, REJECTED, PENDING = RollLine.Result.PAID, RollLine.Result.REJECTED, RollLine.Result.PENDING
STATUSES = {"成功": PAID, "失败": REJECTED}


@dataclass(frozen=True)
class ResultRow:
    """One row of the dry run: what the bank says, and what stands against taking it."""

    number: int  # of the row in the file, counted from 2
    position: int | None
    account_masked: str
    amount_fen: int | None
    result: str  # paid, rejected, or "" where the file does not say
    code: str
    posted_on: date | None
    fault: str = ""  # a sentence, empty where the row is fine
    is_known: bool = False  # the line carries this very result already


def upload_bank_result(*, roll: Roll, content: bytes, by: User, at: datetime) -> BankResult:
    """Keep a bank file as a dry run; nothing is applied. The same bytes again give the row kept before.

    ``content`` is what ``read_bank_file`` reads. Raises StepRefused with a sentence.
    """
    require_finance(roll, by)
    if roll.state != Roll.State.ISSUED:
        raise StepRefused(_("花名册签发以后才有银行回盘。"))
    digest = hashlib.sha256(content).hexdigest()
    found = BankResult.objects.filter(roll=roll, sha256=digest).first()
    if found:
        return found
    rows = read_bank_file(content)
    try:
        with transaction.atomic():
            result = BankResult.objects.create(roll=roll, sha256=digest, rows=rows, uploaded_by=by, uploaded_at=at)
            record(action="bank_result.upload", actor=by, target=result, at=at, digest=digest, note=str(len(rows)))
            return result
    except IntegrityError:  # uploaded twice at once
        return BankResult.objects.get(roll=roll, sha256=digest)


def look_through(result: BankResult, *, on: date) -> list[ResultRow]:
    """The dry run on the day ``on``: every row of the file against the roll as it is now. Changes nothing; one query.

    The day counts, since a file may come before the day it says that money was posted.
    """
    return _look_through(result, {line.position: line for line in result.roll.lines.all()}, on)


def _look_through(result: BankResult, lines: Mapping[int, RollLine], on: date) -> list[ResultRow]:
    seen: set[int] = set()
    rows = []
    for number, raw in enumerate(result.rows, start=2):
        row = _judge(number, raw, result.roll, lines, seen, on)
        if row.position is not None:
            seen.add(row.position)
        rows.append(row)
    return rows


def _judge(
    number: int, raw: Mapping[str, str], roll: Roll, lines: Mapping[int, RollLine], seen: set[int], on: date
) -> ResultRow:
    position, amount, posted = whole_number(raw["position"]), amount_fen(raw["amount"]), day_in(raw["posted_on"])
    status = str(STATUSES.get(raw["status"], ""))
    code = raw["code"] if status == REJECTED else ""
    posted = posted if status == PAID else None
    line = lines.get(position) if position is not None else None
    fault, is_known = "", False
    if raw["batch"] != roll.number:
        fault = _("批次号不是这份花名册的。")
    elif line is None:
        fault = _("花名册上没有这个序号。")
    elif position in seen:
        fault = _("这个序号在文件里出现了两次。")
    elif raw["account"] != line.account:
        fault = _("账号与花名册不一致。")
    elif amount != line.net_fen:
        fault = _("金额与花名册不一致。")
    elif not status:
        fault = _("状态只能是“成功”或“失败”。")
    elif status == REJECTED and code not in REJECTION_CODES:
        fault = _("失败的行要写明失败码：%(codes)s。") % {"codes": listed(REJECTION_CODES)}
    elif status == PAID:
        fault = _fault_of_day(posted, roll, on)
    if not fault and line is not None and line.result != PENDING:
        is_known = (line.result, line.result_code, line.posted_on) == (status, code, posted)
        fault = "" if is_known else _("这一行已有另一个结果，不能改。")
    return ResultRow(number, position, mask_account(raw["account"]), amount, status, code, posted, fault, is_known)


def _fault_of_day(posted: date | None, roll: Roll, on: date) -> str:
    if posted is None:
        return _("成功的行要有入账日，写成 2026-11-20 的样子。")
    if posted < timezone.localdate(roll.issued_at):
        return _("入账日早于花名册的签发日。")
    if posted > on:
        return _("入账日还没有到。")
    return ""


def apply_bank_result(*, result: BankResult, by: User, at: datetime) -> BankResult:
    """Write the bank's answers into the lines, all or none; applying twice changes nothing.

    A rejected line is no longer live, so its payable can go on a later roll. Raises StepRefused where a row has a
    fault.
    """
    with transaction.atomic():
        roll = Roll.objects.select_for_update().get(pk=result.roll_id)
        require_finance(roll, by)
        row = BankResult.objects.select_for_update().get(pk=result.pk)
        if row.applied_at is not None:
            return row
        row.roll = roll
        lines = {
            line.position: line
            for line in roll.lines.select_related(
                "payable__application__policy_version__policy", "payable__application__applicant__user"
            )
        }
        found = _look_through(row, lines, timezone.localdate(at))
        if faulty := next((item for item in found if item.fault), None):
            raise StepRefused(
                _("第 %(number)s 行：%(fault)s整份文件没有导入，请改正后再传。")
                % {"number": faulty.number, "fault": faulty.fault}
            )
        answered = [(lines[item.position], item) for item in found if not item.is_known]
        for line, item in answered:
            line.result, line.result_code, line.posted_on = item.result, item.code, item.posted_on
            line.is_live = item.result == PAID
        RollLine.objects.bulk_update(
            [line for line, _item in answered], ["result", "result_code", "posted_on", "is_live"], batch_size=500
        )
        for line, item in answered:
            _tell(line, item, at)
        row.applied_by, row.applied_at = by, at
        row.save(update_fields=["applied_by", "applied_at"])
        record(
            action="bank_result.apply", actor=by, target=row, at=at, digest=row.sha256, note=f"{len(answered)} lines"
        )
        return row


def _tell(line: RollLine, item: ResultRow, at: datetime) -> None:
    """One letter per line and answer. A code after which we try again by ourselves asks nothing of the person."""
    application = line.payable.application
    if application is None or item.code in RETRIABLE:
        return
    kind = "paid" if item.result == PAID else "payment_rejected"
    details = (
        {"posted_on": item.posted_on.isoformat()}
        if item.posted_on
        else {"reason": _in_both_languages(REJECTION_CODES[item.code])}
    )
    tell_applicant(
        application,
        kind,
        key=f"{line.pk}:{item.result}",
        at=at,
        amount_fen=line.net_fen,
        last4=line.account[-4:],
        **details,
    )


def _in_both_languages(words: Promise) -> dict[str, str]:
    texts = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            texts[key] = str(words)
    return texts
