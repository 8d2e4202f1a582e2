"""The worker's part with registers: ask what waits, and take the answers into checks, files and money."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from applicants.registers import services as registers
from applicants.registers.asking import Trouble
from applicants.registers.catalogue import REGISTERS, registers_for
from applicants.registers.models import RegisterAnswer
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import why_barred
from portal.casework.models import Application
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused, lock_application
from portal.casework.services.asking import ask_registers
from portal.casework.services.checking import approve_when_proven, assess_again, check_submission
from portal.casework.states import OPEN, State
from portal.casework.workflow import steps_from

logger = logging.getLogger(__name__)

AGAIN_AFTER = 60  # seconds between two times that somebody has the registers asked
SHARE = 6.0  # seconds that one register may take of a turn, so that a slow one does not keep the others waiting
MOST = 200  # applications that are told of answers in one turn
KEPT_FOR = timedelta(days=30)  # how long a question outlives the approval; what is paid later is asked about anew
TOLD_FOR = timedelta(days=7)  # a file that cannot take in its answers is not tried for ever
# After one of these the register is left alone for this turn: every question would wait for its time-out.
SILENT = frozenset({Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.DOWN, Trouble.QUOTA})


def ask_waiting(*, at: datetime, application_id: UUID | None = None) -> None:
    """Ask the questions that are due, all or those of one application, each outside of any transaction.

    Every register has its own share of the turn: neither silence nor a long queue of one holds up another.
    """
    for register in REGISTERS:
        ends = time.monotonic() + SHARE
        for pk in registers.waiting_ids(at, register, asked_for=application_id):
            if time.monotonic() > ends or _ask(pk, at) in SILENT:
                break


def _ask(pk: UUID, at: datetime) -> str:
    """Ask one question, unless another worker has it in hand. Gives the trouble there was, if any."""
    try:
        row = registers.ask(pk, at=at) if registers.take_question(pk, at=at) else None
    except Exception as error:  # one damaged file must not hold up the others, nor put its words in a log
        logger.error("Question %s could not be asked (%s).", pk, type(error).__name__)
        return ""
    return row.last_error if row else ""


def forget_ended(*, at: datetime, limit: int = 500) -> int:
    """Drop the questions of applications that ended otherwise than by approval, or were approved long ago."""
    concerned = Application.objects.filter(pk=OuterRef("asked_for"))
    wanted = Exists(concerned.filter(state__in=OPEN)) | (
        Exists(concerned.filter(state=State.APPROVED)) & Q(requested_at__gt=at - KEPT_FOR)
    )
    gone = list(RegisterAnswer.objects.waiting().filter(~wanted).values_list("pk", flat=True)[:limit])
    return RegisterAnswer.objects.waiting().filter(pk__in=gone).delete()[0] if gone else 0


def answered_applications(*, at: datetime, application_id: UUID | None = None) -> list[UUID]:
    """The applications that have yet to be told of an answer, also of one that a killed worker got."""
    rows = RegisterAnswer.objects.not_taken_in().filter(answered_at__gt=at - TOLD_FOR)
    if application_id is not None:
        rows = rows.filter(asked_for=application_id)
    return list(dict.fromkeys(rows.order_by("answered_at", "id").values_list("asked_for", flat=True)[:MOST]))


def take_in_answers(*, application_id: UUID, at: datetime) -> None:
    """Let an application know what was answered: a waiting check goes on, a file is assessed again, what is still to
    be paid is weighed. Doing it twice changes nothing.
    """
    seen = list(RegisterAnswer.objects.not_taken_in().filter(asked_for=application_id).values_list("pk", flat=True))
    _take_in(application_id, at)
    RegisterAnswer.objects.filter(pk__in=seen).mark_taken_in()


def _take_in(application_id: UUID, at: datetime) -> None:
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
        approve_when_proven(application_id=row.pk, at=at)
    else:
        check_submission(submission_id=submission.pk, at=at)


def may_ask_again(application: Application, by: User) -> bool:
    """Whether ``by`` may have the registers asked once more: somebody whose step is next, and any is connected."""
    roles = {step.role for step in steps_from(application.state)} & set(Role.values)
    return (
        any(by.may_act_as(role, application.programme, application.town) for role in roles)
        and why_barred(application, by) is None
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
