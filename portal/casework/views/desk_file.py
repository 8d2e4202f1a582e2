"""The page of one file: what is known, where from, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from applicants.people.answers import typed_birth_date
from applicants.people.choices import NumberKind
from applicants.people.labels import display_value
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role, User
from portal.casework.completeness import FOR_RECONSIDERATION
from portal.casework.doors import DESK_ROLES, desk_applications, open_file, speaks_for_applicant
from portal.casework.forms.desk import STEP_FORMS, ProveForm
from portal.casework.forms.settling import SettleForm
from portal.casework.models import Application, NoticeObjection, ShelfPaper
from portal.casework.programmes import Issued, Programme, programme
from portal.casework.services.advancing import possible_steps
from portal.casework.services.checking import reads_papers
from portal.casework.services.finding import other_applications
from portal.casework.services.recusing import recused_from
from portal.casework.states import State
from portal.casework.views.applicant_papers import page_number
from portal.casework.views.desk import STAGE_ICONS, days_left, file_address
from portal.casework.views.desk_reading import (
    Reading,
    answer_sections,
    clause_rows,
    differences,
    given_text,
    pictures_of,
    timeline_items,
)
from portal.casework.views.desk_registers import register_panel
from portal.casework.views.recusals import RECUSABLE, recused_page
from portal.casework.workflow import reader_of, reading_stage, steps_from
from portal.city import city
from portal.policy.services import stored_calendar
from portal.ui.figures import listed

TABS = {
    "review": gettext_lazy("审核"),
    "reconsideration": gettext_lazy("复核"),
    "answers": gettext_lazy("申请资料"),
    "changes": gettext_lazy("补正差异"),
    "earlier": gettext_lazy("以往申请"),
    "timeline": gettext_lazy("进度"),
}
PICTURES = ("image/jpeg", "image/png")


@dataclass(frozen=True)
class ActLabel:
    """How a step stands on its button."""

    text: Any
    key: str
    is_primary: bool = False
    is_direct: bool = False  # sent from the file page at once; the others have a page of their own


ACTS = {
    "accept": ActLabel(pgettext_lazy("act", "受理"), "a", True, True),
    "pass_first": ActLabel(gettext_lazy("通过初审"), "a", True, True),
    "pass_second": ActLabel(gettext_lazy("通过复审"), "a", True, True),
    "approve": ActLabel(pgettext_lazy("act", "批准"), "a", True),
    "return": ActLabel(gettext_lazy("退回补正"), "r"),
    "send_back": ActLabel(gettext_lazy("退回初审"), "b"),
    "refuse": ActLabel(pgettext_lazy("act", "不予批准"), "d"),
    "uphold_reconsideration": ActLabel(gettext_lazy("撤销原决定，重新审核"), "u"),
    "dismiss_reconsideration": ActLabel(gettext_lazy("维持不予批准"), "d"),
}


@bureau_only(*DESK_ROLES)
@require_GET
@never_cache
def desk_file(request: HttpRequest, id: UUID) -> HttpResponse:
    """One file, on one of its tabs; to who keeps away from it, only that they do."""
    try:
        application = open_file(request.user, id)
    except Http404:
        return recused_page(request, id)
    return file_page(request, application)


def file_page(
    request: HttpRequest,
    application: Application,
    *,
    tab: str = "",
    settling: SettleForm | None = None,
    proving: ProveForm | None = None,
    is_revealed: bool = False,
) -> HttpResponse:
    """Render the page; ``settling`` or ``proving`` is a form that was refused, shown again as it was typed."""
    user, now = request.user, clock.now()
    tab = tab or request.GET.get("tab", "")
    first = "reconsideration" if application.state == State.RECONSIDERATION else "review"
    tab = tab if tab in TABS else first
    about = application.reconsiderations.select_related("refusal__signed_by", "decided_by")
    asked_again = list(about.order_by("number"))
    reading = Reading.of(application)
    asked = programme(application.programme)
    changed = differences(reading, asked)
    context = {
        "application": application,
        "document": reading.document,
        "tab": tab,
        "tabs": [
            {"name": name, "label": label, "count": len(changed) if name == "changes" else 0}
            for name, label in TABS.items()
            if (name != "changes" or len(reading.submissions) > 1) and (name != "reconsideration" or asked_again)
        ],
        "person": application.applicant,
        "employer": reading.answers.get("employment", {}).get("employer_name", ""),
        "number": _answer(reading, "identity", "number", is_revealed),
        "number_kind": _answer(reading, "identity", "number_kind", True) or NumberKind.RESIDENT.label,
        "born": typed_birth_date(reading.answers["identity"]) if is_revealed else None,
        "name": reading.answers["identity"]["legal_name"] if is_revealed else application.name_masked,
        "is_revealed": is_revealed,
        "town": city().town(application.town),
        "days_left": days_left(application, now.date(), stored_calendar()),
        "is_paused": application.state == State.CORRECTION,
        "issued": _issued(application, asked, now),
        "is_decided": application.state in (State.APPROVED, State.REFUSED, State.RECONSIDERATION),
        "reconsiderations": asked_again,
        "reconsideration_papers": [item for item in reading.shelf if item.kind == FOR_RECONSIDERATION],
        "icon": STAGE_ICONS.get(State(application.state), "check"),
        "recused": listed(recused_from(application)),
        "may_recuse": user.has_role(*RECUSABLE) and application.applicant.user_id != user.pk,
        "changes": changed,
        "replaced": [
            {"paper": item.paper, "title": reading.paper_title(item.kind), "removed_at": item.removed_at}
            for item in reading.removed
        ],
        **_acts(application, user, now),
    }
    context |= _tab(request, reading, tab, settling, proving, changed, asked, is_revealed)
    return render(request, "desk/file.html", context)


def _tab(
    request: HttpRequest,
    reading: Reading,
    tab: str,
    settling: SettleForm | None,
    proving: ProveForm | None,
    changed: list[dict[str, str]],
    asked: Programme,
    is_revealed: bool,
) -> dict[str, Any]:
    application = reading.application
    if tab == "answers":
        sections = answer_sections(reading, asked, is_revealed=is_revealed)
        return {"sections": sections, "pictures": pictures_of(reading, asked)}
    if tab == "earlier":
        others = other_applications(application)
        open_here = set(
            desk_applications(request.user).filter(pk__in=[row.pk for row in others]).values_list("pk", flat=True)
        )
        return {"others": [{"file": row, "is_open": row.pk in open_here} for row in others]}
    if tab == "timeline":
        steps = list(application.steps_taken.select_related("actor", "on_behalf_of").order_by("version"))
        return {"items": timeline_items(application, steps)}
    if tab in ("changes", "reconsideration"):
        return {}
    opened = settling.clause.code if settling else request.GET.get("clause", "")
    rows = clause_rows(reading, may_settle=may_settle(application, request.user), bound=settling, opened=opened)
    shelf = reading.titled_shelf()
    chosen = request.GET.get("paper", "") or request.POST.get("shown", "")
    prove = proving or (ProveForm(cards=id_cards(reading)) if may_prove(application, request.user) else None)
    # First the paper asked for, then the one that is to be looked at next: the card, or the open clause's.
    likely = [] if prove else [pair[0].pk for row in rows if row.is_open for pair in row.papers]
    shown = next((pair for pair in shelf if str(pair[0].pk) == chosen), None)
    shown = shown or next((pair for pk in likely for pair in shelf if pair[0].pk == pk), shelf[0] if shelf else None)
    answers = [row.answer for row in rows if row.answer]
    return {
        **register_panel(application, request.user, clock.today()),
        "clauses": rows,
        "answers": answers,
        "settling": settling,
        "prove": prove,
        "prove_doubt": reading.doubts.get(("identity", "number"), ""),
        "shelf": [
            {
                "item": item,
                "title": title,
                "is_shown": shown is not None and item.pk == shown[0].pk,
                "is_picture": item.paper.content_type in PICTURES,
                "href": file_address(application.pk, paper=str(item.pk), clause=opened),
            }
            for item, title in shelf
        ],
        "shown": shown[0] if shown else None,
        "shown_title": shown[1] if shown else "",
        **_page_shown(request, application, shown[0] if shown else None, opened),
        "is_checked": reading.assessment is not None,
        "pictures": pictures_of(reading, asked),
        "given": given_text(reading),
    }


def _page_shown(
    request: HttpRequest, application: Application, shown: ShelfPaper | None, clause: str
) -> dict[str, Any]:
    """Which page of the paper stands beside the clauses, and the addresses of its neighbours."""
    if shown is None:
        return {}
    number, pages = page_number(request, shown.paper.pages) or 1, shown.paper.pages

    def address(page: int) -> str:
        there = file_address(application.pk, paper=str(shown.pk), clause=clause, page=str(page))
        return f"{there}#doc" if 1 <= page <= pages else ""

    return {"page": number, "previous_page": address(number - 1), "next_page": address(number + 1)}


def _issued(application: Application, asked: Programme, now: Any) -> Issued | None:
    """What it gave that is not money, or what is kept for it while it is decided."""
    outlook = asked.outlook([application], now.date()).get(application.pk)
    return outlook.issued if outlook else None


def _answer(reading: Reading, section: str, name: str, is_revealed: bool) -> str:
    return display_value(section, name, reading.answers[section].get(name), is_masked=not is_revealed)


def _acts(application: Application, user: User, now: Any) -> dict[str, Any]:
    """The steps this person holds a role for, what stands in the way of each, and whether the file may be taken."""
    steps = [
        {"step": step.name, "label": ACTS[step.name], "blocked": blocked}
        for step, blocked in possible_steps(application, user, at=now)
        if step.name in STEP_FORMS
    ]
    own = application.applicant.user_id == user.pk
    roles = {step.role for step in steps_from(application.state)} & set(Role.values)
    holds = any(user.may_act_as(role, application.programme, application.town) for role in roles)
    objection = None
    if application.state == State.OBJECTION and holds:
        objection = (
            NoticeObjection.objects.filter(line__application=application, state="open").order_by("at", "id").first()
        )
    return {
        "acts": sorted(steps, key=lambda act: act["label"].is_primary),
        "locks": list(dict.fromkeys(act["blocked"] for act in steps if act["blocked"])),
        "may_take": holds and not own and application.assignee_id != user.pk,
        "is_mine": application.assignee_id == user.pk,
        "speaks_for_applicant": speaks_for_applicant(user, application),
        "objection": objection,
    }


def may_settle(application: Application, user: User) -> bool:
    """Whether ``user`` may settle facts of the file now (the service asks the same again)."""
    return (
        reads_papers(user, application)
        and application.applicant.user_id != user.pk
        and application.assignee_id in (None, user.pk)
    )


def may_prove(application: Application, user: User) -> bool:
    """Whether ``user`` may prove the applicant's number now: a clerk, or who reads the papers, at their stage."""
    route = application.policy_version.parsed.stages
    return (
        not application.applicant.is_proven
        and application.state in (State.ACCEPT, reading_stage(route))
        and application.applicant.user_id != user.pk
        and any(
            user.may_act_as(role, application.programme, application.town) for role in (Role.CLERK, reader_of(route))
        )
    )


def id_cards(reading: Reading) -> list[Any]:
    """The identity cards on the shelf."""
    return [item for item in reading.shelf if item.kind == "id_card"]
