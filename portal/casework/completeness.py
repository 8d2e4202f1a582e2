"""Which parts of an application are done, and which of them may be changed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from applicants.people.answers import answers_of, declared_facts, missing_answers
from portal.casework.deadlines import last_days_to_ask
from portal.casework.models import Application, CorrectionItem
from portal.casework.programmes import programme
from portal.casework.states import State
from portal.policy.schema import Paper as PaperAsked
from portal.policy.schema import PolicyDocument
from portal.policy.services import stored_calendar
from portal.policy.texts import Text

# Papers that the applicant may add after approval: for another account, a later instalment, a doubt of a register.
AFTER_APPROVAL = ("account_proof", "in_post_proof", "grants_statement")
FOR_RECONSIDERATION = "reconsideration_paper"  # what shows that a refusal was wrong, handed in before it is asked about
# What the person signs by hand where a clerk enters the application at the counter.
SIGNED_FORM, SIGNED_REQUEST = BY_HAND = ("signed_form", "signed_request")


@dataclass(frozen=True)
class Part:
    """One row of the task list."""

    name: str  # section or "papers"
    is_done: bool
    done: int = 0  # papers: how many kinds are there
    needed: int = 0


def required_papers(application: Application, answers: Mapping[str, Any]) -> tuple[PaperAsked, ...]:
    """The kinds of paper that the pinned policy asks of this person, and at the counter the signed form."""
    own = programme(application.programme).facts(application)
    asked = application.policy_version.parsed.required_papers(declared_facts(answers) | dict(own))
    return (*asked, by_hand(SIGNED_FORM)) if application.entered_by_id else asked


def by_hand(kind: str) -> PaperAsked:
    """One of BY_HAND, in the active language."""
    title, note = {
        SIGNED_FORM: (_("本人签名的申请表"), _("填好以后打印，请本人看过、签名，再扫描或拍照上传。")),
        SIGNED_REQUEST: (_("本人签名的请求书"), _("写明撤回申请，或者申请复核和理由，由本人签名。")),
    }[kind]
    return PaperAsked(kind=kind, title=Text(zh=title, en=title), note=Text(zh=note, en=note))


def paper_title(document: PolicyDocument, kind: str) -> str:
    """What a kind of paper on the shelf is called: the policy's own, one signed by hand, or one after approval."""
    asked = {paper.kind: paper for paper in (*document.papers, *map(by_hand, BY_HAND))}
    if kind in asked:
        return str(asked[kind].title)
    later = {"account_proof": _("账户证明"), "in_post_proof": _("在职证明"), "grants_statement": _("补贴情况说明")}
    later[FOR_RECONSIDERATION] = _("复核材料")
    return later.get(kind, kind)


def parts_of(application: Application) -> list[Part]:
    """The task list, in order: the profile's sections, the programme's own, papers, the declaration."""
    answers = answers_of(application.applicant)
    asked = programme(application.programme)
    parts = [Part(section, not missing_answers(answers, section)) for section in asked.sections]
    own = [Part(section.name, section.is_complete(application)) for section in asked.own_sections]
    kinds = {paper.kind for paper in required_papers(application, answers)}
    there = set(application.shelf.filter(removed_at__isnull=True).values_list("kind", flat=True))
    papers = Part("papers", kinds <= there, len(kinds & there), len(kinds))
    return [*parts, *own[:-1], papers, *own[-1:]]


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
    signed = set(BY_HAND) if application.entered_by_id else set()
    if application.state == State.DRAFT:
        return {paper.kind for paper in application.policy_version.parsed.papers} | (signed - {SIGNED_REQUEST})
    if application.state == State.CORRECTION:
        return {item.name for item in marked_items(application) if item.kind == "paper"} | signed
    later = set(AFTER_APPROVAL) if application.state == State.APPROVED else set()
    if last_days_to_ask([application], stored_calendar()):
        later = {FOR_RECONSIDERATION}
    return later | (signed - {SIGNED_FORM})
