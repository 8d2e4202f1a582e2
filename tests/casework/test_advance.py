"""The one function that writes a state: every guard, who signs, what comes with it, and races for it."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from applicants.people.services import prove_number, save_education
from portal.accounts.models import RoleGrant
from portal.audit.models import Entry
from portal.casework.models import Application, Correction, Decision, NoticeLine, Submission
from portal.casework.services.advancing import FileChanged, StepRefused, advance, possible_steps, take_file
from portal.casework.services.checking import check_submission, settle_facts
from portal.casework.services.drafting import resubmit_application, submit_application
from portal.casework.services.due import act_on_due
from portal.notifications.models import Letter
from tests import factories as make
from tests.factories import AT

MARK = {"kind": "field", "section": "education", "name": "school", "note": ""}


def now(row):
    return Application.objects.select_related("applicant__user", "policy_version__policy").get(pk=row.pk)


def take(row, step, role, *, at=AT, **details):
    """One step by the person who holds ``role`` (a user is taken as it is; "system" is nobody)."""
    row = now(row)
    actor = None if role == "system" else make.staff(role) if isinstance(role, str) else role
    return advance(
        row, step, actor=actor, at=at, expected_version=details.pop("expected_version", row.version), **details
    )


def refused(row, step, role, **details):
    before = now(row)
    with pytest.raises(StepRefused) as refusal:
        take(row, step, role, **details)
    assert (now(row).state, now(row).version) == (before.state, before.version)
    return str(refusal.value)


# ── guards: the refusal, what is then put right, and the success ───────────────────────────────────────────────────


@pytest.mark.django_db
def test_accepting_waits_for_a_proven_number():
    row = make.make_application_in("accept")
    assert refused(row, "accept", "clerk") == "证件号码还没有核实。请先对照身份证材料核实，再受理。"

    prove_number(person=row.applicant, by=make.staff("clerk"), at=AT)

    assert take(row, "accept", "clerk").state == "first_review"
    assert now(row).number_hash == row.applicant.number_hash


@pytest.mark.django_db
def test_accepting_waits_until_no_other_application_under_the_number_is_open():
    number = make.make_number()
    other = make.make_application_in("accept", person=make.make_person(identity={"number": number}))
    row = make.make_application_in("accept", person=make.make_person(identity={"number": number}))
    prove_number(person=row.applicant, by=make.staff("clerk"), at=AT)
    assert refused(row, "accept", "clerk") == "同一证件号码在这个项目已有一件申请在办，不能再受理一件。"

    take(other, "withdraw", other.applicant.user)

    assert take(row, "accept", "clerk").state == "first_review"


@pytest.mark.django_db
def test_submitting_waits_until_everything_is_filled_in():
    draft = make.make_draft()
    save_education(person=draft.applicant, values={"school": ""}, by=draft.applicant.user, at=AT)
    with pytest.raises(StepRefused, match="还有没填完的部分"):
        submit_application(application=draft, by=draft.applicant.user, at=AT)
    assert now(draft).reference is None  # nothing of the attempt stays, not even the number

    save_education(person=draft.applicant, values={"school": "闽南示例大学"}, by=draft.applicant.user, at=AT)

    assert submit_application(application=draft, by=draft.applicant.user, at=AT).reference == "LS-2023-000001"


@pytest.mark.django_db
def test_the_first_review_passes_once_every_clause_is_met():
    row = make.make_application_in("first_review")
    assert (
        refused(row, "pass_first", "first_reviewer")
        == "还有条款待证实或不符合：LS-1、LS-2、LS-3、LS-4、LS-5、LS-6、LS-7。"
    )

    make.settle_everything(row)

    assert take(row, "pass_first", "first_reviewer").state == "second_review"


@pytest.mark.django_db
def test_a_corrected_file_waits_for_the_check_of_what_was_sent_again():
    row = make.make_application_in("first_review")
    take(row, "return", "first_reviewer", note="请改。", items=[MARK])
    resubmit_application(application=row, by=row.applicant.user, at=AT, expected_version=now(row).version)
    assert refused(row, "pass_first", "first_reviewer") == "自动核对还没有完成，请过一会儿再试。"

    check_submission(submission_id=row.submissions.get(number=2).pk, at=AT)
    make.settle_everything(now(row))

    assert take(row, "pass_first", "first_reviewer").state == "second_review"


@pytest.mark.django_db
def test_a_return_needs_marks_and_a_reason():
    row = make.make_application_in("first_review")
    assert refused(row, "return", "first_reviewer", note="请改。") == "请至少标出一处需要补正的填写项或材料。"
    assert refused(row, "return", "first_reviewer", note="  ", items=[MARK]) == "请写明理由。"

    assert take(row, "return", "first_reviewer", note="请改。", items=[MARK]).state == "correction"


@pytest.mark.django_db
def test_a_file_is_returned_no_more_often_than_the_policy_says():
    row = make.make_application_in("correction")
    resubmit_application(application=row, by=row.applicant.user, at=AT, expected_version=row.version)

    assert (
        refused(row, "return", "clerk", note="请改。", items=[MARK])
        == "按规定最多退回补正 1 次，已经用完。请作出决定。"
    )


@pytest.mark.django_db
def test_a_refusal_needs_a_clause_of_the_policy_and_a_reason():
    row = make.make_application_in("first_review")
    assert refused(row, "refuse", "first_reviewer", note="不符合。") == "请选择不符合的条款。"
    assert refused(row, "refuse", "first_reviewer", note="不符合。", clause="YT-1") == "请选择不符合的条款。"
    assert refused(row, "refuse", "first_reviewer", clause="LS-2") == "请写明理由。"

    assert take(row, "refuse", "first_reviewer", note="不符合。", clause="LS-2").state == "refused"


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "role"), [("second_review", "second_reviewer"), ("final_approval", "approver")])
def test_sending_back_needs_a_reason(state, role):
    row = make.make_application_in(state)
    assert refused(row, "send_back", role) == "请写明理由。"

    sent = take(row, "send_back", role, note="单位类型请再核。")

    assert (sent.state, sent.first_reviewer, sent.second_reviewer) == ("first_review", None, None)


@pytest.mark.django_db
def test_a_notice_closes_after_its_last_day_and_not_before():
    row = make.make_application_in("objection")
    take(row, "dismiss_objection", "administrator", note="查无此事。")
    notice = NoticeLine.objects.get(application=row).notice
    last_minute = datetime.combine(notice.ends_on, datetime.max.time(), tzinfo=make.SHANGHAI)
    assert "公示" in refused(row, "close_notice", "system", at=last_minute)

    assert take(row, "close_notice", "system", at=last_minute + timedelta(minutes=1)).state == "final_approval"


@pytest.mark.django_db
def test_a_correction_lapses_after_its_last_day_and_not_before():
    row = make.make_application_in("correction")
    correction = row.corrections.get()
    assert correction.due_on == date(2023, 10, 30)  # ten working days after 16 October
    last_minute = datetime(2023, 10, 30, 23, 59, tzinfo=make.SHANGHAI)
    assert refused(row, "lapse", "system", at=last_minute) == "补正期限还没有到。"

    assert take(row, "lapse", "system", at=last_minute + timedelta(minutes=1)).state == "lapsed"
    assert refused(row, "resubmit", row.applicant.user) == "这件申请现在不能这样办理。"


# ── who ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_step_belongs_to_its_role_in_its_programme_and_town():
    row = make.make_application_in("accept")
    prove_number(person=row.applicant, by=make.staff("clerk"), at=AT)
    strangers = [
        make.staff("first_reviewer"),
        make.staff("administrator"),
        make.make_staff("clerk", town="baogai"),
        make.make_staff("clerk", programme="talent-card"),
        row.applicant.user,
        "system",
    ]
    for stranger in strangers:
        assert refused(row, "accept", stranger) == "您没有办理这一步的权限。"

    assert (
        take(row, "accept", make.make_staff("clerk", town="fengli", programme="living-subsidy")).state == "first_review"
    )


@pytest.mark.django_db
def test_someone_elses_application_is_not_withdrawn():
    row = make.make_application_in("accept")
    assert refused(row, "withdraw", make.make_user()) == "您没有办理这一步的权限。"

    assert take(row, "withdraw", row.applicant.user).state == "withdrawn"


@pytest.mark.django_db
def test_nobody_handles_the_own_application():
    clerk = make.make_staff("clerk")
    row = make.make_application_in("accept", person=make.make_person(clerk))
    prove_number(person=row.applicant, by=make.staff("clerk"), at=AT)
    assert refused(row, "accept", clerk) == "不能办理本人的申请。"

    assert take(row, "accept", "clerk").state == "first_review"


@pytest.mark.django_db
def test_first_reviewer_second_reviewer_and_approver_are_three_people():
    everything = make.make_staff("clerk", "first_reviewer", "second_reviewer", "approver")
    other = make.make_staff("second_reviewer", "approver")
    row = make.make_application_in("accept")
    prove_number(person=row.applicant, by=everything, at=AT)
    take(row, "accept", everything)
    make.settle_everything(now(row))
    take(row, "pass_first", everything)  # who accepted may review first
    assert refused(row, "pass_second", everything) == "这件由您初审，复审要由另一人办理。"
    assert refused(row, "refuse", everything, clause="LS-1", note="不符合。") == "这件由您初审，复审要由另一人办理。"

    take(row, "pass_second", other)
    Application.objects.filter(pk=row.pk).update(state="final_approval")
    assert refused(row, "approve", everything) == "这件由您审核过，审定要由另一人办理。"
    assert refused(row, "approve", other) == "这件由您审核过，审定要由另一人办理。"

    approved = take(row, "approve", "approver")
    signers = (approved.accepted_by, approved.first_reviewer, approved.second_reviewer, approved.approver)
    assert signers == (everything, everything, other, make.staff("approver"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "other"),
    [("first_reviewer", "second_reviewer"), ("first_reviewer", "approver"), ("second_reviewer", "approver")],
)
def test_the_database_itself_keeps_them_apart(one, other):
    row = make.make_application_in("approved")
    with pytest.raises(IntegrityError, match=f"{one}_and_{other}_are_different_people"), transaction.atomic():
        Application.objects.filter(pk=row.pk).update(**{one: getattr(row, other)})


@pytest.mark.django_db
def test_a_file_in_a_colleagues_hands_is_taken_over_with_a_reason_first():
    row = make.make_application_in("first_review")
    colleague = make.make_staff("first_reviewer")
    make.settle_everything(row)
    take_file(row, by=colleague, at=AT, expected_version=row.version)
    assert refused(row, "pass_first", "first_reviewer") == "这件正由同事办理。需要时请先接手。"
    with pytest.raises(StepRefused, match="接手请写明理由"):
        take_file(row, by=make.staff("first_reviewer"), at=AT, expected_version=row.version)

    take_file(row, by=make.staff("first_reviewer"), at=AT, expected_version=row.version, reason="同事休假")

    assert take(row, "pass_first", "first_reviewer").state == "second_review"
    assert now(row).assignee is None


@pytest.mark.django_db
def test_only_who_may_move_a_file_takes_it():
    row = make.make_application_in("first_review")
    for role in ("clerk", "approver", "auditor"):
        with pytest.raises(StepRefused, match="您没有办理这一步的权限"):
            take_file(row, by=make.staff(role), at=AT, expected_version=row.version)


@pytest.mark.django_db
def test_possible_steps_are_those_of_the_role_with_what_stands_in_their_way():
    row = now(make.make_application_in("second_review"))

    def steps(user):
        return [(step.name, blocked) for step, blocked in possible_steps(row, user, at=AT)]

    barred = "这件由您初审，复审要由另一人办理。"
    RoleGrant.objects.create(user=make.staff("first_reviewer"), role="second_reviewer")
    assert steps(make.staff("second_reviewer")) == [("pass_second", None), ("send_back", None), ("refuse", None)]
    make.staff("first_reviewer").refresh_from_db()
    assert steps(make.staff("first_reviewer")) == [("pass_second", barred), ("send_back", barred), ("refuse", barred)]
    assert steps(make.staff("auditor")) == []
    assert steps(row.applicant.user) == [("withdraw", None)]


# ── what comes with a step ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_stale_page_moves_nothing():
    row = make.make_application_in("second_review")
    with pytest.raises(FileChanged, match="这件申请刚刚被别人办理过"):
        take(row, "pass_second", "second_reviewer", expected_version=row.version - 1)
    assert now(row).state == "second_review"

    assert take(row, "pass_second", "second_reviewer").state == "public_notice"


@pytest.mark.django_db
def test_every_step_leaves_one_line_on_the_timeline_and_one_entry():
    row = make.make_application_in("approved")

    steps = ["submit", "finish_check", "accept", "pass_first", "pass_second", "close_notice", "approve"]
    assert [(taken.version, taken.step) for taken in row.steps_taken.order_by("version")] == list(enumerate(steps, 1))
    entries = Entry.objects.filter(target_id=str(row.pk), action__in=[f"application.{step}" for step in steps])
    found = {entry.action: (entry.note, entry.fields) for entry in entries}
    assert found == {
        "application.submit": ("check", ["state"]),
        "application.finish_check": ("accept", ["state"]),
        "application.accept": ("first_review", ["state"]),
        "application.pass_first": ("second_review", ["state"]),
        "application.pass_second": ("public_notice", ["state"]),
        "application.close_notice": ("final_approval", ["state"]),
        "application.approve": ("approved", ["state"]),
    }
    assert entries.count() == 7


@pytest.mark.django_db
def test_each_step_that_tells_the_applicant_sends_one_letter():
    row = make.make_application_in("approved")

    kinds = (
        Letter.objects.filter(recipient=row.applicant.user)
        .order_by("created_at", "kind")
        .values_list("kind", flat=True)
    )
    assert list(kinds) == ["receipt", "accepted", "notice_started", "approved"]


@pytest.mark.django_db
def test_a_refused_step_leaves_nothing_behind():
    row = make.make_application_in("first_review")
    counts = (Entry.objects.count(), Letter.objects.count(), row.steps_taken.count(), Decision.objects.count())

    refused(row, "refuse", "first_reviewer", clause="LS-1")

    assert (Entry.objects.count(), Letter.objects.count(), row.steps_taken.count(), Decision.objects.count()) == counts


@pytest.mark.django_db
def test_a_correction_comes_back_to_the_same_stage_and_person_with_the_days_that_were_left():
    row = make.make_application_in("first_review")
    assert row.due_on == date(2023, 10, 23)  # five working days after Monday 16 October
    wednesday = datetime(2023, 10, 18, 10, 0, tzinfo=make.SHANGHAI)
    take(row, "return", "first_reviewer", at=wednesday, note="请改。", items=[MARK])
    assert (now(row).due_on, now(row).days_left) == (date(2023, 11, 1), 3)  # the applicant's ten days; three left

    friday = datetime(2023, 10, 27, 10, 0, tzinfo=make.SHANGHAI)
    resubmit_application(application=row, by=row.applicant.user, at=friday, expected_version=now(row).version)

    row = now(row)
    assert (row.state, row.assignee) == ("first_review", make.staff("first_reviewer"))
    assert (row.due_on, row.days_left) == (date(2023, 11, 1), None)  # 30 and 31 October, 1 November
    assert Correction.objects.get(application=row).closed_at == friday
    assert Letter.objects.filter(kind="correction_received").count() == 1


@pytest.mark.django_db
def test_a_corrected_file_goes_to_anybody_where_who_returned_it_has_left():
    row = make.make_application_in("correction")
    clerk = make.staff("clerk")
    clerk.is_active = False
    clerk.save()

    resubmit_application(application=row, by=row.applicant.user, at=AT, expected_version=row.version)

    assert (now(row).state, now(row).assignee) == ("accept", None)


@pytest.mark.django_db
def test_the_application_date_stays_the_day_of_the_first_submission():
    row = make.make_application_in("correction")

    later = AT + timedelta(days=9)
    resubmit_application(application=row, by=row.applicant.user, at=later, expected_version=row.version)

    assert now(row).submitted_on == date(2023, 10, 16)
    assert [submission.at for submission in Submission.objects.filter(application=row)] == [AT, later]


@pytest.mark.django_db
def test_an_upheld_objection_takes_the_file_off_the_notice_and_back_to_second_review():
    row = make.make_application_in("objection")

    taken = take(row, "uphold_objection", "administrator", note="情况属实。")

    assert (taken.state, taken.second_reviewer) == ("second_review", None)
    assert not NoticeLine.objects.get(application=row).is_live


@pytest.mark.django_db
def test_a_decision_is_numbered_and_signed():
    approved = make.make_application_in("approved").decisions.get()
    refusal = make.make_application_in("refused").decisions.get()

    assert (approved.number, refusal.number) == ("石人社补〔2023〕1 号", "石人社补〔2023〕2 号")
    assert (approved.signed_by, approved.amount_fen) == (make.staff("approver"), 1_000_000)
    assert (refusal.signed_by, refusal.clause) == (make.staff("first_reviewer"), "LS-1")


@pytest.mark.django_db
def test_facts_are_settled_by_the_first_reviewer_at_first_review_with_a_paper_of_the_file():
    row = make.make_application_in("first_review")
    other = make.make_application_in("accept")

    def settle(by="first_reviewer", paper=row, value="2023-06-20", **changes):
        settle_facts(
            application=changes.get("application", row),
            values={"diploma_on": value},
            paper=paper.shelf.get(kind="diploma").paper,
            by=make.staff(by),
            at=AT,
            expected_version=changes.get("application", row).version,
        )

    for wrong, sentence in (
        ({"by": "clerk"}, "只有初审时，由初审人员认定事实。"),
        ({"application": other, "paper": other}, "只有初审时，由初审人员认定事实。"),
        ({"paper": other}, "请选择这件申请的材料。"),
        ({"value": "去年夏天"}, "“去年夏天”不是日期，请写成 2023-06-20 这样"),
    ):
        with pytest.raises(StepRefused) as refusal:
            settle(**wrong)
        assert str(refusal.value) == sentence
    assert row.settlements.count() == 0

    settle()

    assert row.assessments.order_by("number").last().answers == "umuuuumm"


@pytest.mark.django_db
def test_what_is_due_is_done_by_itself():
    lapsing = make.make_application_in("correction")
    showing = make.make_application_in("objection")
    take(showing, "dismiss_objection", "administrator", note="查无此事。")

    act_on_due(at=AT + timedelta(days=30))

    assert (now(lapsing).state, now(showing).state) == ("lapsed", "final_approval")


# ── races ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres
def test_twenty_submissions_of_one_draft_give_one_reference(race):
    draft = make.make_draft()
    user = draft.applicant.user

    outcomes = race(20, lambda _number: submit_application(application=draft, by=user, at=AT).reference)

    assert outcomes == ["LS-2023-000001"] * 20
    assert Submission.objects.count() == 1
    assert Letter.objects.filter(kind="receipt").count() == 1


@pytest.mark.postgres
def test_of_two_reviewers_racing_for_one_step_one_wins(race):
    row = make.make_application_in("second_review")
    reviewers = [make.staff("second_reviewer"), make.make_staff("second_reviewer")]

    outcomes = race(
        2,
        lambda n: (
            advance(row, "pass_second", actor=reviewers[n], at=AT, expected_version=row.version).second_reviewer_id
        ),
    )

    won = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert len(won) == 1
    assert [type(outcome) for outcome in outcomes if not isinstance(outcome, int)] == [FileChanged]
    assert (now(row).state, now(row).second_reviewer_id) == ("public_notice", won[0])


@pytest.mark.postgres
def test_of_two_files_under_one_number_one_is_accepted(race):
    number = make.make_number()
    first, second = (
        make.make_application_in("accept", person=make.make_person(identity={"number": number})) for _n in range(2)
    )
    # Whoever accepts proves first, and a number is proven once: that race is decided there. Here both were let through.
    type(first.applicant).objects.filter(pk=first.applicant_id).update(proven_at=AT, proven_by=make.staff("clerk"))
    clerks = [make.staff("clerk"), make.make_staff("clerk")]
    rows = [first, second]

    def accept(n):
        prove_number(person=rows[n].applicant, by=clerks[n], at=AT)
        return advance(rows[n], "accept", actor=clerks[n], at=AT, expected_version=rows[n].version).state

    outcomes = race(2, accept)

    assert sorted(now(row).state for row in rows) == ["accept", "first_review"]
    assert sum(outcome == "first_review" for outcome in outcomes) == 1
