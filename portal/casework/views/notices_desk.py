"""The desk's side of public notices: who waits, lists in preparation, preview and release."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import User
from portal.casework.doors import DESK_ROLES, within
from portal.casework.forms.notices import ReleaseForm
from portal.casework.models import Application, Notice, NoticeLine, NoticeObjection
from portal.casework.services.advancing import StepRefused
from portal.casework.services.noticing import (
    COLLECTORS,
    ENTERERS,
    OBJECTION_READERS,
    collect_notice,
    may_release,
    notices_of,
    objections_of,
    period_from,
    release_notice,
    waiting_by_version,
    with_counts,
)
from portal.casework.services.telling import untold_objections
from portal.casework.states import State
from portal.casework.views.notices_table import table_of
from portal.ui.asking import number_in, older_than, place_of
from portal.ui.telling import told_above

PAGE = 30


@require_safe
@never_cache
@bureau_only(*DESK_ROLES)
def desk_notices(request: HttpRequest) -> HttpResponse:
    """What waits to be collected, and the lists being prepared, on line and ended."""
    user, today = request.user, clock.today()
    found = with_counts(notices_of(user)).select_related("policy_version__policy", "collected_by", "released_by")
    place = request.GET.get("before", "")
    ended = found.filter(ends_on__lt=today)
    ended = list((older_than(ended, place, "collected_at") if place else ended)[: PAGE + 1])
    may_collect = user.has_role(*COLLECTORS)
    open_objections = objections_of(user).filter(state=NoticeObjection.State.OPEN).select_related("line__notice")
    context = {
        "may_collect": may_collect,
        "waiting": waiting_by_version(user) if may_collect else [],
        "preparing": list(found.filter(released_at__isnull=True)),
        "current": list(found.filter(ends_on__gte=today)),
        "ended": ended[:PAGE],
        "first_page": "?" if place else "",
        "next_page": f"?{urlencode({'before': place_of(ended[PAGE - 1], 'collected_at')})}" if ended[PAGE:] else "",
        "objections": list(open_objections[:PAGE]),
        "untold": list(untold_objections(user).select_related("line__notice")[:PAGE]),
        "today": today,
    }
    return render(request, "desk/notices/notices.html", context)


@require_POST
@bureau_only(*COLLECTORS)
def desk_notice_collect(request: HttpRequest) -> HttpResponse:
    """Make a list of those who wait under one policy version."""
    version = number_in(request.POST.get("policy_version", ""))
    if version is None:
        raise Http404
    try:
        notice = collect_notice(policy_version_id=version, by=request.user, at=clock.now())
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("desk_notices")
    messages.success(request, _("名单 %(number)s 已汇总。请另一人核对后发布。") % {"number": notice.number})
    return redirect("desk_notice", notice.number)


@require_safe
@never_cache
@bureau_only(*DESK_ROLES)
def desk_notice(request: HttpRequest, number: str) -> HttpResponse:
    """One list: what the public sees, what happened to each person, objections, release."""
    notice = notice_or_404(request.user, number)
    return render(request, "desk/notices/notice.html", _notice_context(request, notice, ReleaseForm()))


@require_POST
@bureau_only(*COLLECTORS)
def desk_notice_release(request: HttpRequest, number: str) -> HttpResponse:
    """Publish a list after its check, by a second person."""
    notice = notice_or_404(request.user, number)
    form = ReleaseForm(request.POST)
    if not form.is_valid() and notice.released_at is None:
        return render(request, "desk/notices/notice.html", _notice_context(request, notice, form), status=422)
    with told_above(request, StepRefused):
        release_notice(notice=notice, by=request.user, at=clock.now())
        messages.success(request, _("名单已发布，明天起公示。"))
    return redirect("desk_notice", number)


def notice_or_404(user: User, number: str) -> Notice:
    """A list of the desk of ``user``. Raises Http404: "not yours" looks like "not there"."""
    found = notices_of(user).select_related("policy_version__policy", "collected_by", "released_by")
    notice = found.filter(number=number).first()
    if notice is None:
        raise Http404
    return notice


def _notice_context(request: HttpRequest, notice: Notice, form: ReleaseForm) -> dict[str, Any]:
    user, today = request.user, clock.today()
    lines = list(notice.lines.select_related("application").order_by("position"))
    document = notice.policy_version.parsed
    is_released = notice.released_at is not None
    return {
        "notice": notice,
        "document": document,
        "table": table_of(notice, [line for line in lines if line.is_live]),
        "lines": _line_states(user, notice, lines, is_open=is_released and notice.ends_on >= today >= notice.starts_on),
        "form": form,
        "period": None if is_released else period_from(today, document.notice.working_days),
        "locked": None if is_released or not user.has_role(*COLLECTORS) else may_release(notice, user),
        "may_try": not is_released and user.has_role(*COLLECTORS),
        "stage": _stage(notice, today),
        "objections": _objections(user, notice),
    }


def _stage(notice: Notice, today: date) -> dict[str, str]:
    if notice.released_at is None:
        return {"kind": "active", "text": _("待发布")}
    if today < notice.starts_on:
        return {"kind": "active", "text": _("已发布，还没开始")}
    if today <= notice.ends_on:
        return {"kind": "ok", "text": _("公示中")}
    return {"kind": "default", "text": _("公示已结束")}


def _line_states(user: User, notice: Notice, lines: list[NoticeLine], *, is_open: bool) -> list[dict[str, Any]]:
    """Every line with what became of it; a link to the file only where the reader has it on the desk."""
    ids = [line.application_id for line in lines]
    mine = set(Application.objects.filter(within(user, DESK_ROLES), pk__in=ids).order_by().values_list("pk", flat=True))
    enterable = set()
    if is_open and user.has_role(*ENTERERS):
        reach = Application.objects.filter(within(user, ENTERERS), pk__in=ids)
        enterable = set(reach.order_by().values_list("pk", flat=True))
    return [
        {
            "line": line,
            "tail": line.number_masked.lstrip("*"),
            **_line_state(line),
            "has_file": line.application_id in mine,
            "may_enter": line.is_live and line.application_id in enterable,
        }
        for line in lines
    ]


def _line_state(line: NoticeLine) -> dict[str, str]:
    state = line.application.state
    if line.is_live:
        if state == State.OBJECTION:
            return {"kind": "wait", "text": _("有异议，暂缓"), "icon": "pause"}
        return {"kind": "ok", "text": _("在名单上"), "icon": "check"}
    if state == State.WITHDRAWN:
        return {"kind": "default", "text": _("本人撤回，已撤下"), "icon": "minus-circle"}
    if state in (State.FINAL_APPROVAL, State.APPROVED):
        return {"kind": "default", "text": _("公示无异议，已转审定"), "icon": "check"}
    return {"kind": "default", "text": _("已撤下，退回审核"), "icon": "minus-circle"}


def _objections(user: User, notice: Notice) -> list[NoticeObjection]:
    """The objections to this list, for those who may read them; empty for everybody else."""
    if not user.has_role(*OBJECTION_READERS):
        return []
    return list(objections_of(user).filter(line__notice=notice).select_related("line"))
