"""Simulations of policy drafts: asking for one, its progress and figures, the list of changed files."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role, User
from portal.casework.models import Simulation
from portal.casework.services.simulating import (
    READERS,
    SimulationRefused,
    note_download,
    start_simulation,
    stop_simulation,
    visible_simulations,
)
from portal.casework.views.simulation_reading import (
    FILES_SHOWN,
    Figures,
    change_rows,
    changes_csv,
    outcome_text,
    state_tag,
)
from portal.policy.models import PolicyDraft
from portal.policy.schema import PolicyUnreadable
from portal.ui.asking import older_than, place_of
from portal.ui.telling import told_above

PAGE = 50
REFRESH_SECONDS = 3


def _open_simulation(user: User, pk: UUID, *roles: str) -> Simulation:
    """A simulation within the reach of ``user``. Raises Http404: "not yours" looks like "not there"."""
    found = (
        visible_simulations(user, roles or READERS).select_related("policy", "draft", "asked_by").filter(pk=pk).first()
    )
    if found is None:
        raise Http404
    return found


@require_safe
@never_cache
@bureau_only(*READERS)
def simulations(request: HttpRequest) -> HttpResponse:
    """Every simulation, newest first, fifty a page."""
    found = visible_simulations(request.user).select_related("policy", "asked_by").defer("document")
    if request.GET.get("before"):
        found = older_than(found, request.GET["before"], "asked_at")
    rows = list(found[: PAGE + 1])
    following = ""
    if len(rows) > PAGE:
        rows.pop()
        following = "?" + urlencode({"before": place_of(rows[-1], "asked_at")})
    shown = [{"simulation": row, "tag": state_tag(row), "text": outcome_text(row)} for row in rows]
    return render(request, "desk/simulations.html", {"rows": shown, "following": following})


@require_POST
@bureau_only(Role.ADMINISTRATOR)
def simulation_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask for a simulation of a draft as it is now."""
    draft = PolicyDraft.objects.select_related("policy").filter(pk=id).first()
    if draft is None or not request.user.may_act_as(Role.ADMINISTRATOR, draft.policy.programme, ""):
        raise Http404
    try:
        started = start_simulation(draft=draft, by=request.user, at=clock.now())
    except (SimulationRefused, PolicyUnreadable) as refusal:
        context = {"draft": draft, "is_unfinished": isinstance(refusal, PolicyUnreadable), "reason": str(refusal)}
        return render(request, "desk/simulation_refused.html", context, status=422)
    response = redirect("simulation", started.pk)
    response.status_code = 303
    return response


@require_safe
@never_cache
@bureau_only(*READERS)
def simulation(request: HttpRequest, id: UUID) -> HttpResponse:
    """How far a simulation is; once it has ended, what came out."""
    found = _open_simulation(request.user, id)
    figures = Figures(found)
    context = {
        "simulation": found,
        "tag": state_tag(found),
        "figures": figures,
        "is_administrator": request.user.may_act_as(Role.ADMINISTRATOR, found.policy.programme, ""),
        "is_draft_open": found.draft.state in (PolicyDraft.State.OPEN, PolicyDraft.State.ASKED),
        "is_draft_same": found.draft.sha256 == found.sha256,
        "refresh_seconds": REFRESH_SECONDS,
        "has_figures": not found.is_live and figures.judged > 0,
        "rest": found.total - found.done,
    }
    if context["has_figures"]:
        clauses = figures.clause_rows()
        context |= {
            "clauses": clauses,
            "same_clauses": figures.same_clauses(clauses),
            "clause_bars": figures.clause_bars(clauses),
            "files": change_rows(found, request.user),
            "files_shown": FILES_SHOWN,
        }
    return render(request, "desk/simulation.html", context)


@require_POST
@bureau_only(Role.ADMINISTRATOR)
def simulation_stop(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a simulation before its time."""
    found = _open_simulation(request.user, id, Role.ADMINISTRATOR)
    with told_above(request, SimulationRefused):
        stop_simulation(simulation=found, by=request.user, at=clock.now())
        messages.success(request, _("模拟已停止。已经算过的结果保留在这里。"))
    return redirect("simulation", found.pk)


@require_POST
@bureau_only(*READERS)
def simulation_download(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """The whole list of changed files; every download leaves its trace."""
    found = _open_simulation(request.user, id)
    if found.is_live:
        messages.error(request, _("还没有算完，名单要等结束以后才能下载。"))
        return redirect("simulation", found.pk)
    note_download(simulation=found, by=request.user, at=clock.now())
    name = f"simulation-{found.policy.code}-{found.asked_at:%Y%m%d}-{str(found.pk)[:8]}.csv"
    return StreamingHttpResponse(
        changes_csv(found),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
