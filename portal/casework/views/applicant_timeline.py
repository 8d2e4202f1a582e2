"""My applications, and one of them: the next step first, then everything that happened."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import clock
from portal.casework.completeness import paper_title
from portal.casework.doors import own_applications
from portal.casework.models import Application
from portal.casework.programmes import Outlook, all_programmes
from portal.casework.services.handing_over import paper_letters
from portal.casework.services.holding import is_granted
from portal.casework.states import ENDED, State, public_label
from portal.casework.views.applicant_answers import blocks_of, on_shelf
from portal.casework.views.applicant_door import own_application
from portal.casework.views.applicant_line import line_of
from portal.casework.views.applicant_progress import around, buoys_of, standing_of
from portal.casework.views.applicant_reconsideration import last_day, reconsideration_of
from portal.casework.views.findings import findings_of
from portal.casework.workflow import step_from
from portal.notifications.rendering import render_letter
from portal.policy.services import stored_calendar

MOST_LETTERS = 10


@login_required
@never_cache
@require_safe
def applications(request: HttpRequest) -> HttpResponse:
    """Every application of mine, newest first, with its state, what comes next and by when."""
    rows = list(own_applications(request.user).select_related("policy_version__policy"))
    known = around(rows, on=clock.today(), calendar=stored_calendar())
    cards = [
        {
            "application": row,
            "title": row.policy_version.parsed.title,
            "standing": standing_of(row, known),
            "href": reverse("application_tasks" if row.state == State.DRAFT else "application", args=[row.pk]),
            "is_open": row.is_open or _is_unpaid(known.outlooks.get(row.pk)),
        }
        for row in rows
    ]
    open_codes = {row.programme for row in rows if row.is_open}
    granted = {row.programme: row for row in rows if is_granted(row, known.outlooks.get(row.pk))}
    context = {
        "open_cards": [card for card in cards if card["is_open"]],
        "ended_cards": [card for card in cards if not card["is_open"]],
        "offers": [
            {"programme": item, "granted": granted.get(item.code) if item.is_one_off else None}
            for item in all_programmes()
            if item.is_open and item.code not in open_codes
        ],
        "granted_label": public_label(State.APPROVED),
    }
    return render(request, "applicant/applications.html", context)


def _is_unpaid(outlook: Outlook | None) -> bool:
    return outlook is not None and not outlook.is_paid_out


@require_safe
@own_application
def application(request: HttpRequest, application: Application) -> HttpResponse:
    """One application: its receipt, its way, its letters, what was sent, what is paid."""
    if application.state == State.DRAFT:
        return redirect("application_tasks", id=application.pk)
    known = around([application], on=clock.today(), calendar=stored_calendar())
    outlook = known.outlooks.get(application.pk)
    standing = standing_of(application, known)
    steps = list(application.steps_taken.order_by("version"))
    submission = application.submissions.order_by("number").last()
    document = application.policy_version.parsed
    findings, findings_text = findings_of(application, submission)
    context = {
        "application": application,
        "document": document,
        "standing": standing,
        "receipt": _receipt(request, application, steps, standing.by),
        "buoys": buoys_of(application, outlook),
        "line": line_of(application, steps, standing, known),
        "outlook": outlook,
        "findings": findings,
        "findings_text": findings_text,
        "letters": _letters(request, application),
        "blocks": blocks_of(application, submission.answers, is_masked=True),
        "papers": _papers(application),
        "may_withdraw": step_from("withdraw", application.state) is not None,
        "may_change_account": outlook is not None and not outlook.is_paid_out,
        "has_decision": application.state in (State.APPROVED, State.REFUSED, State.RECONSIDERATION),
        "may_reconsider": last_day(application) is not None,
        "reconsideration": reconsideration_of(application),
    }
    return render(request, "applicant/application.html", context)


def _receipt(request: HttpRequest, application: Application, steps: list[Any], by: str) -> dict[str, str]:
    """The banner after sending; also for a second click and the back button, until the file has moved on."""
    own = [step.step for step in steps if step.step in ("submit", "resubmit", "ask_reconsideration")]
    if "sent" not in request.GET or not own or application.state in (*ENDED, State.CORRECTION):
        return {}
    if own[-1] == "ask_reconsideration":
        return {"heading": _("复核申请已提交"), "by": by} if application.state == State.RECONSIDERATION else {}
    heading = _("已再次提交") if own[-1] == "resubmit" else _("已提交，编号 %(reference)s")
    return {"heading": heading % {"reference": application.reference}, "by": by}


def _letters(request: HttpRequest, application: Application) -> list[dict[str, Any]]:
    """The newest letters about it: one's own, or at the counter those on paper."""
    page, letters = "letter", request.user.letters.filter(reference=application.reference)
    if request.acting_for:
        page, letters = "counter_letter", paper_letters(request.user).filter(reference=application.reference)
    return [
        {
            "letter": letter,
            "subject": render_letter(letter, get_language()).subject,
            "href": reverse(page, args=[letter.pk]),
        }
        for letter in letters.select_related("recipient").order_by("-created_at", "-id")[:MOST_LETTERS]
    ]


def _papers(application: Application) -> list[dict[str, Any]]:
    """The papers on the shelf in the policy's order, then all others as they came."""
    document = application.policy_version.parsed
    order = {paper.kind: number for number, paper in enumerate(document.papers)}
    shelf = sorted(on_shelf(application), key=lambda row: order.get(row.kind, len(order)))
    return [{"paper": row.paper, "title": paper_title(document, row.kind)} for row in shelf]
