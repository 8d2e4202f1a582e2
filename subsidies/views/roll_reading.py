"""What a roll's page shows, put together from stored rows: steps, totals, lines, checks, who did what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from applicants.people.masking import mask_name
from portal.accounts.models import Role, User
from portal.audit.models import Entry
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused
from portal.ui.figures import day_text, day_time_text, listed
from subsidies.amount_words import capital_amount
from subsidies.models import Payable, Roll, RollFile, RollLine
from subsidies.services.checking import (
    DOUBTS,
    REJECTION_CODES,
    account_of,
    last_submission,
    obstacles,
    sentence_for,
    with_evidence,
)
from subsidies.services.filing import XLSX, files_to_make, made_files, stored_files
from subsidies.services.issuing import why_stopped
from subsidies.services.rolls import require_clear, visible_rolls, why_kept_away

LINES = 500  # of a page
Found = Mapping[UUID, list[str]]  # payable → codes of what is in the way


def roll_context(roll: Roll, user: User, *, at: datetime, after: int = 0) -> dict[str, Any]:
    """Everything the page needs, with at most ``LINES`` lines, from the position ``after`` on.

    The number of queries does not depend on the number of lines. A longer roll is checked line by line when it is
    issued, not on the page.
    """
    on, is_collected = timezone.localdate(at), roll.state == Roll.State.COLLECTED
    totals = roll.lines.aggregate(
        count=Count("pk"),
        gross_fen=Sum("gross_fen", default=0),
        tax_fen=Sum("tax_fen", default=0),
        net_fen=Sum("net_fen", default=0),
        answered=Count("pk", filter=~Q(result=RollLine.Result.PENDING)),
    )
    shown = roll.lines.filter(position__gt=after).select_related("payable").order_by("position")
    lines = list(shown[:LINES])
    is_collecting = roll.state == Roll.State.COLLECTING
    is_long = totals["count"] > LINES
    payables, found = _looked_up(roll, Payable.objects.filter(roll_lines__in=[line.pk for line in lines]), on)
    approvers = User.objects.filter(pk__in=roll.lines.values("approved_by")).values_list("display_name", flat=True)
    stopped = why_stopped(roll, user, at) if is_collected else ""
    downloads = list(
        Entry.objects.filter(action="roll.download", target_type="subsidies.roll", target_id=str(roll.pk))
        .select_related("actor")
        .order_by("-recorded_at", "-id")
    )
    is_finance = visible_rolls(user, (Role.FINANCE,)).filter(pk=roll.pk).exists()
    kept_away = why_kept_away(roll, user)
    is_approver = roll.lines.filter(approved_by=user).exists()
    last = lines[-1].position if lines else 0
    answers = list(roll.bank_results.select_related("uploaded_by", "applied_by").order_by("-uploaded_at", "-id"))
    return {
        "roll": roll,
        "title": programme(roll.programme).title,
        "is_finance": is_finance,
        "is_approver": is_approver,
        "kept_away": kept_away,
        "may_download": roll.state == Roll.State.ISSUED and is_finance and not is_approver and not kept_away,
        "locked": (kept_away or ("" if is_long else _locked(roll, payables.values(), user, on)))
        if is_collected and is_finance
        else "",
        "stopped": stopped,
        "progress": _progress(roll) if roll.state == Roll.State.ISSUING else None,
        "collecting": _collected_so_far(roll) if is_collecting else None,
        "left_out": is_collected and roll.looked_at < roll.candidates,
        "is_long": is_long,
        "is_checked_later": (is_long or is_collecting) and roll.state != Roll.State.ISSUED,
        "first_page": "?" if after else "",
        "following": f"?after={last}" if totals["count"] > last and is_long else "",
        "steps": _steps(roll, totals, found, downloads),
        **totals,
        "capital": capital_amount(totals["net_fen"]),
        "digest": _in_eights(roll.xlsx_sha256),
        "head": _head_printed(roll) if roll.state == Roll.State.ISSUED else None,
        "files": (files := _files(roll)),
        "spelled": next((row["file"].spelled_lines for row in files if row["file"].spelled_lines), 0),
        "lines": [_line(line, payables.get(line.payable_id), found) for line in lines],
        "checks": _checks(totals["count"], found),
        "approvers": listed(sorted(approvers)),
        "downloads": downloads,
        "answers": answers,
    }


def _progress(roll: Roll) -> dict[str, Any]:
    """How far issuing is: lines that are copied, files that are stored, and both as one bar."""
    count, files = roll.count or 1, len(made_files(roll))
    to_make = files_to_make(roll)
    return {
        "is_taken_back": roll.stopped_at is not None,
        "copied": roll.copied,
        "files": files,
        "to_make": to_make,
        "part": round(50 * roll.copied / count + 50 * files / to_make),
    }


def _collected_so_far(roll: Roll) -> dict[str, int]:
    """How far collecting is; more may have come since the payables were counted."""
    total = max(roll.candidates, roll.looked_at)
    return {"total": total, "part": round(100 * roll.looked_at / (total or 1))}


def line_rows(roll: Roll, lines: Sequence[RollLine], *, on: date) -> list[dict[str, Any]]:
    """Some of the lines as the page shows them, each with masked name, last digits and how it stands."""
    payables, found = _looked_up(roll, Payable.objects.filter(pk__in=[line.payable_id for line in lines]), on)
    return [_line(line, payables.get(line.payable_id), found) for line in lines]


def _looked_up(roll: Roll, rows: QuerySet[Payable], on: date) -> tuple[dict[UUID, Payable], Found]:
    """The payables behind lines that carry no copies yet, with what is in the way of those to be issued."""
    payables: dict[UUID, Payable] = {}
    if roll.state != Roll.State.ISSUED:  # an issued line carries its own copies
        payables = {payable.pk: payable for payable in with_evidence(rows).order_by("id")}
    if roll.state not in (Roll.State.COLLECTING, Roll.State.COLLECTED):
        return payables, {}
    return payables, {pk: _open_codes(payable, on) for pk, payable in payables.items()}


def _open_codes(payable: Payable, on: date) -> list[str]:
    return [code for code in obstacles(payable, on=on) if code != "on_a_roll"]


def _locked(roll: Roll, payables: Iterable[Payable], user: User, on: date) -> str:
    """The sentence that says why ``user`` may not issue now, or nothing."""
    try:
        require_clear(payables, user, on, roll=roll)
    except StepRefused as refusal:
        return str(refusal)
    return ""


def _files(roll: Roll) -> list[dict[str, Any]]:
    """Every stored file with its label and digest."""
    stored = stored_files(roll)
    volumes = sum(file.kind == RollFile.Kind.PDF for file in stored)
    labels = {
        XLSX: _("花名册 XLSX"),
        RollFile.Kind.CSV: _("花名册 CSV（UTF-8）"),
        RollFile.Kind.CSV_GB18030: _("银行 CSV（GB 18030）"),
        RollFile.Kind.PDF: _("花名册 PDF"),
    }
    rows = []
    for file in stored:
        label = labels[file.kind]
        if file.kind == RollFile.Kind.PDF and volumes > 1:
            label = _("花名册 PDF，第 %(volume)s 册") % {"volume": file.volume}
        rows.append({"file": file, "label": label, "digest": _in_eights(file.sha256)})
    return rows


def _head_printed(roll: Roll) -> dict[str, Any] | None:
    """The head of the audit trail that is printed on the issued roll, as the entry of its issue keeps it."""
    issues = Entry.objects.filter(action="roll.issue", target_type="subsidies.roll", target_id=str(roll.pk))
    note = issues.order_by("recorded_at").values_list("note", flat=True).first()
    if not note:
        return None
    number, link, at = note.split(" ")
    return {"number": number, "link": link, "at": datetime.fromisoformat(at)}


def _in_eights(digest: str) -> str:
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def _line(line: RollLine, payable: Payable | None, found: Found) -> dict[str, Any]:
    if payable is None:
        is_organisation = line.payable.partner_id is not None
        name = line.payee["name"] if is_organisation else mask_name(line.payee["name"])
        number = line.payee["number"]
        employer, account = line.payee["employer"], line.account
    else:
        current = account_of(payable)
        if payable.partner is not None:
            name, number, employer = payable.organisation, payable.partner.credit_code, ""
        else:
            name, number = mask_name(payable.person.legal_name), payable.person.number
            employer = last_submission(payable).answers["employment"].get("employer_name", "")
        account = current.number_last4 if current else ""
    return {
        "line": line,
        "name": name,
        "number": number[-4:],
        "employer": employer,
        "account": account[-4:],
        "standing": _standing(line, found.get(line.payable_id, [])),
    }


def _standing(line: RollLine, codes: list[str]) -> dict[str, str]:
    if line.result == RollLine.Result.PAID:
        return {"kind": "ok", "text": _("%(day)s入账") % {"day": day_text(line.posted_on)}, "icon": "check"}
    if line.result == RollLine.Result.REJECTED:
        reason = REJECTION_CODES[line.result_code]
        return {"kind": "no", "text": _("银行退回：%(reason)s") % {"reason": reason}, "icon": "cross"}
    if not line.is_live:
        return {"kind": "default", "text": _("已作废"), "icon": "minus-circle"}
    if line.roll.state == Roll.State.ISSUED:
        return {"kind": "plain", "text": _("等银行结果"), "icon": "clock"}
    if codes:
        text = pgettext("between two items", "；").join(sentence_for(code) for code in codes)
        return {"kind": "wait", "text": text, "icon": "alert"}
    return {"kind": "plain", "text": _("可以发放"), "icon": "check"}


def _checks(count: int, found: Found) -> list[dict[str, Any]]:
    """What is looked at before issue, each with how many lines do not pass; none left over once it is issued."""
    failing = [code.removeprefix("organisation_") for codes in found.values() for code in codes]

    def check(label: str, *codes: str) -> dict[str, Any]:
        return {"label": label, "failing": sum(code in codes for code in failing)}

    return [
        check(_("收款账户齐全，没有两个人同一个账户"), "account_missing", "account_shared"),
        check(_("户名与姓名一致，%(count)s 笔") % {"count": count}, "holder_differs"),
        check(_("后来更换的账户都核对过"), "account_not_settled", "account_rejected"),
        check(_("批准依据的资料没有变动"), "changed_since_approval", "number_not_proven"),
        check(_("都到了发放日期，要核实在职的已核实"), "not_due", "recheck_needed"),
        check(_("发放前再问登记，没有疑问"), *DOUBTS),
        check(_("没有取消的款项"), "cancelled"),
    ]


def _steps(roll: Roll, totals: Mapping[str, int], found: Found, downloads: list[Entry]) -> list[dict[str, str]]:
    """The five steps: collect, check, issue, download, bank result."""
    is_dropped, is_issued = roll.state == Roll.State.DROPPED, roll.state == Roll.State.ISSUED
    is_issuing, answered = roll.state == Roll.State.ISSUING, totals["answered"]
    is_collecting = roll.state == Roll.State.COLLECTING
    is_long = totals["count"] > LINES and not is_issued
    is_clear = is_issued or is_issuing or (not is_dropped and not any(found.values()))
    steps = [
        {
            "label": _("汇总"),
            "who": roll.collected_by.display_name,
            "note": _("正在汇总") if is_collecting else day_time_text(roll.collected_at, with_year=False),
        },
        {"label": _("核对"), "who": "", "note": _checked_note(is_clear, is_long or is_collecting)},
        {
            "label": _("签发"),
            "who": roll.issued_by.display_name if roll.issued_by else "",
            "note": day_time_text(roll.issued_at, with_year=False)
            if is_issued
            else _("正在签发")
            if is_issuing
            else _("核对后签发"),
        },
        {
            "label": _("下载"),
            "who": "",
            "note": ngettext("%(count)s 次", "%(count)s 次", len(downloads)) % {"count": len(downloads)}
            if downloads
            else _("签发后开放"),
        },
        {
            "label": _("银行回盘"),
            "who": "",
            "note": _("%(done)s / %(all)s 笔") % {"done": answered, "all": totals["count"]}
            if is_issued
            else _("还没有"),
        },
    ]
    if is_dropped:
        steps[1]["note"] = steps[2]["note"] = steps[3]["note"] = _("已作废")
    if is_issued and not downloads:
        steps[3]["note"] = _("还没有下载")
    done = [
        not is_collecting,
        is_clear and not is_collecting,
        is_issued,
        bool(downloads),
        is_issued and answered == totals["count"],
    ]
    now = len(done) if is_dropped else next((at for at, is_done in enumerate(done) if not is_done), len(done))
    for at, step in enumerate(steps):
        step["state"] = "done" if done[at] else "now" if at == now else "todo"
    return steps


def _checked_note(is_clear: bool, is_long: bool) -> str:
    if is_long:
        return _("签发时逐笔核对")
    return _("全部通过") if is_clear else _("有款项不能发放")
