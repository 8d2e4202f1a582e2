"""The one function that writes an application's state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from applicants.people.linking import lock_everyone
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import speaks_for_applicant, why_barred
from portal.casework.guards import ABOUT_THE_ROUTE, GUARDS, Move
from portal.casework.letters import send_step_letter
from portal.casework.models import (
    Application,
    Correction,
    CorrectionItem,
    Decision,
    NoticeLine,
    Reconsideration,
    ReferenceCounter,
    StepTaken,
)
from portal.casework.programmes import programme
from portal.casework.services.asking import ask_at_stage
from portal.casework.services.claiming import PlaceTaken, claim_grants
from portal.casework.services.reconsidering import (
    close_reconsideration,
    open_reconsideration,
    waiting_reconsideration,
)
from portal.casework.states import ENDED, State
from portal.casework.workflow import (
    APPLICANT,
    DECIDING,
    NEXT,
    REFUSING,
    RETURNING,
    SIGNED_AS,
    SYSTEM,
    Step,
    next_stage,
    step_from,
    steps_from,
)
from portal.city import city
from portal.policy.calendar import Calendar
from portal.policy.services import stored_calendar


class StepRefused(Exception):
    """A step that may not be taken; its text is the sentence the person reads."""


class FileChanged(StepRefused):
    """Somebody else moved the file since this page was opened."""


def advance(
    application: Application,
    step_name: str,
    *,
    actor: User | None,
    at: datetime,
    expected_version: int,
    note: str = "",
    clause: str = "",
    items: Sequence[dict[str, str]] = (),
) -> Application:
    """Take one step of the workflow table, whole or not at all.

    State, signature, timeline, audit entry and letter are written in one transaction with the programme's hook.
    ``actor`` is None for the portal itself; ``at`` is business time; ``items`` are the marks of a correction
    (dicts of kind, section, name, note). Raises StepRefused (also as FileChanged) with a sentence.
    """
    try:
        with transaction.atomic():
            row = lock_application(application.pk)
            if row.version != expected_version:
                raise FileChanged(_("这件申请刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
            step = step_from(step_name, row.state)
            if step is None:
                raise StepRefused(_("这件申请现在不能这样办理。"))
            move = Move(row, step, actor, at, note, clause, list(items))
            if step.name in ("accept", "resubmit", "ask_reconsideration", "approve"):
                lock_everyone(row.applicant)  # of two accounts of one person, one at a time
            refusal = why_not(move)
            if refusal:
                raise StepRefused(refusal)
            _write(move)
            return row
    except PlaceTaken as taken:
        raise StepRefused(taken.sentence) from taken
    except IntegrityError as error:
        # The race that a guard cannot see: the database says which fact would have been broken.
        raise StepRefused(_sentence_for(error)) from error


def lock_application(pk: UUID) -> Application:
    """The row, locked for the running transaction, with what every step reads. Raises StepRefused where it is gone."""
    locked = Application.objects.select_for_update().filter(pk=pk).values_list("pk")
    # Locked alone, then read: after a wait PostgreSQL would look for a changed policy version among the rows before it.
    rows = Application.objects.select_related("applicant__user", "policy_version__policy")
    row = rows.filter(pk=pk).first() if locked.first() else None
    if row is None:
        raise StepRefused(_("这份草稿已经删除。"))
    return row


def why_not(move: Move) -> str | None:
    """The sentence that says why the step may not be taken now, or None. Reads only."""
    return _not_entitled(move) or next((text for name in move.step.guards if (text := GUARDS[name](move))), None)


def possible_steps(application: Application, user: User, *, at: datetime) -> list[tuple[Step, str | None]]:
    """The steps that ``user`` holds a role for in the present state, each with what still stands in its way.

    What the person has yet to fill in (reason, clause, marks) does not count as standing in the way.
    """
    found = []
    for step in steps_from(application.state):
        move = Move(application, step, user, at, note="-", clause="", items=[{}])
        if step.role == SYSTEM or not _holds_role(move):
            continue
        if any(GUARDS[name](move) for name in step.guards if name in ABOUT_THE_ROUTE):
            continue
        asked = {"clause_and_reason_are_given"}
        blocked = _not_entitled(move) or next(
            (text for name in step.guards if name not in asked and (text := GUARDS[name](move))), None
        )
        found.append((step, blocked))
    return found


def _holds_role(move: Move) -> bool:
    row, role = move.application, move.step.role
    if move.actor is None:
        return role == SYSTEM or move.step.is_also_system
    if role == SYSTEM:
        return False
    if role == APPLICANT:
        return move.actor.pk == row.applicant.user_id or speaks_for_applicant(move.actor, row)
    return move.actor.may_act_as(role, row.programme, row.town)


def _not_entitled(move: Move) -> str | None:
    row = move.application
    if not _holds_role(move):
        return _("您没有办理这一步的权限。")
    if move.step.role in (SYSTEM, APPLICANT):
        return None
    if move.actor is not None and (barred := why_barred(row, move.actor)):
        return barred
    if row.assignee_id and move.actor is not None and row.assignee_id != move.actor.pk:
        return _("这件正由同事办理。需要时请先接手。")
    return None


def _write(move: Move) -> None:
    row, step, source = move.application, move.step, move.application.state
    calendar = stored_calendar()
    correction = row.corrections.filter(closed_at__isnull=True).first() if source == State.CORRECTION else None
    asked = waiting_reconsideration(row) if source == State.RECONSIDERATION else None
    row.state = _target(move, correction or asked)
    row.state_at = move.at
    row.version += 1
    row.assignee = None
    if column := SIGNED_AS.get(step.name):
        setattr(row, column, move.actor)
    if step.name == "accept" or (step.name == "resubmit" and row.number_hash):  # a correction may mend the number
        row.number_hash = row.applicant.number_hash
    if step.name == "approve" and not row.number_hash:  # a route without acceptance
        row.number_hash = row.applicant.number_hash
    if row.state == State.FIRST_REVIEW and step.name in ("send_back", "accept", "uphold_reconsideration"):
        # A new first review is signed anew; the second review that asked for it is no longer a signature.
        row.first_reviewer = row.second_reviewer = None
    if row.state == State.SECOND_REVIEW:
        row.second_reviewer = None
    if correction is not None:
        correction.closed_at = move.at
        correction.save(update_fields=["closed_at"])
        if row.state not in ENDED and _is_present(correction, row):
            row.assignee = correction.returned_by
    if row.state == State.CORRECTION:
        correction = _open_correction(move, source, calendar)
    if (source == State.PUBLIC_NOTICE and row.state != State.OBJECTION) or (
        source == State.OBJECTION and row.state != State.PUBLIC_NOTICE
    ):
        NoticeLine.objects.filter(application=row, is_live=True).update(is_live=False)
    _set_due(move, source, correction, calendar)
    decision = _sign(move) if step.name in DECIDING else None
    if asked is not None:
        close_reconsideration(asked, move, decision)
    elif row.state == State.RECONSIDERATION:
        open_reconsideration(move)
    is_staffed = move.actor is not None and step.role in Role.values
    behalf = move.actor.stands_in_for(step.role, row.programme, row.town) if is_staffed else None
    row.save()
    StepTaken.objects.create(
        application=row,
        version=row.version,
        step=step.name,
        from_state=source,
        to_state=row.state,
        at=move.at,
        actor=move.actor,
        on_behalf_of_id=behalf,
        note=move.note,
    )
    told = f"{row.state}, for user {behalf}" if behalf else row.state
    record(action=f"application.{step.name}", actor=move.actor, target=row, at=move.at, fields=["state"], note=told)
    if row.state == State.APPROVED:
        claim_grants(row, at=move.at)
        programme(row.programme).on_approved(row, move.assessment, move.at)
    elif row.state == State.WITHDRAWN:
        programme(row.programme).on_withdrawn(row, move.at)
    elif row.state in (State.REFUSED, State.LAPSED):
        programme(row.programme).on_refused(row, move.at)
    elif step.name in ("submit", "resubmit"):
        programme(row.programme).on_submitted(row, move.at)
    ask_at_stage(row, at=move.at)
    if step.letter:
        send_step_letter(move, correction=correction, decision=decision)


def _is_present(correction: Correction, row: Application) -> bool:
    """Whether who returned the file can go on with it: still in that role there, and not keeping away from it."""
    roles = {step.role for step in steps_from(correction.stage) if step.name == "return"}
    who = correction.returned_by
    return any(who.may_act_as(role, row.programme, row.town) for role in roles) and why_barred(row, who) is None


def _target(move: Move, asked: Correction | Reconsideration | None) -> str:
    if move.step.target == NEXT:
        return next_stage(move.document.stages, move.application.state)
    if move.step.target in (RETURNING, REFUSING):
        return asked.stage
    return move.step.target


def _open_correction(move: Move, source: str, calendar: Calendar) -> Correction:
    due = calendar.add_working_days(move.on, move.document.correction.working_days)
    correction = Correction.objects.create(
        application=move.application,
        number=move.application.corrections.count() + 1,
        stage=source,
        returned_by=move.actor,
        at=move.at,
        due_on=due.day,
        is_due_provisional=due.is_provisional,
        reason=move.note,
    )
    for item in move.items:
        CorrectionItem.objects.create(correction=correction, **item)
    return correction


def _set_due(move: Move, source: str, correction: Correction | None, calendar: Calendar) -> None:
    """Set the last day of the new state: the policy's limit, the applicant's term, or what was left before it."""
    row = move.application
    if row.state == State.CORRECTION and correction is not None:
        if row.due_on:
            row.days_left = calendar.count_working_days(move.on, row.due_on).days
        row.due_on, row.is_due_provisional = correction.due_on, correction.is_due_provisional
        return
    days = None
    if row.state not in ENDED and row.state != State.PUBLIC_NOTICE:
        limits = {item.stage: item.limit_working_days for item in move.document.route}
        limits[State.RECONSIDERATION] = move.document.reconsideration_rule.limit_working_days
        days = limits.get(row.state, limits[State.SECOND_REVIEW] if row.state == State.OBJECTION else None)
        if source == State.CORRECTION and row.days_left is not None:
            days = max(row.days_left, 1)
    row.days_left = None
    if days is None:
        row.due_on, row.is_due_provisional = None, False
        return
    due = calendar.add_working_days(move.on, days)
    row.due_on, row.is_due_provisional = due.day, due.is_provisional


def _sign(move: Move) -> Decision:
    year = move.on.year
    serial = ReferenceCounter.take("decision", year)
    approved = move.application.state == State.APPROVED
    return Decision.objects.create(
        application=move.application,
        number=f"{city().decision_prefix}〔{year}〕{serial} 号",
        outcome=move.application.state,
        clause="" if approved else move.clause,
        reason="" if approved else move.note,
        amount_fen=move.assessment.amount_fen if approved else None,
        signed_by=move.actor,
        at=move.at,
    )


def _sentence_for(error: IntegrityError) -> str:
    text = str(error)
    if "one_live_grant_per_number_and_exclusion_group" in text or "grantclaim" in text:
        return _("同一证件号码已经批准过与这项互斥的补贴，不能再批准。")
    if "one_open_application_per_number_and_programme" in text or "number_hash" in text:
        return _("同一证件号码在这个项目已有一件申请在办，不能再受理一件。")
    if "one_open_application_per_person_and_programme" in text or "casework_application.applicant_id" in text:
        return _("您在这个项目另有一件没有办结的申请或草稿。要申请复核，请先撤回那一件，或者删除草稿。")
    if "entered_by_and" in text or "submitted_by_and" in text:
        return _("这件由您在柜台录入，审核要由另一人办理。")
    if "different_people" in text:
        return _("初审、复审、审定要由三个人办理。")
    raise error


def take_file(
    application: Application, *, by: User, at: datetime, expected_version: int, reason: str = ""
) -> Application:
    """Put the file in the hands of ``by``; taking it over from a colleague needs a reason. Raises StepRefused."""
    with transaction.atomic():
        row = lock_application(application.pk)
        if row.version != expected_version:
            raise FileChanged(_("这件申请刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
        if barred := why_barred(row, by):
            raise StepRefused(barred)
        roles = {step.role for step in steps_from(row.state)} & set(Role.values)
        if not any(by.may_act_as(role, row.programme, row.town) for role in roles):
            raise StepRefused(_("您没有办理这一步的权限。"))
        if row.assignee_id not in (None, by.pk) and not reason.strip():
            raise StepRefused(_("这件正由同事办理。接手请写明理由。"))
        row.assignee = by
        row.save(update_fields=["assignee"])
        record(action="application.take", actor=by, target=row, at=at, fields=["assignee"], note=row.state)
        return row
