"""The automatic check, and facts settled against papers: both end in an assessment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.answers import declared_facts
from applicants.people.models import Paper
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.models import Application, Assessment, Settlement, ShelfPaper, Submission
from portal.casework.programmes import programme
from portal.casework.services.advancing import FileChanged, StepRefused, advance, lock_application
from portal.casework.states import OPEN, State
from portal.policy.assessing import assess
from portal.policy.calendar import Calendar
from portal.policy.facts import Fact, Facts, FactUnreadable, Provenance, read_value
from portal.policy.services import stored_calendar

LETTERS = {"met": "m", "unmet": "n", "unproven": "u"}


def declared_values(application: Application, submission: Submission) -> dict[str, Any]:
    """What ``submission`` declares, by fact name, with what the programme adds to it."""
    return declared_facts(submission.answers) | dict(programme(application.programme).facts(application))


def facts_of(application: Application, submission: Submission) -> Facts:
    """What is known: declared in ``submission``, settled against papers since, and the birth date of a proven number.

    The newest settlement of a fact counts, as long as its paper is on the shelf and the declared value is still the one
    that the reviewer had in hand.
    """
    declared_on = timezone.localdate(submission.at)
    values = declared_values(application, submission)
    known = {name: Fact(value, Provenance.DECLARED, declared_on, "application") for name, value in values.items()}
    person = application.applicant
    is_that_number = submission.answers["identity"].get("number") == person.number
    if person.proven_at and is_that_number and "birth_date" in values:
        proven_on = timezone.localdate(person.proven_at)
        known["birth_date"] = Fact(values["birth_date"], Provenance.PAPER, proven_on, "paper:id_card")
    on_shelf = application.shelf.filter(removed_at__isnull=True).values("paper")
    settlements = application.settlements.filter(paper__in=on_shelf).order_by("number")
    for settlement in settlements.select_related("paper", "submission"):
        if settlement.submission_id != submission.pk:
            before = declared_facts(settlement.submission.answers).get(settlement.fact)
            if before != declared_facts(submission.answers).get(settlement.fact):
                continue
        known[settlement.fact] = Fact(
            settlement.value, Provenance.PAPER, timezone.localdate(settlement.at), f"paper:{settlement.paper.kind}"
        )
    return Facts(on=application.submitted_on, known=known)


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
    facts = facts or facts_of(application, submission)
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


def check_submission(*, submission_id: UUID, at: datetime, gives_up: bool = False) -> None:
    """Assess one submission, once, and hand a waiting file on to its next stage. Safe to call any number of times.

    ``gives_up`` hands it on with every clause unproven: nobody waits for a check that cannot finish.
    """
    calendar = stored_calendar()
    try:
        with transaction.atomic():
            submission = Submission.objects.get(pk=submission_id)
            row = lock_application(submission.application_id)
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


def unchecked_submissions(limit: int = 500) -> list[tuple[UUID, datetime]]:
    """Submissions of open applications that wait for their automatic check, oldest first: id and time of each."""
    waiting = Submission.objects.filter(application__state__in=OPEN).exclude(
        assessments__trigger=Assessment.Trigger.AUTOMATIC
    )
    return list(waiting.order_by("at", "id").values_list("pk", "at")[:limit])


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

    Only the first reviewer of the file, while it is at first review, and only with a paper on its shelf.
    Raises StepRefused, with a sentence, also for a value that cannot be read.
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        if row.version != expected_version:
            raise FileChanged(_("这件申请刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
        if row.state != State.FIRST_REVIEW or not by.may_act_as(Role.FIRST_REVIEWER, row.programme, row.town):
            raise StepRefused(_("只有初审时，由初审人员认定事实。"))
        if by.pk == row.applicant.user_id:
            raise StepRefused(_("不能办理本人的申请。"))
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
