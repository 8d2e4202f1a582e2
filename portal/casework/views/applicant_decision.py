"""The decision letter: a page that prints."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from applicants.registers.services import SOURCE
from portal import clock
from portal.audit.services import record
from portal.casework.deadlines import last_day_to_ask
from portal.casework.doors import open_visible
from portal.casework.models import Application, Assessment, Decision, Reconsideration
from portal.casework.programmes import programme
from portal.casework.services.entitling import Prospect
from portal.casework.views.applicant_answers import on_shelf
from portal.casework.views.entitlement_words import lines_of
from portal.policy.assessing import Assessment as Answer
from portal.policy.assessing import Finding
from portal.policy.explanations import PROVENANCES, explain, fact_label, fact_text
from portal.policy.services import stored_calendar

UPHELD = Reconsideration.Outcome.UPHELD


@login_required
@never_cache
@require_safe
def decision(request: HttpRequest, id: UUID) -> HttpResponse:
    """Approval with amount and instalments, or refusal with clause, reason, evidence and the ways to object.

    For the applicant, and for staff who may see the file; they leave an entry, since the letter names the person.
    """
    application = open_visible(request.user, id)
    is_own = application.applicant.user_id == request.user.pk
    back = reverse("application" if is_own else "desk_file", args=[application.pk])
    found = application.decisions.select_related("signed_by").order_by("at", "id").last()
    if found is None:
        messages.info(request, _("这件申请还没有决定。"))
        return redirect(back)
    if not is_own:
        record(action="decision.read", actor=request.user, target=found, at=clock.now())
    context = letter_context(application, found) | {"is_own": is_own, "back": back}
    return render(request, "applicant/decision.html", context)


def letter_context(application: Application, found: Decision) -> dict[str, Any]:
    """What the letter of a decision says, on the page and in its PDF."""
    document = application.policy_version.parsed
    assessment = (
        Assessment.objects.filter(application=application, at__lte=found.at)
        .select_related("submission")
        .order_by("number")
        .last()
    )
    answer = Answer.from_json(assessment.result) if assessment else None
    submission = application.submissions.order_by("number").last()
    is_approval = found.outcome == Decision.Outcome.APPROVED
    there = {row.kind for row in on_shelf(application)}
    outlook = programme(application.programme).outlook([application], clock.today()) if is_approval else {}
    asked = list(application.reconsiderations.order_by("number"))
    dismissed = next((one for one in asked if one.decision_id == found.pk), None)
    return {
        "application": application,
        "outlook": outlook.get(application.pk),
        "before": dismissed.refusal if dismissed else None,  # the refusal that this decision upholds
        "is_set_aside": any(one.refusal_id == found.pk and one.outcome == UPHELD for one in asked),
        "ask_by": None if is_approval else last_day_to_ask(application, found, asked, stored_calendar()),
        "decision": found,
        "document": document,
        "is_approval": is_approval,
        "name": submission.answers["identity"]["legal_name"],
        "account": submission.answers.get("account", {}).get("number", "")[-4:],
        "clauses": [clause.code for clause in document.clauses],
        "clause": None if is_approval else document.clause(found.clause),
        "instalments": answer.instalments if answer and is_approval else (),
        "given": lines_of(document, Prospect(offer=answer.offer)) if answer and not document.makes_payable else (),
        "evidence": [] if is_approval or answer is None else _evidence(application, answer, found.clause),
        "papers": [paper.title for paper in document.papers if paper.kind in there],
    }


def _evidence(application: Application, answer: Answer, code: str) -> list[dict[str, Any]]:
    """What was looked at for the clause of a refusal: the facts, and how each was known.

    Nothing where a register answered and the number is not proven: it may have spoken of somebody else.
    """
    finding: Finding | None = next((item for item in answer.findings if item.clause == code), None)
    if finding is None:
        return []
    if not application.applicant.is_proven and any(fact.source.startswith(SOURCE) for fact in finding.facts):
        return []
    rows = [
        {
            "label": fact_label(fact.name),
            "value": fact_text(fact.name, fact.value),
            "note": str(PROVENANCES[fact.provenance.name.lower()]),
        }
        for fact in finding.facts
    ]
    return [*rows, {"label": _("核对结果"), "value": explain(finding), "note": ""}]
