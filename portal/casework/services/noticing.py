"""Public notices: collect, release by a second person, objections, end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.masking import Lookalike, distinguish, mask_name, public_last
from portal.accounts.models import Role, User
from portal.accounts.scopes import scope_q
from portal.audit.services import record
from portal.casework.deadlines import PROVISIONAL_LEEWAY_DAYS
from portal.casework.doors import DESK_ROLES, why_barred, within
from portal.casework.letters import tell_applicant
from portal.casework.models import (
    Application,
    Assessment,
    Notice,
    NoticeLine,
    NoticeObjection,
    ReferenceCounter,
    Submission,
)
from portal.casework.services.advancing import FileChanged, StepRefused, advance, lock_application
from portal.casework.states import State
from portal.notifications.services import queue_letter
from portal.policy.models import PolicyVersion
from portal.policy.services import stored_calendar

COLLECTORS = (Role.SECOND_REVIEWER, Role.APPROVER, Role.ADMINISTRATOR)
ENTERERS = (Role.CLERK, Role.SECOND_REVIEWER, Role.ADMINISTRATOR)  # of an objection that came by letter or visit
OBJECTION_READERS = (Role.ADMINISTRATOR, Role.AUDITOR)
LARGEST_NOTICE = 500  # one transaction


@dataclass(frozen=True)
class Period:
    """The days a list is on line, both included; provisional where a calendar not yet published could move the last."""

    starts_on: date
    ends_on: date
    is_provisional: bool


def period_from(released_on: date, working_days: int) -> Period:
    """The period of a list released on ``released_on``: that day is not counted (Civil Code art. 201).

    Where the calendar of a year is not published yet the list stays on line longer, so that it is never too short.
    """
    end = stored_calendar().add_working_days(released_on, working_days)
    leeway = timedelta(days=PROVISIONAL_LEEWAY_DAYS if end.is_provisional else 0)
    return Period(released_on + timedelta(days=1), end.day + leeway, end.is_provisional)


def waiting_for_notice(user: User) -> QuerySet[Application]:
    """The applications at public notice that stand on no list yet, in the scope of ``user``. Longest waiting first."""
    return (
        Application.objects.filter(within(user, COLLECTORS), state=State.PUBLIC_NOTICE)
        .exclude(notice_lines__is_live=True)
        .order_by("submitted_at", "id")
    )


def waiting_by_version(user: User) -> list[tuple[PolicyVersion, int]]:
    """How many wait under each policy version, in the scope of ``user``; versions without anybody are left out."""
    rows = waiting_for_notice(user).order_by().values("policy_version").annotate(count=Count("pk", distinct=True))
    counts = {row["policy_version"]: row["count"] for row in rows.order_by("policy_version")}
    versions = PolicyVersion.objects.filter(pk__in=counts).select_related("policy").order_by("policy__code", "pk")
    return [(version, counts[version.pk]) for version in versions]


def collect_notice(*, policy_version_id: int, by: User, at: datetime) -> Notice:
    """Put everybody who waits under one policy version on a new list, masked by the version's rule.

    At most 500 lines, in one transaction. Raises StepRefused where nobody waits (any more).
    """
    with transaction.atomic():
        waiting = waiting_for_notice(by).filter(policy_version_id=policy_version_id)
        ids = list(waiting.values_list("pk", flat=True)[:LARGEST_NOTICE])
        list(Application.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
        # Asked again behind the lock: who collected at the same moment has taken them already.
        rows = list(waiting.filter(pk__in=ids).select_related("applicant"))
        if not rows:
            raise StepRefused(_("现在没有等待公示的申请。"))
        version = PolicyVersion.objects.select_related("policy").get(pk=policy_version_id)
        year = timezone.localdate(at).year
        notice = Notice.objects.create(
            number=f"GS-{year}-{ReferenceCounter.take('notice', year):04d}",
            programme=rows[0].programme,
            policy_version=version,
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
    decided = _facts_decided_on(rows)
    masked = distinguish(
        Lookalike(
            name=mask_name(row.applicant.legal_name, masking.name),
            number=row.applicant.number,
            last=public_last(row.applicant.number, masking.number_last),
        )
        for row in rows
    )
    return [
        NoticeLine(
            notice=notice,
            application=row,
            position=position,
            name_masked=shown.name,
            number_masked=shown.masked_number,
            school=decided.get(row.pk, {}).get("school", answers[row.pk]["education"]["school"]),
            education=decided.get(row.pk, {}).get("education", answers[row.pk]["education"]["level"]),
            employer=answers[row.pk]["employment"]["employer_name"],
            amount_fen=row.amount_fen,
        )
        for position, (row, shown) in enumerate(zip(rows, masked, strict=True), start=1)
    ]


def _facts_decided_on(rows: list[Application]) -> dict[UUID, dict[str, str]]:
    """School and level as the newest assessment took them: what a reviewer settled counts before what was declared."""
    newest = {item.application_id: item for item in Assessment.objects.filter(application__in=rows).order_by("number")}
    found: dict[UUID, dict[str, str]] = {}
    for pk, assessment in newest.items():
        facts = assessment.facts["facts"]
        values = {name: facts[name]["value"] for name in ("school", "education") if name in facts}
        found[pk] = {name: value for name, value in values.items() if value not in ("", "-", "?")}
    return found


def may_release(notice: Notice, user: User) -> str | None:
    """What stands in the way of ``user`` releasing the list, as a sentence; None where nothing does. Reads only."""
    if notice.collected_by_id == user.pk:
        return _("名单由您汇总，发布要由另一人办理。")
    reach = Application.objects.filter(notice_lines__notice=notice, notice_lines__is_live=True)
    inside, all_of_them = reach.filter(scope_q(user, COLLECTORS)).count(), reach.count()
    if not all_of_them:
        return _("名单上已经没有人，不用发布。")
    if inside != all_of_them:
        return _("您没有办理这一步的权限。")
    if reach.filter(applicant__user=user).exists():
        return _("名单上有您本人的申请，发布要由另一人办理。")
    if reach.exclude(within(user, COLLECTORS)).exists():
        return _("名单上有您回避的申请，发布要由另一人办理。")
    return None


def release_notice(*, notice: Notice, by: User, at: datetime) -> Notice:
    """Publish a list: it is on line from the day after release, for the policy's working days.

    Raises StepRefused where ``by`` collected it (constraint ``notice_is_released_by_a_second_person``), does not
    reach every line, or nobody is left on it. Releasing again changes nothing.
    """
    with transaction.atomic():
        row = Notice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
        if row.released_at is not None:
            return row
        if refusal := may_release(row, by):
            raise StepRefused(refusal)
        period = period_from(timezone.localdate(at), row.policy_version.parsed.notice.working_days)
        row.released_by, row.released_at = by, at
        row.starts_on, row.ends_on, row.is_provisional = period.starts_on, period.ends_on, period.is_provisional
        row.save()
        record(action="notice.release", actor=by, target=row, at=at, fields=["starts_on", "ends_on"])
        lines = row.lines.filter(is_live=True).select_related("application__applicant__user")
        for line in lines.order_by("position"):
            line.application.policy_version = row.policy_version  # one list, one version: read and parsed once
            tell_applicant(
                line.application,
                "notice_started",
                key=f"{line.pk}:notice_started",
                at=at,
                starts_on=row.starts_on.isoformat(),
                ends_on=row.ends_on.isoformat(),
                is_provisional=row.is_provisional,
            )
        return row


def settle_periods(*, at: datetime) -> None:
    """Give running lists whose last day was provisional their true one, once the calendar of that year is published."""
    running = Notice.objects.filter(is_provisional=True, ends_on__gte=timezone.localdate(at))
    for notice in running.select_related("policy_version").order_by("pk"):
        released_on = timezone.localdate(notice.released_at)
        period = period_from(released_on, notice.policy_version.parsed.notice.working_days)
        if not period.is_provisional:
            with transaction.atomic():
                Notice.objects.filter(pk=notice.pk).update(ends_on=period.ends_on, is_provisional=False)
                record(action="notice.settle_period", actor=None, target=notice, at=at, fields=["ends_on"])


def notices_on(day: date) -> QuerySet[Notice]:
    """The lists that the public may read on ``day``: released, begun and not ended. Newest first."""
    return Notice.objects.filter(starts_on__lte=day, ends_on__gte=day).order_by("-starts_on", "-number")


def public_lines(notice: Notice) -> list[NoticeLine]:
    """The lines the public reads, in order: a suspended person stays, one withdrawn or upheld against has left."""
    return list(notice.lines.filter(is_live=True).order_by("position"))


def notices_of(user: User) -> QuerySet[Notice]:
    """The lists of the desk: those with at least one file in the scope of ``user``, newest first."""
    files = Application.objects.filter(scope_q(user, DESK_ROLES), notice_lines__notice=OuterRef("pk"))
    return Notice.objects.filter(Exists(files)).order_by("-collected_at", "-id")


def objections_of(user: User, roles: tuple[Role, ...] = OBJECTION_READERS) -> QuerySet[NoticeObjection]:
    """The objections to files in the scope of ``user`` as one of ``roles``, oldest first; never to the own file, nor
    to one they keep away from.
    """
    files = Application.objects.filter(within(user, roles), pk=OuterRef("line__application"))
    files = files.exclude(applicant__user=user)
    return NoticeObjection.objects.filter(Exists(files)).order_by("at", "id")


def with_counts(notices: QuerySet[Notice]) -> QuerySet[Notice]:
    """``notices`` with ``people``, the number of live lines, and the version loaded."""
    return notices.select_related("policy_version__policy").annotate(
        people=Count("lines", filter=Q(lines__is_live=True), distinct=True)
    )


def raise_objection(
    *, line: NoticeLine, name: str, contact: str, text: str, objector: User | None, by: User, at: datetime
) -> NoticeObjection:
    """Take a real-name objection: it suspends that person and not the list.

    ``objector`` is None where the office enters a letter or a visit; ``by`` then holds one of ENTERERS for the file.
    The same objection again, while it is open, is the same row. Raises StepRefused outside the notice's period.
    """
    with transaction.atomic():
        # One lock for everything that happens to this person: the second objection sees the first.
        row = lock_application(line.application_id)
        line = NoticeLine.objects.select_related("notice").get(pk=line.pk)
        if objector is None and not any(by.may_act_as(role, row.programme, row.town) for role in ENTERERS):
            raise StepRefused(_("您没有办理这一步的权限。"))
        if objector is None and (barred := why_barred(row, by)):
            raise StepRefused(barred)
        for known in line.objections.filter(state=NoticeObjection.State.OPEN, objector=objector).order_by("at", "id"):
            if known.text == text and (objector is not None or known.objector_name == name):
                return known
        if (
            objector is not None
            and line.objections.filter(state=NoticeObjection.State.OPEN, objector=objector).exists()
        ):
            raise StepRefused(_("您对这个人的异议正在核实，请等答复。"))
        notice, on = line.notice, timezone.localdate(at)
        if notice.starts_on is None or not notice.starts_on <= on <= notice.ends_on or not line.is_live:
            raise StepRefused(_("这份名单的公示期已经结束，或者这个人已不在名单上。"))
        objection = NoticeObjection.objects.create(
            line=line, objector=objector, objector_name=name, contact=contact, text=text, entered_by=by, at=at
        )
        record(action="objection.raise", actor=by, target=objection, at=at)
        if row.state == State.PUBLIC_NOTICE:
            advance(row, "suspend", actor=None, at=at, expected_version=row.version)
        return objection


def read_objection(*, objection: NoticeObjection, by: User, at: datetime) -> NoticeObjection:
    """Note that ``by`` opened what the objector wrote in confidence."""
    record(action="objection.read", actor=by, target=objection, at=at)
    return objection


def answer_objection(
    *, objection: NoticeObjection, is_upheld: bool, answer: str, by: User, at: datetime, expected_version: int
) -> NoticeObjection:
    """Decide an objection and answer the objector. The file moves when no other objection to it is open.

    Upheld, it goes back to second review; dismissed, it goes on with its notice. Raises StepRefused.
    """
    with transaction.atomic():
        # The file first, as in raise_objection: an objection that comes in meanwhile is seen below.
        row = lock_application(objection.line.application_id)
        found = NoticeObjection.objects.select_for_update(of=("self",)).get(pk=objection.pk)
        if found.state != NoticeObjection.State.OPEN:
            raise StepRefused(_("这份异议已经答复过。"))
        if not by.may_act_as(Role.ADMINISTRATOR, row.programme, row.town):
            raise StepRefused(_("您没有办理这一步的权限。"))
        if by.pk in (found.objector_id, found.entered_by_id):
            raise StepRefused(_("不能答复自己提出或登记的异议。"))
        if barred := why_barred(row, by):
            raise StepRefused(barred)
        if not answer.strip():
            raise StepRefused(_("请写明答复。"))
        if row.version != expected_version:
            raise FileChanged(_("这件申请刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
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
