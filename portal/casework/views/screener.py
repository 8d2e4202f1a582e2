"""The public screener: a few anonymous questions, an answer for every policy in force, and nothing kept.

Answers come by POST alone, so that they never stand in an address; no session, no row, no cookie and no log has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal import clock
from portal.casework.forms.screener import ScreenerForm
from portal.casework.screening import Question
from portal.casework.services.entitling import Entitlement, Standing, policies_in_force, screened
from portal.casework.services.holding import held_by
from portal.casework.views.entitlement_words import told
from portal.casework.views.findings import Way, waits_until, ways_of
from portal.policy.conditions import Answer
from portal.policy.schema import Clause, Paper
from portal.policy.services import stored_calendar
from portal.ui.figures import day_text


@dataclass(frozen=True)
class Said:
    """A question that a clause turns on, and what was answered."""

    name: str
    label: str
    answer: str


@dataclass(frozen=True)
class ScreenedRow:
    """One clause by the visitor's answers: what it was decided on, or what is missing."""

    clause: Clause
    answer: str
    said: list[Said] = field(default_factory=list)  # what was answered
    missing: list[Said] = field(default_factory=list)  # what was skipped
    is_coarse: bool = False  # the answers are there, but it depends on the exact day, month or kind
    waits_until: str = ""
    ways: list[Way] = field(default_factory=list)  # what is looked at when one applies


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def screener(request: HttpRequest) -> HttpResponse:
    """The questions; by POST the results above them, filled in as they were sent."""
    today = clock.today()
    policies = policies_in_force(today)
    documents = [version.parsed for _programme, version in policies]
    form = ScreenerForm(request.POST if request.method == "POST" else None, documents=documents, on=today)
    context, status = {"form": form, "today": today}, 200
    if form.is_bound:
        context["sent_form"] = "answers"  # the other language is given the answers too
    if form.is_bound and not form.is_valid():
        status = 422
    elif form.is_bound and not form.answers:
        context["is_blank"] = True
    elif form.is_bound:
        items = screened(form.answers, on=today, calendar=stored_calendar(), policies=policies)
        context |= told([(item, _rows(item, form)) for item in items], held_by(request.user, today))
        context["papers"] = _papers(items)
    response = render(request, "public/screener.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _rows(item: Entitlement, form: ScreenerForm) -> list[ScreenedRow]:
    found = {finding.clause: finding for finding in item.findings}
    rows = []
    for clause in item.document.clauses:
        finding = found[clause.code]
        about = [question for question in form.questions if not set(question.facts).isdisjoint(clause.reads)]
        said = [_said(question, form) for question in about]
        days = [day for reason in finding.reasons if (day := waits_until(reason)) and day > form.on]
        is_coarse = any(reason.code == "coarse" for reason in finding.reasons)
        missing = [it for it in said if not it.answer] if finding.answer is Answer.UNPROVEN else []
        is_later = finding.answer is Answer.UNPROVEN and not missing and not is_coarse
        rows.append(
            ScreenedRow(
                clause,
                finding.answer.value,
                said=[it for it in said if it.answer],
                missing=missing,
                is_coarse=is_coarse and not missing,
                waits_until=day_text(max(days)) if days and finding.answer is Answer.UNMET else "",
                ways=ways_of(clause, finding, item.document, on=form.on, known={}) if is_later else [],
            )
        )
    return rows


def _said(question: Question, form: ScreenerForm) -> Said:
    field_id = form[question.name].id_for_label or f"id_{question.name}_0"
    return Said(field_id, str(question.label), form.said(question.name))


def _papers(items: Sequence[Entitlement]) -> list[Paper]:
    """What to bring: everything that what looks right, or else what is open, asks of everybody; each once."""
    for wanted in ((Standing.PROVEN, Standing.LIKELY), (Standing.OPEN,)):
        found = [paper for item in items if item.standing in wanted for paper in item.document.papers]
        if found:
            return list({paper.title.zh: paper for paper in found if paper.required_if is None}.values())
    return []
