"""Public notices: collect, release by a second person, objections, end."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.masking import Lookalike, distinguish, mask_name
from portal.accounts.models import Role, User
from portal.accounts.scopes import scope_q
from portal.audit.services import record
from portal.casework.letters import tell_applicant
from portal.casework.models import Application, Notice, NoticeLine, NoticeObjection, ReferenceCounter, Submission
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.states import State
from portal.notifications.services import queue_letter
from portal.policy.services import stored_calendar

COLLECTORS = (Role.SECOND_REVIEWER, Role.APPROVER, Role.ADMINISTRATOR)
LARGEST_NOTICE = 500  # one transaction


def waiting_for_notice(user: User) -> QuerySet[Application]:
    """The applications at public notice that stand on no list yet, in the scope of ``user``."""
    return (
        Application.objects.filter(scope_q(user, COLLECTORS), state=State.PUBLIC_NOTICE)
        .exclude(notice_lines__is_live=True)
        .order_by("submitted_at", "id")
    )


def collect_notice(*, policy_version_id: int, by: User, at: datetime) -> Notice:
    """Put everybody who waits under one policy version on a new list, masked by the version's rule.

    At most 500 lines, in one transaction. Raises StepRefused where nobody waits.
    """
    with transaction.atomic():
        rows = list(
            waiting_for_notice(by)
            .filter(policy_version_id=policy_version_id)
            .select_related("applicant", "policy_version__policy")
            .select_for_update(of=("self",))[:LARGEST_NOTICE]
        )
        if not rows:
            raise StepRefused(_("现在没有等待公示的申请。"))
        year = timezone.localdate(at).year
        notice = Notice.objects.create(
            number=f"GS-{year}-{ReferenceCounter.take('notice', year):04d}",
            programme=rows[0].programme,
            policy_version=rows[0].policy_version,
            collected_by=by,
            collected_at=at,
        )
        NoticeLine.objects.bulk_create(_lines(notice, rows))
        record(action="notice.collect", actor=by, target=notice, at=at, fields=["lines"], note=str(len(rows)))
        return notice


def _lines(notice: Notice, rows: list[Application]) -> list[NoticeLine]:
    masking = notice.policy_version.parsed.notice.masking
    submissions = Submission.objects.filter(application__in=rows).order_by("number")
    answers = {submission.application_id: submission.answers for submission in submissions}  # the last one stays
    masked = distinguish(
        [
            Lookalike(name=mask_name(row.applicant.legal_name, masking.name), number=row.applicant.number, last=masking.number_last)
            for row in rows
        ]
    )
    return [
        NoticeLine(
            notice=notice,
            application=row,
            position=position,
            name_masked=shown.name,
            number_masked=shown.masked_number,
            school=answers[row.pk]["education"]["school"],
            education=answers[row.pk]["education"]["level"],
            employer=answers[row.pk]["employment"]["employer_name"],
            amount_fen=row.amount_fen,
        )
        for position, (row, shown) in enumerate(zip(rows, masked, strict=True), start=1)
    ]


def release_notice(*, notice: Notice, by: User, at: datetime) -> Notice:
    """Publish a list: it is on line from the day after release, for the policy's working days.

    Raises StepRefused where ``by`` collected it (constraint ``notice_is_released_by_a_second_person``) or it is out already.
    """
    with transaction.atomic():
        row = Notice.objects.select_for_update(of=("self",)).select_related("policy_version").get(pk=notice.pk)
        if row.released_at is not None:
            return row
        if row.collected_by_id == by.pk:
            raise StepRefused(_("名单由您汇总，发布要由另一人办理。"))
        if not any(by.may_act_as(role, row.programme, "") for role in COLLECTORS):
            raise StepRefused(_("您没有办理这一步的权限。"))
        on = timezone.localdate(at)
        end = stored_calendar().add_working_days(on, row.policy_version.parsed.notice.working_days)
        row.released_by, row.released_at = by, at
        row.starts_on, row.ends_on, row.is_provisional = on + timedelta(days=1), end.day, end.is_provisional
        row.save()
        record(action="notice.release", actor=by, target=row, at=at, fields=["starts_on", "ends_on"])
        for line in row.lines.filter(is_live=True).select_related(
            "application__applicant__user", "application__policy_version__policy"
        ):
            tell_applicant(
                line.application,
                "notice_started",
                key=f"{line.pk}:notice_started",
                at=at,
                starts_on=row.starts_on.isoformat(),
                ends_on=row.ends_on.isoformat(),
            )
        return row


def notices_on(day: date) -> QuerySet[Notice]:
    """The lists that the public may read on ``day``: released, begun and not ended. Newest first."""
    return Notice.objects.filter(starts_on__lte=day, ends_on__gte=day).order_by("-starts_on", "-number")


def raise_objection(
    *, line: NoticeLine, name: str, contact: str, text: str, objector: User | None, by: User, at: datetime
) -> NoticeObjection:
    """Take a real-name objection: it suspends that person and not the list.

    ``objector`` is None where a clerk enters a letter or a visit. Raises StepRefused outside the notice's period.
    """
    with transaction.atomic():
        notice = line.notice
        on = timezone.localdate(at)
        if notice.starts_on is None or not notice.starts_on <= on <= notice.ends_on or not line.is_live:
            raise StepRefused(_("这份名单的公示期已经结束，或者这个人已不在名单上。"))
        objection = NoticeObjection.objects.create(
            line=line, objector=objector, objector_name=name, contact=contact, text=text, entered_by=by, at=at
        )
        record(action="objection.raise", actor=by, target=objection, at=at)
        row = Application.objects.get(pk=line.application_id)
        if row.state == State.PUBLIC_NOTICE:
            advance(row, "suspend", actor=None, at=at, expected_version=row.version)
        return objection


def answer_objection(
    *, objection: NoticeObjection, is_upheld: bool, answer: str, by: User, at: datetime, expected_version: int
) -> NoticeObjection:
    """Decide an objection and answer the objector. The file moves when no other objection to it is open.

    Upheld, it goes back to second review; dismissed, it goes on with its notice. Raises StepRefused.
    """
    with transaction.atomic():
        found = NoticeObjection.objects.select_for_update(of=("self",)).select_related("line__application").get(pk=objection.pk)
        if found.state != NoticeObjection.State.OPEN:
            raise StepRefused(_("这份异议已经答复过。"))
        row = found.line.application
        if not by.may_act_as(Role.ADMINISTRATOR, row.programme, row.town):
            raise StepRefused(_("您没有办理这一步的权限。"))
        if not answer.strip():
            raise StepRefused(_("请写明答复。"))
        found.state = NoticeObjection.State.UPHELD if is_upheld else NoticeObjection.State.DISMISSED
        found.answer, found.answered_by, found.answered_at = answer, by, at
        found.save()
        record(action="objection.answer", actor=by, target=found, at=at, fields=["state"], note=found.state)
        others = NoticeObjection.objects.filter(line=found.line, state=NoticeObjection.State.OPEN)
        if row.state == State.OBJECTION and (is_upheld or not others.exists()):
            step = "uphold_objection" if is_upheld else "dismiss_objection"
            advance(row, step, actor=by, at=at, expected_version=expected_version, note=answer)
        if found.objector is not None:
            queue_letter(
                kind="objection_answered",
                recipient=found.objector,
                reference=found.line.notice.number,
                context={"name": found.objector_name, "reference": found.line.notice.number, "answer": answer},
                key=f"{found.pk}:objection_answered",
                at=at,
            )
        return found
