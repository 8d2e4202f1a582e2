"""From a draft to a submission, and what an applicant may do with an application afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.answers import answers_digest, answers_of
from applicants.people.masking import mask_name
from applicants.people.models import Employment, Paper, Person
from applicants.people.papers import remove_paper
from applicants.people.refusals import Refused
from applicants.people.services import give_account, prove_number, save_education, save_employment, save_identity
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.completeness import editable_papers
from portal.casework.doors import speaks_for_applicant
from portal.casework.models import Application, ReferenceCounter, ShelfPaper, Submission
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused, advance, lock_application
from portal.casework.services.asking import ask_registers
from portal.casework.services.keeping import refuse_closed
from portal.casework.states import OPEN, State
from portal.notifications.nudging import nudge
from portal.policy.services import version_deciding

SAVE = {
    "identity": save_identity,
    "education": save_education,
    "employment": save_employment,
    "account": give_account,
}


def start_application(
    *, user: User, programme_code: str, policy_code: str, privacy_read_at: datetime, at: datetime
) -> Application:
    """Return the open application of ``user`` in the programme, starting one under ``policy_code`` where there is none.

    Asking twice, also at the same moment, gives the same application (constraint
    ``one_open_application_per_person_and_programme``). Raises StepRefused where the policy is not in force.
    """
    person, _new = Person.objects.get_or_create(user=user)
    return begin_draft(
        person=person, programme_code=programme_code, policy_code=policy_code, read_at=privacy_read_at, by=user, at=at
    )


def begin_draft(
    *, person: Person, programme_code: str, policy_code: str, read_at: datetime, by: User, at: datetime, **entered: Any
) -> Application:
    """The same for ``person``; ``entered`` (entered_by, town) is what the counter adds to a new one."""
    found = _open_one(person, programme_code)
    if found:
        return found
    version = version_deciding(policy_code, timezone.localdate(at))
    if version is None or version.policy.programme != programme_code:
        raise StepRefused(_("这项政策现在不接受申请。"))
    if entered and "clerk" not in version.parsed.submitted_by:
        raise StepRefused(_("这项政策要由本人在网上申请，不能在柜台录入。"))
    try:
        with transaction.atomic():
            row = Application.objects.create(
                programme=programme_code,
                policy_version=version,
                applicant=person,
                state_at=at,
                created_at=at,
                privacy_read_at=read_at,
                **entered,
            )
            record(action="application.enter" if entered else "application.start", actor=by, target=row, at=at)
            return row
    except IntegrityError:
        return _open_one(person, programme_code) or begin_draft(
            person=person,
            programme_code=programme_code,
            policy_code=policy_code,
            read_at=read_at,
            by=by,
            at=at,
            **entered,
        )


def _open_one(person: Person, programme_code: str) -> Application | None:
    return Application.objects.filter(applicant=person, programme=programme_code, state__in=OPEN).first()


def answer_section(
    *, application: Application, section: str, values: Mapping[str, Any], by: User, at: datetime
) -> None:
    """Keep the answers of one section of the profile, as long as the application lets them be changed.

    Behind the lock, so that nothing is written after the submission it should have been part of. Raises StepRefused.
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        refuse_closed(row, section)
        SAVE[section](person=row.applicant, values=values, by=by, at=at)
        if section == "identity" and speaks_for_applicant(by, row):
            _prove_at_counter(row.applicant, by=by, at=at)


def _prove_at_counter(person: Person, *, by: User, at: datetime) -> None:
    """The clerk has the person and the card before them: what they typed is what they saw."""
    try:
        prove_number(person=person, by=by, at=at)
    except Refused as refusal:
        raise StepRefused(refusal.sentence) from None


def put_on_shelf(*, application: Application, kind: str, paper: Paper, by: User, at: datetime) -> ShelfPaper:
    """Put ``paper`` on the shelf. Raises StepRefused where that kind may not be added now."""
    with transaction.atomic():
        row = lock_application(application.pk)
        if kind not in editable_papers(row):
            raise StepRefused(_("这类材料现在不能再传。"))
        shelved = ShelfPaper.objects.create(application=row, kind=kind, paper=paper, added_at=at)
        record(action="paper.add", actor=by, target=row, at=at, fields=[kind], digest=paper.sha256)
        return shelved


def take_off_shelf(*, application: Application, shelved: ShelfPaper, by: User, at: datetime) -> None:
    """Take a paper off the shelf; once it was submitted it stays for the reviewer, marked as replaced."""
    with transaction.atomic():
        row = lock_application(application.pk)
        if shelved.kind not in editable_papers(row):
            raise StepRefused(_("这类材料现在不能再改。"))
        asked = row.reconsiderations.filter(asked_at__gte=shelved.added_at)
        if row.state == State.DRAFT or (row.state == State.REFUSED and not asked.exists()):  # it was sent with nothing
            shelved.delete()
        else:
            ShelfPaper.objects.filter(pk=shelved.pk).update(removed_at=at)
        record(action="paper.remove", actor=by, target=row, at=at, fields=[shelved.kind])


def remove_unused(paper: Paper, *, by: User, at: datetime) -> None:
    """Delete a paper that stands on no shelf and proved nothing: what nobody needs is not kept."""
    if not paper.shelved.exists() and paper.person.proven_paper_id != paper.pk:
        remove_paper(paper=paper, by=by, at=at)


def submit_application(
    *, application: Application, by: User, at: datetime, expected_version: int | None = None
) -> Application:
    """Submit a draft: reference, application date, declared answers and receipt, once.

    A second click, a repeated POST or the back button finds the application submitted and returns it as it is.
    Raises StepRefused where something is missing, no version of the policy is in force today, or the draft is not of
    ``expected_version`` (None: whichever).
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        if row.state != State.DRAFT:
            return row
        on = timezone.localdate(at)
        version = version_deciding(row.policy_version.policy.code, on)
        if version is None:
            raise StepRefused(_("这项政策今天不接受申请。"))
        serial = ReferenceCounter.take(programme(row.programme).prefix, on.year)
        row.reference = f"{programme(row.programme).prefix}-{on.year}-{serial:06d}"
        row.policy_version = version
        row.submitted_by, row.submitted_at, row.submitted_on = by, at, on
        row.name_masked = mask_name(row.applicant.legal_name)
        row.town = _town_of(row)
        if by.pk != row.applicant.user_id and row.entered_by_id and not speaks_for_applicant(by, row):
            raise StepRefused(_("用人单位所在的镇（街道）不归您受理。请那里的窗口，或者受理全市的同事接着办。"))
        row.save()
        submission = _declare(row, by=by, at=at)
        seen = row.version if expected_version is None else expected_version
        moved = advance(row, "submit", actor=by, at=at, expected_version=seen)
        ask_registers(moved, at=at)
        nudge("casework.check", submission_id=str(submission.pk))
        return moved


def _town_of(row: Application) -> str:
    if own := programme(row.programme).town_of:
        return own(row)
    return Employment.objects.filter(person=row.applicant).values_list("town", flat=True).first() or ""


def resubmit_application(*, application: Application, by: User, at: datetime, expected_version: int) -> Application:
    """Send a corrected application again; a repeated POST finds it sent. Raises StepRefused."""
    with transaction.atomic():
        row = lock_application(application.pk)
        if row.state != State.CORRECTION and row.version > expected_version:
            return row
        submission = _declare(row, by=by, at=at)
        row.name_masked = mask_name(row.applicant.legal_name)
        row.save(update_fields=["name_masked"])
        moved = advance(row, "resubmit", actor=by, at=at, expected_version=expected_version)
        ask_registers(moved, at=at)
        nudge("casework.check", submission_id=str(submission.pk))
        return moved


def withdraw_application(*, application: Application, by: User, at: datetime, expected_version: int) -> Application:
    """Withdraw an application that is not decided; withdrawing twice is once. Raises StepRefused."""
    row = Application.objects.get(pk=application.pk)
    if row.state == State.WITHDRAWN:
        return row
    return advance(row, "withdraw", actor=by, at=at, expected_version=expected_version)


def ask_reconsideration(
    *, application: Application, reason: str, by: User, at: datetime, expected_version: int
) -> Application:
    """Ask for a reconsideration of a refusal, with the papers handed in for it; a repeated POST finds it asked.

    Raises StepRefused.
    """
    row = Application.objects.get(pk=application.pk)
    if row.state == State.RECONSIDERATION and row.version == expected_version + 1:
        return row
    return advance(row, "ask_reconsideration", actor=by, at=at, expected_version=expected_version, note=reason)


def withdraw_reconsideration(*, application: Application, by: User, at: datetime, expected_version: int) -> Application:
    """Let a refusal stand after all; a repeated POST finds it withdrawn. Raises StepRefused."""
    row = Application.objects.get(pk=application.pk)
    if row.state == State.REFUSED and row.version == expected_version + 1:
        return row
    return advance(row, "withdraw_reconsideration", actor=by, at=at, expected_version=expected_version)


def discard_draft(*, application: Application, by: User, at: datetime) -> None:
    """Delete a draft with its papers; the profile stays. Raises StepRefused if submitted."""
    with transaction.atomic():
        row = lock_application(application.pk)
        if row.state != State.DRAFT:
            raise StepRefused(_("已经提交的申请不能删除，可以撤回。"))
        record(action="application.discard", actor=by, target=row, at=at)
        programme(row.programme).on_discarded(row, by, at)
        papers = [shelved.paper for shelved in row.shelf.select_related("paper__person")]
        row.shelf.all().delete()
        for paper in papers:
            remove_unused(paper, by=by, at=at)
        row.delete()


def answers_now(row: Application) -> dict[str, dict[str, Any]]:
    """What a draft or a correction would send: the sections that its programme asks, and no others."""
    asked = programme(row.programme)
    shared = {name: given for name, given in answers_of(row.applicant).items() if name in asked.sections}
    return shared | asked.own_answers(row)


def _declare(row: Application, *, by: User, at: datetime) -> Submission:
    answers = answers_now(row)
    return Submission.objects.create(
        application=row,
        number=row.submissions.count() + 1,
        at=at,
        by=by,
        answers=answers,
        digest=answers_digest(answers),
    )
