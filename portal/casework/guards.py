"""What must hold before a step. A guard answers None, or the sentence the person will read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.linking import known_as
from portal.accounts.models import User
from portal.casework.completeness import SIGNED_FORM, SIGNED_REQUEST, missing_parts
from portal.casework.deadlines import PROVISIONAL_LEEWAY_DAYS, REMIND_WORKING_DAYS, is_in_time, last_days_to_ask
from portal.casework.models import Application, Assessment, NoticeLine, Submission
from portal.casework.programmes import programme
from portal.casework.states import OPEN
from portal.casework.workflow import APPLICANT, STEPS, Step, reading_stage
from portal.policy.assessing import Verdict
from portal.policy.schema import PolicyDocument
from portal.policy.services import stored_calendar
from portal.ui.figures import listed


@dataclass
class Move:
    """One attempted step, as guards, the letter and the hooks see it."""

    application: Application
    step: Step
    actor: User | None
    at: datetime
    note: str = ""
    clause: str = ""
    items: list[dict[str, str]] = field(default_factory=list)  # {kind, section, name, note}

    @property
    def on(self) -> Any:
        """The business day of the move."""
        return timezone.localdate(self.at)

    @cached_property
    def document(self) -> PolicyDocument:
        """The policy version the application is pinned to."""
        return self.application.policy_version.parsed

    @cached_property
    def submission(self) -> Submission | None:
        """What was declared last."""
        return self.application.submissions.order_by("number").last()

    @cached_property
    def assessment(self) -> Assessment | None:
        """The newest assessment of the newest submission."""
        if self.submission is None:
            return None
        return self.submission.assessments.order_by("number").last()


Guard = Callable[[Move], str | None]


def everything_is_filled_in(move: Move) -> str | None:
    """Every part of the task list is done."""
    if missing_parts(move.application):
        return _("还有没填完的部分。请回到任务清单补齐后再提交。")
    return None


def signed_by_hand(move: Move) -> str | None:
    """A clerk who acts for the applicant has what the person signed for this very step: handed in since the person
    was heard last, and since a refusal. The applicant's own account needs no signature.
    """
    row = move.application
    if move.actor is None or move.actor.pk == row.applicant.user_id:
        return None
    kind = SIGNED_FORM if move.step.name in ("submit", "resubmit") else SIGNED_REQUEST
    if is_signed(row, kind):
        return None
    return _("请先打印申请表，请本人签名，再上传扫描件。") if kind == SIGNED_FORM else request_is_missing()


def is_signed(row: Application, kind: str) -> bool:
    """Whether a paper of this kind was handed in since the person was heard last, and since a refusal."""
    heard = row.steps_taken.filter(step__in=[step.name for step in STEPS if step.role == APPLICANT] + ["refuse"])
    signed = row.shelf.filter(kind=kind, removed_at__isnull=True)
    if last := heard.order_by("version").last():
        signed = signed.filter(added_at__gt=last.at)
    return signed.exists()


def request_is_missing() -> str:
    """What a clerk is told who has no request signed by hand."""
    return _("请先上传本人签名的请求书。")


def submission_is_checked(move: Move) -> str | None:
    """The automatic check of the newest submission is there."""
    return None if move.assessment else _("自动核对还没有完成，请过一会儿再试。")


def number_is_proven(move: Move) -> str | None:
    """A clerk has compared the number with the uploaded paper, or seen the person (later also: a register)."""
    if move.application.applicant.proven_at is None:
        return _("证件号码还没有核实。请先对照身份证件核实。")
    return None


def no_other_open_application(move: Move) -> str | None:
    """No other open application of this programme under the same number (the database holds it as well), or by the
    same person under another paper.
    """
    row = move.application
    everyone = known_as(row.applicant)
    others = Application.objects.filter(programme=row.programme, state__in=OPEN).exclude(pk=row.pk)
    if others.filter(number_hash=row.applicant.number_hash).exists():
        return _("同一证件号码在这个项目已有一件申请在办，不能再受理一件。")
    accepted = others.filter(Q(applicant__in=everyone.ids) | Q(number_hash__in=everyone.hashes)).exclude(number_hash="")
    if len(everyone.ids) > 1 and accepted.exists():
        return _("同一人用另一证件在这个项目已有一件申请在办，不能再受理一件。")
    return None


def items_are_marked(move: Move) -> str | None:
    """A return marks fields or papers and gives a reason."""
    if not move.items:
        return _("请至少标出一处需要补正的填写项或材料。")
    return reason_is_given(move)


def corrections_are_left(move: Move) -> str | None:
    """The policy's number of corrections is not used up."""
    times = move.document.correction.times
    if move.application.corrections.count() >= times:
        return _("按规定最多退回补正 %(times)s 次，已经用完。请作出决定。") % {"times": times}
    return None


def reason_is_given(move: Move) -> str | None:
    """A reason is written."""
    return None if move.note.strip() else _("请写明理由。")


def clause_and_reason_are_given(move: Move) -> str | None:
    """A refusal names a clause that is not met or stayed unproven, and a reason (PIPL art. 24: a person signs it)."""
    if move.clause not in {clause.code for clause in move.document.clauses}:
        return _("请选择不符合的条款。")
    findings = move.assessment.result["findings"] if move.assessment else []
    if any(item["clause"] == move.clause and item["answer"] == "met" for item in findings):
        return _("%(clause)s 核对为符合，不能作为不予批准的理由。") % {"clause": move.clause}
    return reason_is_given(move)


def every_clause_is_met(move: Move) -> str | None:
    """No clause is unproven or not met in the newest assessment, and what is granted is decided."""
    if move.assessment is None:
        return submission_is_checked(move)
    open_clauses = [item["clause"] for item in move.assessment.result["findings"] if item["answer"] != "met"]
    if open_clauses:
        return _("还有条款待证实或不符合：%(clauses)s。") % {"clauses": listed(open_clauses)}
    if move.document.makes_payable and not move.assessment.amount_fen:
        return _("还没有算出金额，请核对金额依据的事实。")
    if move.assessment.verdict != Verdict.ELIGIBLE:
        return _("条款都符合，但层次还没有定：请对照材料认定学历和人才认定。")
    return None


def somebody_signs_where_asked(move: Move) -> str | None:
    """A person signs, unless the programme lets the portal approve what is proven clause by clause (PIPL art. 24)."""
    if move.actor is None and not programme(move.application.programme).is_approved_when_proven:
        return _("这件要由审定人员决定。")
    return None


def papers_are_read_here(move: Move) -> str | None:
    """Papers are read at this stage: nobody reviews before it."""
    if move.application.state != reading_stage(move.document.stages):
        return _("这一环节不核对材料，请退回初审。")
    return None


def papers_were_read_before(move: Move) -> str | None:
    """There is a first review to send the file back to."""
    return None if papers_are_read_here(move) else _("这项政策没有初审环节，请退回补正，或者作出决定。")


def is_not_first_reviewer(move: Move) -> str | None:
    """First and second review are two persons."""
    if move.actor and move.actor.pk == move.application.first_reviewer_id:
        return _("这件由您初审，复审要由另一人办理。")
    return None


def is_neither_reviewer(move: Move) -> str | None:
    """The approver reviewed neither time."""
    reviewers = {move.application.first_reviewer_id, move.application.second_reviewer_id}
    if move.actor and move.actor.pk in reviewers:
        return _("这件由您审核过，审定要由另一人办理。")
    return None


def reconsideration_may_be_asked(move: Move) -> str | None:
    """The policy offers it, this refusal was not reconsidered yet, and the last day is not over."""
    last = last_days_to_ask([move.application], stored_calendar()).get(move.application.pk)
    if last is None:
        return _("这个决定不能申请复核，或者已经申请过。您可以申请行政复议。")
    if not is_in_time(last, move.on):
        return _("申请复核的期限已经过了。您可以申请行政复议。")
    return None


def nothing_newer_is_open(move: Move) -> str | None:
    """No other open application or draft in the programme: one at a time, also for what is looked at once more."""
    row = move.application
    if Application.objects.filter(applicant=row.applicant, programme=row.programme, state__in=OPEN).exists():
        return _("您在这个项目另有一件没有办结的申请或草稿。要申请复核，请先撤回那一件，或者删除草稿。")
    return no_other_open_application(move)


def notice_has_ended(move: Move) -> str | None:
    """The public notice has been shown to its last day, 24:00."""
    line = NoticeLine.objects.select_related("notice").filter(application=move.application, is_live=True).first()
    if line is None or line.notice.ends_on is None or line.notice.ends_on >= move.on:
        return _("公示期还没有结束。")
    return None


def correction_is_in_time(move: Move) -> str | None:
    """A correction is sent again while one is open and cannot lapse; its last day counts whole."""
    if correction_is_overdue(move) is None:
        return _("补正期限已经过了。")
    if move.application.corrections.filter(closed_at__isnull=True).exists():
        return None
    return _("补正已经结束。")


def correction_is_overdue(move: Move) -> str | None:
    """The last day has passed, and a letter said so in time: silence lapses nothing that nobody was reminded of.

    Where the working-day calendar of that year is not published yet, some days more.
    """
    correction = move.application.corrections.filter(closed_at__isnull=True).first()
    if correction is None:
        return _("补正已经结束。")
    leeway = PROVISIONAL_LEEWAY_DAYS if correction.is_due_provisional else 0
    if move.on <= correction.due_on + timedelta(days=leeway):
        return _("补正期限还没有到。")
    if correction.reminded_at is None:
        return _("还没有提醒申请人。")
    reminded_on = timezone.localdate(correction.reminded_at)
    if move.on <= stored_calendar().add_working_days(reminded_on, REMIND_WORKING_DAYS).day:
        return _("提醒申请人还不满 %(days)s 个工作日。") % {"days": REMIND_WORKING_DAYS}
    return None


# A step that one of these forbids is no step of the route at all: nobody is shown it.
ABOUT_THE_ROUTE = ("papers_are_read_here", "papers_were_read_before")

GUARDS: dict[str, Guard] = {
    guard.__name__: guard
    for guard in (
        everything_is_filled_in,
        signed_by_hand,
        submission_is_checked,
        number_is_proven,
        no_other_open_application,
        items_are_marked,
        corrections_are_left,
        reason_is_given,
        clause_and_reason_are_given,
        every_clause_is_met,
        somebody_signs_where_asked,
        papers_are_read_here,
        papers_were_read_before,
        is_not_first_reviewer,
        is_neither_reviewer,
        reconsideration_may_be_asked,
        nothing_newer_is_open,
        notice_has_ended,
        correction_is_in_time,
        correction_is_overdue,
    )
}
