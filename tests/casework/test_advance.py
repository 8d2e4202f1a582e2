"""Who may take a step and what must hold first: each refusal, what puts it right, and the success."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from applicants.people.services import prove_number, save_education, save_identity
from portal.accounts.models import RoleGrant
from portal.casework.models import Application, NoticeLine
from portal.casework.services.advancing import StepRefused, possible_steps, take_file
from portal.casework.services.checking import check_submission
from portal.casework.services.drafting import resubmit_application, submit_application
from portal.casework.services.due import act_on_due
from portal.notifications.models import Letter
from portal.vault.fields import Sealed
from tests import factories as make
from tests.casework.moving import MARK, now, refused, take
from tests.factories import AT

# ── guards: the refusal, what is then put right, and the success ───────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.slow
def test_accepting_waits_for_a_proven_number():
    row = make.make_application_in("accept")
    assert refused(row, "accept", "clerk") == "证件号码还没有核实。请先对照身份证件核实。"

    prove_number(person=row.applicant, by=make.staff("clerk"), at=AT)

    assert take(row, "accept", "clerk").state == "first_review"
    assert now(row).number_hash == row.applicant.number_hash


@pytest.mark.django_db
@pytest.mark.slow
def test_accepting_waits_until_no_other_application_under_the_number_is_open():
    number = make.make_number()
    other = make.make_application_in("first_review", person=make.make_person(identity={"number": number}))
    # It was accepted under this number, and its person has given another one since.
    save_identity(person=other.applicant, values={"number": make.make_number()}, by=other.applicant.user, at=AT)
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
@pytest.mark.slow
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
@pytest.mark.slow
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
@pytest.mark.slow
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
    assert refused(row, "lapse", "system", at=last_minute + timedelta(minutes=1)) == "还没有提醒申请人。"
    act_on_due(at=datetime(2023, 10, 26, 8, tzinfo=make.SHANGHAI))  # two working days before the last day
    assert Letter.objects.filter(kind="correction_reminder").count() == 1

    assert refused(row, "resubmit", row.applicant.user, at=last_minute + timedelta(minutes=1)) == "补正期限已经过了。"
    assert take(row, "lapse", "system", at=last_minute + timedelta(minutes=1)).state == "lapsed"
    assert refused(row, "resubmit", row.applicant.user) == "这件申请现在不能这样办理。"


@pytest.mark.django_db
def test_whoever_is_reminded_late_keeps_two_working_days():
    row = make.make_application_in("correction")
    for _turn in range(3):  # the sweep was away; the last day was Monday 30 October
        act_on_due(at=datetime(2023, 11, 1, 8, tzinfo=make.SHANGHAI))
    assert (now(row).state, Letter.objects.filter(kind="correction_reminder").count()) == ("correction", 1)
    act_on_due(at=datetime(2023, 11, 3, 8, tzinfo=make.SHANGHAI))
    assert now(row).state == "correction"
    act_on_due(at=datetime(2023, 11, 4, 8, tzinfo=make.SHANGHAI))
    assert now(row).state == "lapsed"


@pytest.mark.django_db
@pytest.mark.slow
def test_one_damaged_file_does_not_hold_up_the_others():
    damaged, other = make.make_application_in("correction"), make.make_application_in("correction")
    act_on_due(at=datetime(2023, 10, 26, 8, tzinfo=make.SHANGHAI))
    type(damaged.applicant).objects.filter(pk=damaged.applicant_id).update(legal_name=Sealed("v1:demo:broken"))
    act_on_due(at=datetime(2023, 10, 31, 8, tzinfo=make.SHANGHAI))
    assert (now(damaged).state, now(other).state) == ("correction", "lapsed")


# ── who ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.slow
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
@pytest.mark.slow
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
@pytest.mark.slow
def test_the_database_itself_keeps_them_apart(one, other):
    row = make.make_application_in("approved")
    with pytest.raises(IntegrityError, match=f"{one}_and_{other}_are_different_people"), transaction.atomic():
        Application.objects.filter(pk=row.pk).update(**{one: getattr(row, other)})


@pytest.mark.django_db
@pytest.mark.slow
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
@pytest.mark.slow
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
