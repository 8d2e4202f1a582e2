"""The newest open application on the home page: how far it is, what comes next and by when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.casework.models import Application, NoticeLine, StepTaken
from portal.casework.states import State, public_label
from portal.ui.figures import day_text

# Stages as the public counts them: the applicant need not know that a review is two people's work.
BUOYS = {
    "submit": (State.DRAFT,),
    "accept": (State.CHECK, State.ACCEPT),
    "review": (State.FIRST_REVIEW, State.SECOND_REVIEW),
    "notice": (State.PUBLIC_NOTICE,),
    "final": (State.FINAL_APPROVAL,),
}


@dataclass(frozen=True)
class Progress:
    """One application as its card shows it."""

    application: Application
    title: Any
    label: str
    kind: str  # of the tag
    buoys: list[dict[str, str]]
    next_step: str
    href: str
    act: str


def progress_of(row: Application, *, on: date | None = None) -> Progress:
    """The card of ``row`` as read on the day ``on`` (a last day before it is over, and is not promised any more).

    At most two queries: its steps, and its notice or correction where it stands at one.
    """
    notice_line = None
    if row.state == State.PUBLIC_NOTICE:
        lines = NoticeLine.objects.filter(application=row, is_live=True).select_related("notice")
        notice_line = lines.first()
    is_draft = row.state == State.DRAFT
    return Progress(
        application=row,
        title=row.policy_version.parsed.title,
        label=public_label(row.state),
        kind="urgent" if row.state == State.CORRECTION else "active",
        buoys=_buoys(row, notice_line),
        next_step=_next_step(row, notice_line, on),
        href=reverse("application_tasks" if is_draft else "application", args=[row.pk]),
        act=_act(row.state),
    )


def _act(state: str) -> str:
    if state == State.DRAFT:
        return _("继续填写")
    return _("去补正") if state == State.CORRECTION else _("查看进度和消息")


def buoy_labels(stages: Collection[str]) -> dict[str, str]:
    """The buoys of a route of these stages, and what each is called: where no clerk accepts, the check is one."""
    labels = {
        "submit": pgettext("progress", "提交"),
        "accept": pgettext("progress", "受理") if State.ACCEPT in stages else _("核对"),
        "review": _("审核"),
        "notice": _("公示"),
        "final": _("审定"),
    }
    return {name: text for name, text in labels.items() if name == "submit" or set(BUOYS[name]) & set(stages)}


def _buoys(row: Application, notice_line: NoticeLine | None) -> list[dict[str, str]]:
    document = row.policy_version.parsed
    labels = buoy_labels(document.stages)
    names = list(labels)
    left = _left_on(row)
    standing = _standing_at(row)
    here = next((number for number, name in enumerate(names) if standing in BUOYS[name]), 0)
    buoys = []
    for number, name in enumerate(names):
        if number < here:
            when = max((left[state] for state in BUOYS[name] if state in left), default=None)
            buoys.append({"label": labels[name], "state": "done", "note": f"{when:%m-%d}" if when else ""})
        elif number == here:
            is_stopped = row.state in (State.CORRECTION, State.OBJECTION, State.RECONSIDERATION)
            note = _("至 %(day)s") % {"day": f"{_last_day(notice_line):%m-%d}"} if _last_day(notice_line) else ""
            buoys.append({"label": labels[name], "state": "pause" if is_stopped else "now", "note": note})
        else:
            buoys.append({"label": labels[name], "state": "todo"})
    if document.makes_payable:
        buoys.append({"label": _("发放"), "state": "todo"})
    return buoys


def _left_on(row: Application) -> dict[str, date]:
    """For every state the file has left, the day it left it last."""
    steps = StepTaken.objects.filter(application=row).order_by("version").values_list("from_state", "at")
    return {state: timezone.localdate(at) for state, at in steps}


def _standing_at(row: Application) -> str:
    """The stage the file stands at; while it is back with the applicant, the stage that returned it."""
    if row.state == State.OBJECTION:
        return State.PUBLIC_NOTICE
    if row.state == State.CORRECTION:
        stage = row.corrections.filter(closed_at__isnull=True).values_list("stage", flat=True).first()
        return stage or State.ACCEPT
    if row.state == State.RECONSIDERATION:
        return row.reconsiderations.get(outcome="open").stage
    return row.state


def _last_day(notice_line: NoticeLine | None) -> date | None:
    return notice_line.notice.ends_on if notice_line else None


def _next_step(row: Application, notice_line: NoticeLine | None, on: date | None) -> str:
    is_late = row.due_on is not None and on is not None and row.due_on < on
    due = {"day": day_text(row.due_on, with_year=False)} if row.due_on else None
    if row.state == State.DRAFT:
        return _("资料还没有提交。填好提交以后，才开始受理。")
    if row.state == State.CORRECTION:
        return _("请最晚 %(day)s 补正。过期没有补正，申请会终止。") % due if due else _("请按标出的地方补正。")
    if row.state == State.PUBLIC_NOTICE:
        if last := _last_day(notice_line):
            return _("公示到 %(day)s，没有异议就转审定。现在不用您做什么。") % {"day": day_text(last, with_year=False)}
        return _("等待公示名单发布。现在不用您做什么。")
    if is_late:
        return _("比原定的日子晚了，我们正在加紧办理。现在不用您做什么。")
    sentences = {
        State.CHECK: (_("最晚 %(day)s 核对完，转受理。现在不用您做什么。"), _("正在核对。现在不用您做什么。")),
        State.ACCEPT: (
            _("最晚 %(day)s 告诉您是否受理。现在不用您做什么。"),
            _("等待受理。现在不用您做什么。"),
        ),
        State.FINAL_APPROVAL: (
            _("最晚 %(day)s 告诉您结果。现在不用您做什么。"),
            _("等待审定。现在不用您做什么。"),
        ),
        State.RECONSIDERATION: (
            _("正在复核，最晚 %(day)s 答复您。现在不用您做什么。"),
            _("正在复核。现在不用您做什么。"),
        ),
        State.OBJECTION: (
            _("有人提出异议，最晚 %(day)s 核实完。需要您说明时，我们会联系您。"),
            _("有人提出异议，正在核实。需要您说明时，我们会联系您。"),
        ),
    }
    dated, undated = sentences.get(
        State(row.state), (_("最晚 %(day)s 审完这一步。现在不用您做什么。"), _("正在审核。现在不用您做什么。"))
    )
    if row.state == State.CHECK and State.ACCEPT not in row.policy_version.parsed.stages:
        return undated  # what has a date there is acceptance
    return dated % due if due else undated
