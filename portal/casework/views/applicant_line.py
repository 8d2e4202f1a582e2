"""The mooring line: every step that was taken, in public words, then what comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.casework.deadlines import answer_by
from portal.casework.models import Application, Correction, CorrectionItem, StepTaken
from portal.casework.states import State
from portal.casework.views.applicant_answers import field_name
from portal.casework.views.applicant_progress import Around, Standing
from portal.casework.workflow import DECIDING
from portal.ui.figures import day_text, day_time_text

BY_APPLICANT = ("submit", "resubmit", "withdraw", "ask_reconsideration", "withdraw_reconsideration")
PAUSING = ("return", "suspend", "ask_reconsideration")


def line_of(
    application: Application, steps: Sequence[StepTaken], standing: Standing, known: Around
) -> list[dict[str, Any]]:
    """The items of the line, oldest first: done, where it stands, and the stages to come."""
    corrections = {row.at: row for row in application.corrections.prefetch_related("items")}
    items = [_item(application, step, corrections) for step in steps]
    decided = [number for number, step in enumerate(steps) if step.step in DECIDING]
    if decided:  # the page of the decision shows the newest
        items[decided[-1]] |= {"href": reverse("decision", args=[application.pk]), "link": _("决定书")}
    outlook = known.outlooks.get(application.pk)
    if outlook:
        for payment in outlook.payments:
            state = {"paid": "done", "cancelled": "done", "rejected": "pause"}.get(payment.state, "now")
            if payment.state == "waiting":
                state = "next"
            items.append(
                {"title": _("发放：%(label)s") % {"label": payment.label}, "state": state, "text": payment.text}
            )
    elif application.is_open:
        items.append({"title": standing.heading, "state": "now", "when": _latest(application, known) or standing.by})
        items += [{"title": title, "state": "next"} for title in _to_come(application)]
    return items


def _item(application: Application, step: StepTaken, corrections: dict[Any, Correction]) -> dict[str, Any]:
    item: dict[str, Any] = {
        "title": _title(step),
        "state": "pause" if step.step in PAUSING else "done",
        "when": day_time_text(step.at) if step.step in BY_APPLICANT else day_text(step.at),
    }
    if step.step == "return" and (correction := corrections.get(step.at)):
        names = pgettext("between two items", "、").join(
            _marked_name(application, marked) for marked in correction.items.all()
        )
        item["text"] = _("要改的地方：%(names)s。原因：%(reason)s 暂停的日子不计入我们的办理时间。") % {
            "names": names,
            "reason": correction.reason,
        }
    return item


def _latest(application: Application, known: Around) -> str:
    """By when the present stage ends, where that day is not over."""
    last = None if application.state == State.PUBLIC_NOTICE else answer_by(application, known.calendar)
    return _("最晚 %(day)s") % {"day": day_text(last)} if last and last >= known.on else ""


def _title(step: StepTaken) -> str:
    return {
        "submit": _("提交申请"),
        "finish_check": _("自动核对完成"),
        "accept": _("受理"),
        "return": _("请您补正，办理计时暂停"),
        "resubmit": _("您已补正，再次提交"),
        "pass_first": _("初审通过"),
        "pass_second": _("复审通过"),
        "send_back": _("退回初审，再核对一次"),
        "close_notice": _("公示结束"),
        "suspend": _("公示期间有异议，暂停办理"),
        "dismiss_objection": _("异议已核实，继续公示"),
        "uphold_objection": _("异议核实后，退回复审"),
        "approve": _("审定批准"),
        "refuse": _("不予批准"),
        "ask_reconsideration": _("您申请复核"),
        "uphold_reconsideration": _("复核撤销原决定，退回重新审核"),
        "dismiss_reconsideration": _("复核维持不予批准"),
        "withdraw_reconsideration": _("您撤回了复核申请"),
        "withdraw": _("您撤回了申请"),
        "lapse": _("逾期没有补正，申请终止"),
    }[step.step]


def _marked_name(application: Application, item: CorrectionItem) -> str:
    if item.kind == CorrectionItem.Kind.PAPER:
        return str(application.policy_version.parsed.paper(item.name).title)
    return field_name(application, item.section, item.name)


def _to_come(application: Application) -> list[str]:
    """The stages of the pinned route after the present one, in public words."""
    titles = {
        State.ACCEPT: _("受理"),
        State.FIRST_REVIEW: _("初审"),
        State.SECOND_REVIEW: _("复审"),
        State.PUBLIC_NOTICE: _("公示"),
        State.FINAL_APPROVAL: _("审定"),
    }
    document = application.policy_version.parsed
    stages = list(document.stages)
    here = application.state
    if here == State.RECONSIDERATION:
        return []  # what comes depends on its outcome
    if here == State.CORRECTION:
        here = application.corrections.get(closed_at__isnull=True).stage
        later = stages[stages.index(here) :]  # it goes back to where it came from
    else:
        here = State.PUBLIC_NOTICE if here == State.OBJECTION else here
        later = stages[stages.index(here) + 1 :]
    coming = [titles[State(stage)] for stage in later if State(stage) in titles]
    return [*coming, _("发放")] if document.makes_payable else coming
