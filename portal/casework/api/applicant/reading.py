"""One application put together as data, from what its pages are put together from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from applicants.people.forms import SECTION_FORMS
from applicants.people.labels import masked_answers
from portal import clock
from portal.casework.completeness import paper_title, parts_of
from portal.casework.models import Application, ShelfPaper
from portal.casework.programmes import own_sections
from portal.casework.services.drafting import answers_now
from portal.casework.states import State
from portal.casework.views.applicant_answers import on_shelf, part_label
from portal.casework.views.applicant_progress import Around, around, standing_of
from portal.casework.views.applicant_tasks import changed_items, open_correction
from portal.casework.views.findings import findings_of
from portal.policy.services import stored_calendar


def listed(rows: Iterable[Application]) -> list[dict[str, Any]]:
    """Applications as the list shows them; a constant number of queries."""
    rows = list(rows)
    known = around(rows, on=clock.today(), calendar=stored_calendar())
    return [_listed(row, known) for row in rows]


def _listed(row: Application, known: Around) -> dict[str, Any]:
    return {
        "id": row.pk,
        "reference": row.reference,
        "programme": row.programme,
        "policy": row.policy_version.policy.code,
        "policy_version": row.policy_version.label,
        "title": str(row.policy_version.parsed.title),
        "state": row.state,
        "version": row.version,
        "created_at": row.created_at,
        "submitted_at": row.submitted_at,
        "submitted_on": row.submitted_on,
        "standing": standing_of(row, known),
    }


def whole(row: Application) -> dict[str, Any]:
    """One application with everything its page shows."""
    known = around([row], on=clock.today(), calendar=stored_calendar())
    outlook = known.outlooks.get(row.pk)
    submission = row.submissions.order_by("number").last()
    findings, findings_text = findings_of(row, submission) if submission else ([], "")
    parts = parts_of(row) if row.is_draft else []
    return _listed(row, known) | {
        "parts": [{"name": part.name, "label": part_label(row, part.name), "is_done": part.is_done} for part in parts],
        "correction": _correction(row) if row.state == State.CORRECTION else None,
        "answers": answers_shown(row),
        "papers": shelf_shown(row),
        "findings": findings,
        "findings_text": findings_text,
        "decision": row.decisions.order_by("at", "id").last() if not row.is_open else None,
        "payments": outlook.payments if outlook else (),
    }


def answers_shown(row: Application) -> dict[str, Any]:
    """What was sent last, or what would be sent now from a draft or correction, masked."""
    if row.state in (State.DRAFT, State.CORRECTION):
        given = answers_now(row)
    else:
        given = row.submissions.order_by("number").last().answers
    shown = masked_answers(given)
    return {name: shown.get(name) or None for name in (*SECTION_FORMS, *own_sections())}


def shelf_shown(row: Application) -> list[dict[str, Any]]:
    """The papers that stand with the application, with what each kind is called."""
    document = row.policy_version.parsed
    return [shelved_shown(item, paper_title(document, item.kind)) for item in on_shelf(row)]


def shelved_shown(item: ShelfPaper, title: str) -> dict[str, Any]:
    """One paper on the shelf."""
    return {"id": item.pk, "kind": item.kind, "title": title, "added_at": item.added_at, "paper": item.paper}


def _correction(row: Application) -> dict[str, Any]:
    correction = open_correction(row)
    changed = changed_items(row, correction)
    names = ("kind", "section", "name", "note")
    items = [
        {name: getattr(item, name) for name in names} | {"is_changed": item.pk in changed}
        for item in correction.items.all()
    ]
    return {"reason": correction.reason, "due_on": correction.due_on, "items": items}
