"""Which letter a step sends, and what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import override

from applicants.people.labels import FIELD_LABELS
from portal.casework.deadlines import answer_by, last_day_to_ask
from portal.casework.guards import Move
from portal.casework.models import Application, Correction, Decision
from portal.casework.programmes import programme
from portal.notifications.services import queue_letter
from portal.policy.schema import PolicyDocument
from portal.policy.services import stored_calendar


def tell_applicant(application: Application, kind: str, *, key: str, at: datetime, **details: Any) -> None:
    """Queue one letter about ``application``; the same ``key`` again writes none. On paper where nobody signs in."""
    title = application.policy_version.parsed.title
    queue_letter(
        kind=kind,
        recipient=application.applicant.user,
        reference=application.reference or "",
        context={
            "name": application.applicant.legal_name,
            "reference": application.reference,
            "application": str(application.pk),
            "programme_title": {"zh": title.zh, "en": title.en or title.zh},
            **details,
        },
        key=key,
        at=at,
    )


def appeal_to(document: PolicyDocument) -> dict[str, Any]:
    """What a letter says of the body that reviews the bureau's decisions, and within how many days it may be asked."""
    review = document.review_body
    return {"review_body": {"zh": review.name.zh, "en": review.name.en or review.name.zh}, "review_days": review.days}


def send_step_letter(move: Move, *, correction: Correction | None, decision: Decision | None) -> None:
    """Queue the letter of the step just taken: one per step taken and addressee, in the step's own transaction."""
    row = move.application
    due_on = answer_by(row, stored_calendar())
    tell_applicant(
        row,
        move.step.letter,
        key=f"{row.pk}:{row.version}:{move.step.letter}",
        at=move.at,
        due_on=due_on.isoformat() if due_on else "",
        is_provisional=row.is_due_provisional,
        **_details(move, correction, decision),
    )


def _details(move: Move, correction: Correction | None, decision: Decision | None) -> dict[str, Any]:
    if decision is not None and decision.outcome == Decision.Outcome.REFUSED:
        clause = next(item for item in move.document.clauses if item.code == decision.clause)
        earlier = list(move.application.reconsiderations.order_by("number"))
        last = last_day_to_ask(move.application, decision, earlier, stored_calendar())
        return {
            "number": decision.number,
            "clause": decision.clause,
            "clause_text": {"zh": clause.text.zh, "en": clause.text.en or clause.text.zh},
            "reason": decision.reason,
            "decided_on": move.on.isoformat(),
            **appeal_to(move.document),
            "reconsider_by": last.day.isoformat() if last else "",
        }
    if decision is not None:
        instalments = move.assessment.result["instalments"] if move.assessment else []
        return {
            "number": decision.number,
            "amount_fen": decision.amount_fen,
            "instalments": instalments,
            "decided_on": move.on.isoformat(),
        }
    if correction is not None and move.step.letter == "correction_needed":
        return {"reason": correction.reason, "items": [_marked(move, item) for item in move.items]}
    if move.step.letter == "reconsideration_upheld":
        return {"answer": move.note}
    return {}


def _marked(move: Move, item: dict[str, str]) -> dict[str, Any]:
    """A marked field or paper as a letter names it: codes only, words are chosen when the letter is shown."""
    if item["kind"] == "paper":
        paper = next((paper for paper in move.document.papers if paper.kind == item["name"]), None)
        title = {"zh": paper.title.zh, "en": paper.title.en or paper.title.zh} if paper else {"zh": item["name"]}
        return {"label": title, "note": item.get("note", "")}
    labels = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            own = programme(move.application.programme).own_section(item["section"])
            named = own.form.labels if own else FIELD_LABELS[item["section"]]
            labels[key] = str(named[item["name"]])
    return {"label": labels, "note": item.get("note", "")}
