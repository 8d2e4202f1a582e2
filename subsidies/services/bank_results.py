"""The bank's answer to a roll: read, look through, apply once."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zipfile import BadZipFile

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from applicants.people.masking import mask_account
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.letters import tell_applicant
from portal.casework.services.advancing import StepRefused
from subsidies.models import BankResult, Roll, RollLine
from subsidies.services.rolls import require_finance

# Heads of the file (policy-facts 6.3, bank return) → our names.
HEADS = {
    "批次号": "batch",
    "序号": "position",
    "账号": "account",
    "金额": "amount",
    "状态": "status",
    "失败码": "code",
    "入账日": "posted_on",
}
STATUSES = {"成功": RollLine.Result.PAID, "失败": RollLine.Result.REJECTED}
CODES = ("户名不符", "账户未激活", "销户", "止付", "限额")
LARGEST_FILE = 5 * 1024 * 1024  # bytes
LARGEST_COUNT = 20_000  # rows


@dataclass(frozen=True)
class ResultRow:
    """One row of the dry run: what the bank says, and what stands against taking it."""

    number: int  # of the row in the file, counted from 2
    position: int | None
    account_masked: str
    amount_fen: int | None
    result: str
    code: str
    posted_on: date | None
    fault: str = ""  # a sentence, empty where the row is fine
    is_known: bool = False  # the line carries this very result already


def upload_bank_result(*, roll: Roll, content: bytes, by: User, at: datetime) -> BankResult:
    """Keep a bank file as a dry run; nothing is applied. The same file again gives the same row.

    ``content`` is XLSX, or CSV in UTF-8 or GB 18030, with the heads of HEADS. Raises StepRefused with a sentence.
    """
    require_finance(roll, by)
    if roll.state != Roll.State.ISSUED:
        raise StepRefused(_("花名册签发以后才有银行回盘。"))
    if len(content) > LARGEST_FILE:
        raise StepRefused(_("文件太大。回盘文件最大 5 MB。"))
    digest = hashlib.sha256(content).hexdigest()
    found = BankResult.objects.filter(roll=roll, sha256=digest).first()
    if found:
        return found
    rows = _read(content)
    try:
        with transaction.atomic():
            result = BankResult.objects.create(roll=roll, sha256=digest, rows=rows, uploaded_by=by, uploaded_at=at)
            record(action="bank_result.upload", actor=by, target=result, at=at, digest=digest, note=str(len(rows)))
            return result
    except IntegrityError:
        return BankResult.objects.get(roll=roll, sha256=digest)


def _read(content: bytes) -> list[dict[str, str]]:
    table = _xlsx_table(content) if content[:2] == b"PK" else _csv_table(content)
    heads = [str(cell or "").strip().lstrip("\ufeff") for cell in table[0]] if table else []
    missing = [head for head in HEADS if head not in heads]
    if missing:
        raise StepRefused(_("文件缺少这些列：%(columns)s。请用银行回盘的原始文件。") % {"columns": "、".join(missing)})
    places = {name: heads.index(head) for head, name in HEADS.items()}
    rows = [
        {name: _text(row[place]) if place < len(row) else "" for name, place in places.items()}
        for row in table[1:]
        if any(cell not in (None, "") for cell in row)
    ]
    if not rows:
        raise StepRefused(_("文件里没有一行结果。"))
    if len(rows) > LARGEST_COUNT:
        raise StepRefused(_("文件超过 %(count)s 行，请分开上传。") % {"count": LARGEST_COUNT})
    return rows


def _xlsx_table(content: bytes) -> list[tuple[Any, ...]]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return [
            row
            for row, _limit in zip(
                book.worksheets[0].iter_rows(values_only=True), range(LARGEST_COUNT + 2), strict=False
            )
        ]
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, IndexError) as error:
        raise StepRefused(_("这个文件打不开。请上传 XLSX 或 CSV 格式的回盘文件。")) from error


def _csv_table(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return list(csv.reader(io.StringIO(text), strict=True))
        except csv.Error:
            break
    raise StepRefused(_("这个文件打不开。请上传 XLSX 或 CSV 格式的回盘文件。"))


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip().lstrip("'")


def look_through(result: BankResult) -> list[ResultRow]:
    """The dry run: every row of the file against the roll as it is now. Changes nothing; two queries."""
    lines = {line.position: line for line in result.roll.lines.all()}
    seen: set[int] = set()
    rows = []
    for number, raw in enumerate(result.rows, start=2):
        row = _judge(number, raw, result.roll, lines, seen)
        if row.position is not None:
            seen.add(row.position)
        rows.append(row)
    return rows


def _judge(number: int, raw: Mapping[str, str], roll: Roll, lines: Mapping[int, RollLine], seen: set[int]) -> ResultRow:
    position = int(raw["position"]) if raw["position"].isascii() and raw["position"].isdigit() else None
    amount = _fen(raw["amount"])
    posted = _day(raw["posted_on"])
    status = STATUSES.get(raw["status"], "")
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
    elif status == RollLine.Result.REJECTED and raw["code"] not in CODES:
        fault = _("失败的行要写明失败码：%(codes)s。") % {"codes": "、".join(CODES)}
    elif status == RollLine.Result.PAID and posted is None:
        fault = _("成功的行要有入账日，写成 2026-11-20 的样子。")
    elif line.result != RollLine.Result.PENDING:
        is_known = line.result == status and line.result_code == (raw["code"] if status == "rejected" else "")
        fault = "" if is_known else _("这一行已有另一个结果，不能改。")
    return ResultRow(
        number, position, mask_account(raw["account"]), amount, str(status), raw["code"], posted, fault, is_known
    )


def _fen(text: str) -> int | None:
    try:
        fen = Decimal(text.replace(",", "")) * 100
    except InvalidOperation:
        return None
    return int(fen) if fen.is_finite() and fen == fen.to_integral_value() else None


def _day(text: str) -> date | None:
    try:
        return (
            date.fromisoformat(text[:10].replace("/", "-")) if "-" in text or "/" in text else date.fromisoformat(text)
        )
    except ValueError:
        return None


def apply_bank_result(*, result: BankResult, by: User, at: datetime) -> BankResult:
    """Write the bank's answers into the lines, all or none; applying twice changes nothing.

    A rejected line is no longer live, so its payable can go on a later roll. Raises StepRefused where a row has a fault.
    """
    with transaction.atomic():
        roll = Roll.objects.select_for_update().get(pk=result.roll_id)
        require_finance(roll, by)
        row = BankResult.objects.select_for_update().get(pk=result.pk)
        if row.applied_at is not None:
            return row
        row.roll = roll
        found = look_through(row)
        faulty = [item for item in found if item.fault]
        if faulty:
            raise StepRefused(
                _("第 %(number)s 行：%(fault)s整份文件没有导入，请改正后再传。")
                % {"number": faulty[0].number, "fault": faulty[0].fault}
            )
        lines = {
            line.position: line
            for line in roll.lines.select_related(
                "payable__application__policy_version__policy", "payable__application__applicant__user"
            )
        }
        for item in found:
            if not item.is_known:
                _apply(lines[item.position], item, at)
        row.applied_by, row.applied_at = by, at
        row.save(update_fields=["applied_by", "applied_at"])
        record(action="bank_result.apply", actor=by, target=row, at=at, digest=row.sha256)
        return row


def _apply(line: RollLine, item: ResultRow, at: datetime) -> None:
    line.result = item.result
    line.posted_on = item.posted_on if item.result == RollLine.Result.PAID else None
    line.result_code = item.code if item.result == RollLine.Result.REJECTED else ""
    line.is_live = item.result == RollLine.Result.PAID
    line.save(update_fields=["result", "posted_on", "result_code", "is_live"])
    payable = line.payable
    if payable.application is None:
        return
    is_paid = item.result == RollLine.Result.PAID
    tell_applicant(
        payable.application,
        "paid" if is_paid else "payment_rejected",
        key=f"{line.pk}:{item.result}",
        at=at,
        amount_fen=line.net_fen,
        posted_on=line.posted_on.isoformat() if line.posted_on else "",
        last4=line.account[-4:],
        reason=item.code,
    )
