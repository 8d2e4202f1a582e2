"""Which registers are asked about an applicant. Inserts only: the worker does the asking."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from applicants.registers.catalogue import registers_for
from applicants.registers.models import RegisterAnswer
from applicants.registers.services import request_answers
from portal.casework.models import Application
from portal.casework.states import STAGES, State
from portal.notifications.nudging import nudge

DECIDED_IN = (State.FIRST_REVIEW, State.SECOND_REVIEW, State.FINAL_APPROVAL)
BEFORE_APPROVAL = ("prior_grants",)  # asked once more at the last stage: somebody may have been granted it elsewhere


def ask_registers(
    application: Application,
    *,
    at: datetime,
    facts: Iterable[str] = (),
    afresh: bool = False,
    on: date | None = None,
) -> list[RegisterAnswer]:
    """Note which registers are to be asked about the applicant, and nudge the worker.

    Those that answer any of ``facts``; without them all that the policy's clauses read. A valid answer is not asked
    for again unless ``afresh``. ``on`` is the day the facts are wanted for: the application date unless told otherwise.
    """
    answers = request_answers(
        person=application.applicant,
        registers=registers_for(tuple(facts) or application.policy_version.parsed.reads),
        asked_for=application.pk,
        on=on or application.submitted_on or timezone.localdate(at),
        purpose=application.programme,
        at=at,
        afresh=afresh,
    )
    if any(answer.answered_at is None for answer in answers):
        nudge("casework.ask_registers", application_id=str(application.pk))
    return answers


def ask_at_stage(application: Application, *, at: datetime) -> None:
    """Ask anew what the route says is proven anew at the stage just entered (policy-facts section 9, case 25), and
    before the approval of what excludes other grants whether there is one meanwhile (case 10). Whoever decides finds
    answers that are still valid.
    """
    document = application.policy_version.parsed
    if application.state in STAGES:
        facts = list(document.stage(application.state).recheck)
        if application.state == State.FINAL_APPROVAL and document.exclusions:
            facts += BEFORE_APPROVAL
        if facts:
            ask_registers(application, at=at, facts=facts, afresh=True)
    if application.state in DECIDED_IN:
        ask_registers(application, at=at)


def answers_for(application: Application) -> dict[str, list[RegisterAnswer]]:
    """What registers were asked and answered about the applicant's number, by register, oldest first. One query."""
    rows = RegisterAnswer.objects.filter(
        Q(answered_at__isnull=False) | Q(asked_for=application.pk),
        person=application.applicant,
        number_hash=application.applicant.number_hash,
    )
    found: dict[str, list[RegisterAnswer]] = {}
    for row in rows.defer("receipt").order_by("requested_at", "id"):
        found.setdefault(row.register, []).append(row)
    return found
