"""The decision letter: a page that prints."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.casework.models import Application, Assessment, Decision
from portal.casework.views.applicant_answers import on_shelf
from portal.casework.views.applicant_door import own_application
from portal.policy.assessing import Assessment as Answer
from portal.policy.assessing import Finding
from portal.policy.explanations import PROVENANCES, explain, fact_label, fact_text


@require_safe
@own_application
def decision(request: HttpRequest, application: Application) -> HttpResponse:
    """Approval with amount and instalments, or refusal with clause, reason, evidence and the ways to object."""
    found = application.decisions.select_related("signed_by").order_by("at", "id").last()
    if found is None:
        messages.info(request, _("这件申请还没有决定。"))
        return redirect("application", id=application.pk)
    document = application.policy_version.parsed
    assessment = (
        Assessment.objects.filter(application=application, at__lte=found.at)
        .select_related("submission")
        .order_by("at", "id")
        .last()
    )
    answer = Answer.from_json(assessment.result) if assessment else None
    submission = application.submissions.order_by("number").last()
    is_approval = found.outcome == Decision.Outcome.APPROVED
    there = {row.kind for row in on_shelf(application)}
    context = {
        "application": application,
        "decision": found,
        "document": document,
        "is_approval": is_approval,
        "name": submission.answers["identity"]["legal_name"],
        "account": submission.answers["account"].get("number", "")[-4:],
        "clauses": [clause.code for clause in document.clauses],
        "clause": None if is_approval else document.clause(found.clause),
        "instalments": answer.instalments if answer and is_approval else (),
        "evidence": [] if is_approval or answer is None else _evidence(answer, found.clause),
        "papers": [paper.title for paper in document.papers if paper.kind in there],
    }
    return render(request, "applicant/decision.html", context)


def _evidence(answer: Answer, code: str) -> list[dict[str, Any]]:
    """What was looked at for the clause of a refusal: the facts, and how each was known."""
    finding: Finding | None = next((item for item in answer.findings if item.clause == code), None)
    if finding is None:
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
