"""Which parts of an application are done, and which of them may be changed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from applicants.people.answers import answers_of, declared_facts, missing_answers
from portal.casework.models import Application, CorrectionItem
from portal.casework.programmes import programme
from portal.casework.states import State
from portal.policy.schema import Paper as PaperAsked

# Papers that the applicant may add after approval: for another account, a later instalment, a doubt of a register.
AFTER_APPROVAL = ("account_proof", "in_post_proof", "grants_statement")


@dataclass(frozen=True)
class Part:
    """One row of the task list."""

    name: str  # section, "papers" or "declaration"
    is_done: bool
    done: int = 0  # papers: how many kinds are there
    needed: int = 0


def required_papers(application: Application, answers: Mapping[str, Any]) -> tuple[PaperAsked, ...]:
    """The kinds of paper that the pinned policy asks of this person."""
    return application.policy_version.parsed.required_papers(declared_facts(answers))


def parts_of(application: Application) -> list[Part]:
    """The task list, in order."""
    answers = answers_of(application.applicant)
    asked = programme(application.programme)
    parts = [Part(section, not missing_answers(answers, section)) for section in asked.sections]
    kinds = {paper.kind for paper in required_papers(application, answers)}
    there = set(application.shelf.filter(removed_at__isnull=True).values_list("kind", flat=True))
    parts.append(Part("papers", kinds <= there, len(kinds & there), len(kinds)))
    parts.append(Part("declaration", asked.declaration_is_complete(application)))
    return parts


def missing_parts(application: Application) -> list[str]:
    """The names of the parts that are not done."""
    return [part.name for part in parts_of(application) if not part.is_done]


def marked_items(application: Application) -> list[CorrectionItem]:
    """What the open correction lets the applicant change; empty when there is none."""
    return list(CorrectionItem.objects.filter(correction__application=application, correction__closed_at__isnull=True))


def editable_fields(application: Application, section: str) -> set[str] | None:
    """The fields of ``section`` that may be changed now; None stands for all of them."""
    if application.state == State.DRAFT:
        return None
    if application.state != State.CORRECTION:
        return set()
    return {item.name for item in marked_items(application) if item.kind == "field" and item.section == section}


def editable_papers(application: Application) -> set[str]:
    """The kinds of paper that may be added or taken away now."""
    if application.state == State.DRAFT:
        return {paper.kind for paper in application.policy_version.parsed.papers}
    if application.state == State.CORRECTION:
        return {item.name for item in marked_items(application) if item.kind == "paper"}
    return set(AFTER_APPROVAL) if application.state == State.APPROVED else set()
