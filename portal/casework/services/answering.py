"""The worker's part with registers: ask what waits, and take the answers into checks, files and money."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.registers import services as registers
from applicants.registers.asking import Trouble
from applicants.registers.catalogue import registers_for
from applicants.registers.models import RegisterAnswer
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.models import Application
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused, lock_application
from portal.casework.services.asking import ask_registers
from portal.casework.services.checking import assess_again, check_submission
from portal.casework.states import OPEN, State
from portal.casework.workflow import steps_from

AGAIN_AFTER = 60  # seconds between two times that somebody has the registers asked
MOST = 200  # questions in one turn
# After one of these the register is left alone for this turn: every question would wait for its time-out.
SILENT = frozenset({Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.DOWN, Trouble.QUOTA})


def ask_waiting(*, at: datetime, application_id: UUID | None = None) -> set[UUID]:
    """Ask the questions that are due, all or those of one application, each outside of any transaction.

    Gives the applications that got an answer.
    """
    answered: set[UUID] = set()
    silent: set[str] = set()
    rows = RegisterAnswer.objects.waiting().filter(next_try_at__lte=at).order_by("next_try_at", "id")
    if application_id is not None:
        rows = rows.filter(asked_for=application_id)
    for pk, register, asked_for in list(rows.values_list("pk", "register", "asked_for")[:MOST]):
        if register in silent:
            continue
        row = registers.ask(pk, at=at)
        if row.is_answered:
            answered.add(asked_for)
        elif row.last_error in SILENT:
            silent.add(register)
    return answered


def forget_ended(*, limit: int = 500) -> int:
    """Drop the questions of applications that ended otherwise than by approval: nobody needs the answer any more."""
    ids = list(RegisterAnswer.objects.waiting().order_by("requested_at").values_list("asked_for", flat=True)[:limit])
    kept = Application.objects.filter(pk__in=ids, state__in=(*OPEN, State.APPROVED)).values_list("pk", flat=True)
    gone = set(ids) - set(kept)
    for row in RegisterAnswer.objects.waiting().filter(asked_for__in=gone):
        row.delete()
    return len(gone)


def take_in_answers(*, application_id: UUID, at: datetime) -> None:
    """Let an application know what was answered: a waiting check goes on, a file is assessed again, what is still to
    be paid is weighed.
    """
    row = Application.objects.select_related("applicant", "policy_version__policy").filter(pk=application_id).first()
    if row is None:
        return
    if row.state == State.APPROVED:
        programme(row.programme).on_register_answer(row, at)
        return
    submission = row.submissions.order_by("number").last()
    if submission is None or row.state not in OPEN:
        return
    if submission.assessments.exists():
        assess_again(application_id=row.pk, at=at)
    else:
        check_submission(submission_id=submission.pk, at=at)


def may_ask_again(application: Application, by: User) -> bool:
    """Whether ``by`` may have the registers asked once more: somebody whose step is next, and any is connected."""
    roles = {step.role for step in steps_from(application.state)} & set(Role.values)
    return (
        application.applicant.user_id != by.pk
        and any(by.may_act_as(role, application.programme, application.town) for role in roles)
        and any(registers.is_connected(code) for code in registers_for(application.policy_version.parsed.reads))
    )


def ask_again(*, application: Application, by: User, at: datetime) -> None:
    """Have every register that the policy's clauses can be proven by asked once more. Raises StepRefused."""
    with transaction.atomic():
        row = lock_application(application.pk)
        if not may_ask_again(row, by):
            raise StepRefused(_("您没有办理这一步的权限。"))
        newest = RegisterAnswer.objects.filter(asked_for=row.pk).order_by("requested_at").last()
        if newest and (at - newest.requested_at).total_seconds() < AGAIN_AFTER:
            raise StepRefused(_("刚刚查询过，请过一会儿再查。"))
        ask_registers(row, at=at, afresh=True)
        record(action="registers.ask", actor=by, target=row, at=at)
