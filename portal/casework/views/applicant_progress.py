"""How an application stands, in the applicant's words: the next step, by when, and what there is to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.casework.deadlines import answer_by, is_in_time, last_days_to_ask
from portal.casework.models import Application, NoticeLine
from portal.casework.programmes import Outlook, programme
from portal.casework.states import State, public_label
from portal.casework.views.public_progress import buoy_labels, progress_of
from portal.policy.calendar import Calendar, DatedDay
from portal.ui.figures import day_text, yuan_text

TAG_KINDS = {
    State.DRAFT: "default",
    State.CORRECTION: "urgent",
    State.APPROVED: "ok",
    State.REFUSED: "no",
    State.WITHDRAWN: "plain",
    State.LAPSED: "plain",
}


@dataclass(frozen=True)
class Standing:
    """One application as its card and the head of its page show it."""

    label: str  # the public state
    kind: str  # of its tag
    heading: str
    step: str  # what happens next
    by: str  # by when, "" where no day is set
    todo: str  # what the applicant has to do
    href: str = ""  # of what to do, or of the page that says more
    act: str = ""
    is_urgent: bool = False


@dataclass(frozen=True)
class Around:
    """What is known besides the rows themselves: read once for a whole list."""

    on: date
    calendar: Calendar
    outlooks: Mapping[UUID, Outlook]
    notice_ends: Mapping[UUID, date | None]
    ask_by: Mapping[UUID, DatedDay]  # of those refused: until when a reconsideration may be asked for


def around(rows: Iterable[Application], *, on: date, calendar: Calendar) -> Around:
    """Read payments, notices and refusals of ``rows`` in a constant number of queries."""
    rows = list(rows)
    approved: dict[str, list[Application]] = {}
    for row in rows:
        if row.state == State.APPROVED:
            approved.setdefault(row.programme, []).append(row)
    outlooks: dict[UUID, Outlook] = {}
    for code, found in approved.items():
        outlooks |= programme(code).outlook(found, on)
    lines = NoticeLine.objects.filter(application__in=rows, is_live=True).order_by("pk")
    ends = dict(lines.values_list("application_id", "notice__ends_on"))
    return Around(on, calendar, outlooks, ends, last_days_to_ask(rows, calendar))


def standing_of(row: Application, known: Around) -> Standing:
    """How ``row`` stands on the day of ``known``."""
    state = State(row.state)
    if state == State.APPROVED:
        return _approved(row, known)
    teller = {
        State.DRAFT: _draft,
        State.CORRECTION: _correction,
        State.PUBLIC_NOTICE: _notice,
        State.OBJECTION: _objection,
        State.RECONSIDERATION: _reconsideration,
        State.REFUSED: _refused,
        State.WITHDRAWN: _ended,
        State.LAPSED: _ended,
    }.get(state, _in_work)
    return teller(row, known)


def buoys_of(row: Application, outlook: Outlook | None) -> list[dict[str, str]]:
    """Progress over the pinned route; none for what ended without an approval."""
    if row.is_open:
        return progress_of(row).buoys
    if row.state != State.APPROVED:
        return []
    buoys = [{"label": text, "state": "done"} for text in buoy_labels(row.policy_version.parsed.stages).values()]
    if outlook and outlook.payments:
        buoys.append({"label": _("发放"), "state": "done" if outlook.is_paid_out else "now"})
    return buoys


def _standing(row: Application, **words: object) -> Standing:
    label = public_label(row.state)
    return Standing(label=label, kind=TAG_KINDS.get(State(row.state), "active"), **{"heading": label, "by": ""} | words)


def _due(row: Application, day: date | None, on: date) -> str:
    if day is None:
        return ""
    if day < on:
        return _("原定 %(day)s，已经超过，我们正在加紧办理") % {"day": day_text(day)}
    if row.is_due_provisional:
        return _("%(day)s（暂定，那一年的放假安排还没有公布）") % {"day": day_text(day)}
    return day_text(day)


def _draft(row: Application, known: Around) -> Standing:
    return _standing(
        row,
        step=_("填好并提交以后，才开始受理"),
        todo=_("接着填写，随时可以停下。"),
        href=reverse("application_tasks", args=[row.pk]),
        act=_("继续填写"),
    )


def _in_work(row: Application, known: Around) -> Standing:
    headings = {
        State.CHECK: (_("已提交，正在自动核对"), _("工作人员核对身份证，告诉您是否受理")),
        State.ACCEPT: (_("已提交，等待受理"), _("工作人员核对身份证，告诉您是否受理")),
        State.FIRST_REVIEW: (_("已受理，正在初审"), _("对照材料逐条审核")),
        State.SECOND_REVIEW: (_("正在复审"), _("由另一位工作人员再审一遍")),
        State.FINAL_APPROVAL: (_("正在审定"), _("作出决定，并写信告诉您")),
    }
    heading, step = headings[State(row.state)]
    if row.state == State.CHECK and State.ACCEPT not in row.policy_version.parsed.stages:
        step = _("对照材料逐条审核，作出决定")
    return _standing(
        row,
        heading=heading,
        step=step,
        by=_due(row, answer_by(row, known.calendar), known.on),
        todo=_("不用做什么。需要补正时，我们会写信告诉您。"),
    )


def _correction(row: Application, known: Around) -> Standing:
    return _standing(
        row,
        heading=_("请您补正，再次提交"),
        step=_("您改好标出的地方，再次提交"),
        by=pgettext("deadline", "最晚 %(day)s") % {"day": day_text(row.due_on)},
        todo=_("只改标出的地方。过期没有提交，这次申请就终止了。"),
        href=reverse("application_tasks", args=[row.pk]),
        act=_("去补正"),
        is_urgent=True,
    )


def _notice(row: Application, known: Around) -> Standing:
    end = known.notice_ends.get(row.pk)
    if end is None:
        return _standing(
            row,
            heading=_("审核通过，等待公示"),
            step=_("列入下一份公示名单"),
            todo=_("不用做什么。公示开始时，我们会写信告诉您。"),
        )
    return _standing(
        row,
        heading=_("正在公示"),
        step=_("公示结束、没有异议，转审定"),
        by=_("%(day)s公示结束") % {"day": day_text(end)},
        todo=_("不用做什么。"),
    )


def _objection(row: Application, known: Around) -> Standing:
    return _standing(
        row,
        heading=_("公示期间有人提出异议，正在核实"),
        step=_("核实后继续办理，或者退回复审"),
        by=_due(row, row.due_on, known.on),
        todo=_("不用做什么。需要您说明时，我们会联系您。"),
    )


def _reconsideration(row: Application, known: Around) -> Standing:
    return _standing(
        row,
        heading=_("您申请的复核正在进行"),
        step=_("由没有办理过这件申请的人决定：重新审核，或者维持不予批准"),
        by=_due(row, row.due_on, known.on),
        todo=_("不用做什么。有了结果，我们会写信告诉您。"),
    )


def _refused(row: Application, known: Around) -> Standing:
    review = row.policy_version.parsed.review_body
    last = known.ask_by.get(row.pk)
    if last and is_in_time(last, known.on):
        return _standing(
            row,
            step=_("不同意这个决定，可以申请复核，也可以申请行政复议"),
            by=_("复核最晚 %(day)s；行政复议自知道决定之日起 %(days)s 日内")
            % {"day": day_text(last.day), "days": review.days},
            todo=_("请看决定书：写明了条款、理由和提出异议的办法。"),
            href=reverse("decision", args=[row.pk]),
            act=_("看决定书"),
        )
    return _standing(
        row,
        step=_("不同意这个决定，可以申请行政复议"),
        by=_("自知道决定之日起 %(days)s 日内") % {"days": review.days},
        todo=_("请看决定书：写明了条款、理由和提出异议的办法。"),
        href=reverse("decision", args=[row.pk]),
        act=_("看决定书"),
    )


def _ended(row: Application, known: Around) -> Standing:
    return _standing(
        row,
        heading=_("您已撤回这次申请") if row.state == State.WITHDRAWN else _("逾期没有补正，这次申请已终止"),
        step=_("这件申请不再办理"),
        todo=_("符合条件的，可以重新申请。申请日期按新的提交日期算。"),
        href=reverse("application_start", args=[row.programme]),
        act=_("重新申请"),
    )


def _approved(row: Application, known: Around) -> Standing:
    outlook = known.outlooks.get(row.pk)
    if outlook and (issued := outlook.issued):
        return _standing(
            row,
            heading=issued.label,
            step=issued.text,
            todo=issued.todo or _("不用做什么。"),
            href=issued.href,
            act=issued.act,
            is_urgent=issued.is_urgent,
        )
    if outlook is None or not outlook.payments:
        return _standing(row, step=_("已经办结"), todo=_("不用做什么。"))
    if outlook.is_account_needed:
        return _standing(
            row,
            heading=_("银行退回了款项，请另给一个账户"),
            step=_("您给出新账户，工作人员核对后再次发放"),
            by=_("越早越好，款项为您留着"),
            todo=_("填写您本人另一张已激活的社会保障卡账户，并上传证明。"),
            href=reverse("account_change", args=[row.pk]),
            act=_("更换账户"),
            is_urgent=True,
        )
    if outlook.evidence_kind == "grants_statement":
        return _standing(
            row,
            heading=_("发放前，请上传补贴情况说明"),
            step=_("工作人员核实后发放"),
            by=_("发放日期 %(day)s") % {"day": day_text(_next_due(outlook))},
            todo=_("上传登记所说的发放部门开的说明。"),
            href=reverse("application_evidence", args=[row.pk]),
            act=_("上传补贴情况说明"),
        )
    if outlook.evidence_kind:
        return _standing(
            row,
            heading=_("下一笔发放前，请上传在职证明"),
            step=_("工作人员核实后发放"),
            by=_("发放日期 %(day)s") % {"day": day_text(_next_due(outlook))},
            todo=_("上传现单位开的在职证明。"),
            href=reverse("application_evidence", args=[row.pk]),
            act=_("上传在职证明"),
        )
    if outlook.is_cancelled:
        return _standing(row, heading=_("已批准，后来取消了发放"), step=_("已经办结"), todo=_("不用做什么。"))
    amount = {"amount": yuan_text(outlook.amount_fen)}
    if outlook.is_paid_out:
        said = _("已发放 %(amount)s，其余已取消") if outlook.has_cancelled else _("已批准，%(amount)s已全部发放")
        return _standing(row, heading=said % amount, step=_("已经办结"), todo=_("不用做什么。"))
    said = _("已批准，补贴现为 %(amount)s，其余已取消") if outlook.has_cancelled else _("已批准，补贴共 %(amount)s")
    return _standing(
        row,
        heading=said % amount,
        step=_("打到您的社会保障卡账户"),
        by=_payment_by(row, outlook, known),
        todo=_("不用做什么。新账户核对后才会发放。") if outlook.is_account_unsettled else _("不用做什么。"),
    )


def _next_due(outlook: Outlook) -> date:
    return next(payment.due_on for payment in outlook.payments if payment.state not in ("paid", "cancelled"))


def _payment_by(row: Application, outlook: Outlook, known: Around) -> str:
    due_on = _next_due(outlook)
    days = row.policy_version.parsed.payment_working_days
    if due_on > known.on:
        return _("%(day)s以后") % {"day": day_text(due_on)}
    if days is None:
        return ""
    last = known.calendar.add_working_days(max(due_on, timezone.localdate(row.state_at)), days)
    if last.day < known.on:
        return _("原定 %(day)s，已经超过，我们正在加紧办理") % {"day": day_text(last.day)}
    return ngettext("%(day)s（批准后 %(days)s 个工作日内）", "%(day)s（批准后 %(days)s 个工作日内）", days) % {
        "day": day_text(last.day),
        "days": days,
    }
