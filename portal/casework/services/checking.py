"""The automatic check, later answers of registers, facts settled against papers: each ends in an assessment."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from applicants.people.models import Paper
from applicants.registers.models import RegisterAnswer
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.doors import why_barred
from portal.casework.models import Application, Assessment, Settlement, ShelfPaper, Submission
from portal.casework.programmes import programme
from portal.casework.services.advancing import FileChanged, StepRefused, advance, lock_application
from portal.casework.services.evidence import facts_of
from portal.casework.states import OPEN, State
from portal.casework.workflow import reader_of, reading_stage
from portal.policy.assessing import assess
from portal.policy.calendar import Calendar
from portal.policy.facts import Facts, FactUnreadable, read_value
from portal.policy.services import stored_calendar

LONGEST_CHECK = timedelta(minutes=15)  # then a file goes to its reviewer with the clauses that lack an answer unproven
LETTERS = {"met": "m", "unmet": "n", "unproven": "u"}


def _assess(
    application: Application,
    submission: Submission,
    *,
    trigger: str,
    by: User | None,
    at: datetime,
    calendar: Calendar,
    facts: Facts | None = None,
) -> Assessment:
    facts = facts or facts_of(application, submission, at=at)
    version = application.policy_version
    result = assess(version.parsed, facts, calendar)
    row = Assessment.objects.create(
        application=application,
        number=application.assessments.count() + 1,
        submission=submission,
        policy_version=version,
        trigger=trigger,
        by=by,
        at=at,
        verdict=result.verdict,
        amount_fen=result.amount_fen,
        answers="".join(LETTERS[finding.answer] for finding in result.findings),
        facts=facts.as_json(),
        result=result.as_json(),
    )
    Application.objects.filter(pk=application.pk).update(verdict=result.verdict, amount_fen=result.amount_fen)
    return row


def check_submission(*, submission_id: UUID, at: datetime, gives_up: bool = False) -> bool:
    """Assess one submission, once, and hand a waiting file on to its next stage. Safe to call any number of times.

    While registers are still to answer, a file in check waits for them, 15 minutes at most. ``gives_up`` hands it on
    with every clause unproven: nobody waits for a check that cannot finish. Returns whether the check is done.
    """
    calendar = stored_calendar()
    try:
        with transaction.atomic():
            submission = Submission.objects.get(pk=submission_id)
            row = lock_application(submission.application_id)
            is_patient = not gives_up and row.state == State.CHECK and at - submission.at <= LONGEST_CHECK
            if is_patient and RegisterAnswer.objects.waiting().filter(asked_for=row.pk).exists():
                return False
            if not submission.assessments.filter(trigger=Assessment.Trigger.AUTOMATIC).exists():
                _assess(
                    row,
                    submission,
                    trigger=Assessment.Trigger.AUTOMATIC,
                    by=None,
                    at=at,
                    calendar=calendar,
                    facts=Facts(on=row.submitted_on, known={}) if gives_up else None,
                )
            if row.state == State.CHECK:
                advance(row, "finish_check", actor=None, at=at, expected_version=row.version)
    except IntegrityError as error:
        if "one_automatic_check_per_submission" not in str(error) and "submission_id" not in str(error):
            raise
    approve_when_proven(application_id=submission.application_id, at=at)
    return True


def assess_again(*, application_id: UUID, at: datetime) -> Assessment | None:
    """Assess a file under review with what registers have answered since; ``None`` where nothing new is known.

    The state stays as it is: people decide, and the forward steps ask for the newest assessment.
    """
    calendar = stored_calendar()
    with transaction.atomic():
        row = lock_application(application_id)
        submission = row.submissions.order_by("number").last()
        newest = submission.assessments.order_by("number").last() if submission else None
        if newest is None or row.state not in OPEN:
            return None
        facts = facts_of(row, submission, at=at)
        if facts.as_json() == newest.facts:
            return None
        return _assess(
            row, submission, trigger=Assessment.Trigger.REGISTER, by=None, at=at, calendar=calendar, facts=facts
        )


def unchecked_submissions(limit: int = 500) -> list[tuple[UUID, datetime]]:
    """Submissions of open applications that wait for their automatic check, oldest first: id and time of each."""
    waiting = Submission.objects.filter(application__state__in=OPEN).exclude(
        assessments__trigger=Assessment.Trigger.AUTOMATIC
    )
    return list(waiting.order_by("at", "id").values_list("pk", "at")[:limit])


def reads_papers(user: User, application: Application) -> bool:
    """Whether ``user`` is in the role that reads this file's papers, and it is at that stage now."""
    route = application.policy_version.parsed.stages
    is_reader = user.may_act_as(reader_of(route), application.programme, application.town)
    return is_reader and application.state == reading_stage(route)


def approve_when_proven(*, application_id: UUID, at: datetime) -> None:
    """Approve a file at final approval without a person where its programme lets the portal, and all is proven.

    What stands in the way is no error: the file waits for its approver.
    """
    row = Application.objects.select_related("applicant", "policy_version__policy").get(pk=application_id)
    if row.state != State.FINAL_APPROVAL or not programme(row.programme).is_approved_when_proven:
        return
    with suppress(StepRefused):
        advance(row, "approve", actor=None, at=at, expected_version=row.version)


def settle_facts(
    *,
    application: Application,
    values: Mapping[str, Any],
    paper: Paper,
    by: User,
    at: datetime,
    expected_version: int,
) -> Assessment:
    """Note that ``paper`` proves ``values`` (fact name → text in the notation of the facts), and assess again.

    Only who reads the papers, at the stage where they are read, and only with a paper on the file's shelf.
    Raises StepRefused, with a sentence, also for a value that cannot be read.
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        if row.version != expected_version:
            raise FileChanged(_("这件申请刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
        if not reads_papers(by, row):
            raise StepRefused(_("只有初审时，由初审人员认定事实；没有初审的，由审定人员认定。"))
        if barred := why_barred(row, by):
            raise StepRefused(barred)
        if row.assignee_id not in (None, by.pk):
            raise StepRefused(_("这件正由同事办理。需要时请先接手。"))
        if not ShelfPaper.objects.filter(application=row, paper=paper, removed_at__isnull=True).exists():
            raise StepRefused(_("请选择这件申请的材料。"))
        submission = row.submissions.order_by("number").last()
        settled = row.settlements.count()
        for number, (name, value) in enumerate(values.items(), start=settled + 1):
            try:
                read_value(name, value)
            except FactUnreadable as error:
                raise StepRefused(str(error)) from error
            Settlement.objects.create(
                application=row, submission=submission, number=number, fact=name, value=value, paper=paper, by=by, at=at
            )
        record(action="fact.settle", actor=by, target=row, at=at, fields=sorted(values), note=f"paper {paper.pk}")
        return _assess(row, submission, trigger=Assessment.Trigger.SETTLED, by=by, at=at, calendar=stored_calendar())
