"""Collect, issue, drop and download payment rolls."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.accounts.scopes import scope_q
from portal.audit.services import record
from portal.casework.models import NoticeLine, ReferenceCounter
from portal.casework.services.advancing import StepRefused
from portal.vault.files import read_sealed, write_sealed
from subsidies.exports.roll_xlsx import roll_xlsx
from subsidies.models import Payable, Roll, RollLine
from subsidies.services.checking import account_of, obstacles, payables_of, sentence_for

BATCH = 500  # rows per transaction


def visible_rolls(user: User) -> QuerySet[Roll]:
    """Rolls of the programmes that finance, administrators or auditors see; newest first."""
    programmes = {
        grant.programme for grant in user.grants if grant.role in (Role.FINANCE, Role.ADMINISTRATOR, Role.AUDITOR)
    }
    every = "" in programmes
    return Roll.objects.filter(Q() if every else Q(programme__in=programmes)).order_by("-collected_at", "-id")


def collect_roll(*, payable_ids: Sequence[UUID], by: User, at: datetime) -> Roll:
    """Put payables on a new roll (at most 500). Each is checked again under lock; one live line per payable.

    Raises StepRefused naming what stands in the way.
    """
    on = timezone.localdate(at)
    try:
        with transaction.atomic():
            list(Payable.objects.select_for_update().filter(pk__in=payable_ids).order_by("pk").values_list("pk"))
            payables = list(payables_of(by).filter(scope_q(by, (Role.FINANCE,)), pk__in=payable_ids)[:BATCH])
            if not payables:
                raise StepRefused(_("请至少选择一笔可以发放的款项。"))
            if len({payable.programme for payable in payables}) > 1:
                raise StepRefused(_("一份花名册只能有一个项目。"))
            for payable in payables:
                _require_clear(payable, by, on)
            roll = Roll.objects.create(
                number=f"FF-{on.year}-{ReferenceCounter.take('roll', on.year):04d}",
                programme=payables[0].programme,
                collected_by=by,
                collected_at=at,
            )
            RollLine.objects.bulk_create(
                RollLine(
                    roll=roll,
                    payable=payable,
                    position=position,
                    approved_by=payable.approved_by,
                    collected_by=by,
                    gross_fen=payable.gross_fen,
                    tax_fen=payable.tax_fen,
                    net_fen=payable.net_fen,
                )
                for position, payable in enumerate(payables, start=1)
            )
            record(action="roll.collect", actor=by, target=roll, at=at, fields=["lines"], note=str(len(payables)))
            return roll
    except IntegrityError as error:
        raise StepRefused(_("有款项刚刚被收进另一份花名册，请刷新后再选。")) from error


def _require_clear(payable: Payable, by: User, on: object) -> None:
    found = obstacles(payable, on=on)
    if found:
        raise StepRefused(
            _("%(reference)s 现在不能发放：%(reason)s。")
            % {"reference": payable.application.reference, "reason": "；".join(sentence_for(code) for code in found)}
        )
    if payable.approved_by_id == by.pk:
        raise StepRefused(
            _("%(reference)s 由您审定，不能再由您汇总发放。") % {"reference": payable.application.reference}
        )


def drop_roll(*, roll: Roll, by: User, at: datetime) -> Roll:
    """Give up a collected roll that was not issued; its payables are free again. Raises StepRefused."""
    with transaction.atomic():
        row = Roll.objects.select_for_update().get(pk=roll.pk)
        if row.state != Roll.State.COLLECTED:
            raise StepRefused(_("这份花名册已经签发或作废。"))
        require_finance(row, by)
        row.state = Roll.State.DROPPED
        row.save(update_fields=["state"])
        row.lines.update(is_live=False)
        record(action="roll.drop", actor=by, target=row, at=at, fields=["state"])
        return row


def issue_roll(*, roll: Roll, by: User, at: datetime) -> Roll:
    """Copy everything into the lines, make and store the file, keep count, sum and SHA-256 of the stored bytes.

    A second call finds it issued and returns it. Raises StepRefused where a check fails now or ``by`` approved a line.
    """
    on = timezone.localdate(at)
    with transaction.atomic():
        row = Roll.objects.select_for_update().get(pk=roll.pk)
        if row.state == Roll.State.ISSUED:
            return row
        if row.state != Roll.State.COLLECTED:
            raise StepRefused(_("这份花名册已经签发或作废。"))
        require_finance(row, by)
        lines = list(row.lines.order_by("position"))
        payables = {payable.pk: payable for payable in payables_of(by).filter(roll_lines__roll=row)}
        notices = _notice_numbers(payables.values())
        for line in lines:
            payable = payables[line.payable_id]
            if [code for code in obstacles(payable, on=on) if code != "on_a_roll"]:
                _require_clear_but_collected(payable, on)
            if payable.approved_by_id == by.pk:
                raise StepRefused(_("名单里有由您审定的款项，不能由您签发。"))
            line.issued_by = by
            line.payee = _columns(row, line, payable, notices)
            line.account = account_of(payable).number
            line.save(update_fields=["issued_by", "payee", "account"])
        content = roll_xlsx(row, [line.payee for line in lines])
        row.xlsx_name = f"rolls/{row.pk}.xlsx.sealed"
        row.xlsx_sha256 = hashlib.sha256(content).hexdigest()
        row.count, row.net_fen = len(lines), sum(line.net_fen for line in lines)
        row.issued_by, row.issued_at, row.state = by, at, Roll.State.ISSUED
        write_sealed(row.xlsx_name, content)
        row.save()
        record(action="roll.issue", actor=by, target=row, at=at, fields=["state"], digest=row.xlsx_sha256)
        return row


def _require_clear_but_collected(payable: Payable, on: object) -> None:
    reasons = [sentence_for(code) for code in obstacles(payable, on=on) if code != "on_a_roll"]
    raise StepRefused(
        _("%(reference)s 现在不能发放：%(reason)s。")
        % {"reference": payable.application.reference, "reason": "；".join(reasons)}
    )


def require_finance(roll: Roll, by: User) -> None:
    if not any(grant.role == Role.FINANCE and grant.programme in ("", roll.programme) for grant in by.grants):
        raise StepRefused(_("您没有办理这一步的权限。"))


def _notice_numbers(payables: object) -> dict[UUID, str]:
    ids = [payable.application_id for payable in payables]
    lines = NoticeLine.objects.filter(application__in=ids).select_related("notice").order_by("notice__collected_at")
    return {line.application_id: line.notice.number for line in lines}


def _columns(roll: Roll, line: RollLine, payable: Payable, notices: dict[UUID, str]) -> dict[str, object]:
    """One row of the file (policy-facts 6.3, 发放花名册); money in fen, dates ISO."""
    answers = list(payable.application.submissions.all())[-1].answers
    account, person, application = account_of(payable), payable.person, payable.application
    months = answers["employment"].get("insured_ranges") or []
    return {
        "batch": roll.number,
        "position": line.position,
        "name": person.legal_name,
        "number_kind": "居民身份证",
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
        "first_reviewer": (application.first_reviewer_id and application.first_reviewer.display_name) or "",
        "second_reviewer": (application.second_reviewer_id and application.second_reviewer.display_name) or "",
        "approved_on": timezone.localdate(payable.approved_at).isoformat(),
        "notice": notices.get(application.pk, ""),
        "remark": f"第 {payable.number} 期" if payable.number > 1 else "",
    }


def download_roll(*, roll: Roll, by: User, at: datetime) -> bytes:
    """The stored file, byte for byte, checked against its SHA-256; every download is audited.

    Only finance downloads, and nobody who approved a line. Raises StepRefused.
    """
    require_finance(roll, by)
    if roll.state != Roll.State.ISSUED:
        raise StepRefused(_("花名册签发以后才能下载。"))
    if roll.lines.filter(approved_by=by).exists():
        raise StepRefused(_("名单里有由您审定的款项，不能由您下载。"))
    content = read_sealed(roll.xlsx_name)
    if hashlib.sha256(content).hexdigest() != roll.xlsx_sha256:
        raise StepRefused(_("存档文件与签发时的校验值不符，请联系管理员。"))
    record(action="roll.download", actor=by, target=roll, at=at, digest=roll.xlsx_sha256)
    return content
