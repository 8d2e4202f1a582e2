"""The queue of the desk: what is to be done, finding a file, taking one."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.casework.doors import DESK_ROLES, open_file
from portal.casework.forms.desk import FindForm, QueueForm, TakeForm
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, take_file
from portal.casework.services.finding import (
    STATES_OF,
    count_queue,
    find_files,
    queue_files,
    queue_page,
    stuck_files,
)
from portal.casework.services.identifying import count_clashes
from portal.casework.states import State
from portal.casework.views.versions import version_sent
from portal.city import city
from portal.policy.calendar import Calendar
from portal.policy.models import Policy
from portal.policy.services import stored_calendar

ANSWERS = {"m": "met", "n": "unmet", "u": "unproven"}
MOVERS = tuple(role for role, states in STATES_OF.items() if states and role != Role.ADMINISTRATOR)
VIEW_LABELS = {
    "todo": (gettext_lazy("我能办的"), "user"),
    "mine": (gettext_lazy("我手上的"), "pen"),
    "overdue": (gettext_lazy("超期"), "clock"),
    "free": (gettext_lazy("未分派"), "circle"),
    "all": (gettext_lazy("全部在办"), "users"),
    "ended": (gettext_lazy("已办结"), "check"),
}
STAGE_ICONS = {
    State.CHECK: "refresh",
    State.ACCEPT: "circle",
    State.FIRST_REVIEW: "half",
    State.SECOND_REVIEW: "half",
    State.PUBLIC_NOTICE: "globe",
    State.FINAL_APPROVAL: "stamp",
    State.CORRECTION: "pause",
    State.OBJECTION: "message",
    State.RECONSIDERATION: "rotate",
}
EMPTY = {
    "todo": gettext_lazy("现在没有等您办理的件。可以看“全部在办”，或者稍后再来。"),
    "mine": gettext_lazy("您手上没有件。到“我能办的”里打开一件，办理或者先接手。"),
    "overdue": gettext_lazy("没有超期的件。"),
    "free": gettext_lazy("没有未分派的件。"),
    "all": gettext_lazy("您的范围内没有在办的件。"),
    "ended": gettext_lazy("您的范围内还没有办结的件。"),
}


@bureau_only()
@require_GET
@never_cache
def queue(request: HttpRequest) -> HttpResponse:
    """The files in one view of the queue, fifty a page."""
    user = request.user
    if not user.has_role(*DESK_ROLES):
        return redirect("payables")  # finance works with money, not with files
    on = clock.today()
    default = "todo" if user.has_role(*MOVERS) else "all"
    policies = Policy.objects.order_by("code").values_list("code", flat=True)
    form = QueueForm(request.GET, policies=policies, default_view=default)
    page = queue_page(
        queue_files(user, form.wanted, on=on), after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    calendar = stored_calendar()
    wanted = {name: value for name, value in vars(form.wanted).items() if value}
    is_narrowed = any(name != "view" for name in wanted)
    counts = count_queue(user, on=on)
    return render(
        request,
        "desk/queue.html",
        {
            "form": form,
            "find": FindForm(),
            "rows": [queue_row(row, on, calendar) for row in page.rows],
            "previous": f"?{urlencode({**wanted, 'before': page.previous})}" if page.previous else "",
            "next": f"?{urlencode({**wanted, 'after': page.next})}" if page.next else "",
            "views": _rail_views(form.wanted.view if not form.wanted.stage else "", counts),
            "stages": _rail_stages(form.wanted.stage if form.wanted.view == "all" else "", counts),
            "heading": _heading(form.wanted.view, form.wanted.stage),
            "empty": _("没有符合这些条件的件。可以去掉几个条件再看。") if is_narrowed else EMPTY[form.wanted.view],
            "is_narrowed": is_narrowed,
            "here": f"?{urlencode(wanted)}",
            "clashes": count_clashes() if user.has_role(Role.CLERK, Role.ADMINISTRATOR) else None,
            "stuck": stuck_files(user, on=on) if user.has_role(Role.ADMINISTRATOR) else [],
            "now": clock.now(),
        },
    )


def queue_row(row: Application, on: date, calendar: Calendar) -> dict[str, object]:
    """One line of the queue: the file, its clock and its findings."""
    return {
        "file": row,
        "town": town.name if (town := city().town(row.town)) else "—",
        "days_left": days_left(row, on, calendar),
        "is_paused": row.state == State.CORRECTION,
        "answers": [ANSWERS[letter] for letter in row.answers or ""],
        "icon": STAGE_ICONS.get(State(row.state), "check"),
    }


def days_left(row: Application, on: date, calendar: Calendar) -> int | None:
    """Working days until the last day; negative once it is over, None where there is none."""
    if row.due_on is None:
        return None
    if row.due_on < on:
        return -max(calendar.count_working_days(row.due_on, on).days, 1)
    return calendar.count_working_days(on, row.due_on).days


def _heading(view: str, stage: str) -> str:
    return str(State(stage).label) if stage and view == "all" else str(VIEW_LABELS[view][0])


def _rail_views(current: str, counts: dict[str, int]) -> list[dict[str, object]]:
    return [
        {
            "href": f"?view={view}",
            "label": label,
            "icon": icon,
            "count": counts.get(view, "") if view != "ended" else "",
            "is_current": view == current,
            "is_urgent": view == "overdue" and counts["overdue"] > 0,
        }
        for view, (label, icon) in VIEW_LABELS.items()
    ]


def _rail_stages(current: str, counts: dict[str, int]) -> list[dict[str, object]]:
    return [
        {
            "href": f"?view=all&stage={stage.value}",
            "label": stage.label,
            "icon": icon,
            "count": counts.get(stage.value, 0),
            "is_current": stage == current,
            "is_urgent": False,
        }
        for stage, icon in STAGE_ICONS.items()
    ]


@bureau_only(*DESK_ROLES)
@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """Open the file that a reference or an identity number names. No number ever stands in an address."""
    if request.method != "POST":
        return redirect("desk")
    form = FindForm(request.POST)
    found = find_files(request.user, form.cleaned_data["q"]) if form.is_valid() else []
    if len(found) == 1:
        return redirect("desk_file", found[0].pk)
    return render(request, "desk/find.html", {"find": form, "files": found})


@bureau_only(*(role for role, states in STATES_OF.items() if states))
@never_cache
def take(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a file; taking it over from a colleague asks for a reason."""
    application = open_file(request.user, id)
    form = TakeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            take_file(
                application,
                by=request.user,
                at=clock.now(),
                expected_version=version_sent(request),
                reason=form.cleaned_data["reason"],
            )
        except StepRefused as refusal:
            form.add_error("reason" if application.assignee_id else None, str(refusal))
            application = open_file(request.user, id)
        else:
            messages.success(request, _("%(reference)s 由您办理。") % {"reference": application.reference})
            return redirect("desk_file", id)
    return render(request, "desk/take.html", {"application": application, "form": form})


def file_address(pk: UUID, **query: str) -> str:
    """The address of a file's page with what it shows."""
    kept = {name: value for name, value in query.items() if value}
    return reverse("desk_file", args=[pk]) + (f"?{urlencode(kept)}" if kept else "")
