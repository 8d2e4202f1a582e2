"""The automatic check, and what a settlement outlives."""

from datetime import timedelta

import pytest
from django.db import connection

from applicants.people.services import prove_number, save_employment, save_identity
from portal.casework import tasks
from portal.casework.models import Application, Assessment
from portal.casework.services.advancing import StepRefused
from portal.casework.services.checking import check_submission, settle_facts, unchecked_submissions
from portal.casework.services.drafting import (
    answer_section,
    discard_draft,
    put_on_shelf,
    resubmit_application,
    start_application,
    submit_application,
    take_off_shelf,
)
from tests import factories as make
from tests.casework.moving import now, refused, take
from tests.factories import AT

pytestmark = pytest.mark.django_db

FIRM = "石狮潮汐数据服务有限公司"
EMPLOYER = {"kind": "field", "section": "employment", "name": "employer_name", "note": ""}
NUMBER = {"kind": "field", "section": "identity", "name": "number", "note": ""}
RECORD = {"kind": "paper", "section": "", "name": "insurance_record", "note": ""}


def answer(row, clause):
    """What the newest assessment says of ``clause``."""
    newest = Assessment.objects.filter(application=row).order_by("number").last()
    return next(item["answer"] for item in newest.result["findings"] if item["clause"] == clause)


def settle(row, kind, **values):
    row = now(row)
    paper = row.shelf.get(kind=kind, removed_at__isnull=True).paper
    reviewer = make.staff("first_reviewer")
    settle_facts(application=row, values=values, paper=paper, by=reviewer, at=AT, expected_version=row.version)


def send_again(row):
    row = now(row)
    row = resubmit_application(application=row, by=row.applicant.user, at=AT, expected_version=row.version)
    check_submission(submission_id=row.submissions.get(number=2).pk, at=AT)
    return row


def test_a_submission_is_checked_once_however_often_it_is_asked_for():
    row = make.make_application_in("check")
    submission = row.submissions.get()
    for _turn in range(3):
        check_submission(submission_id=submission.pk, at=AT)
    assert (now(row).state, Assessment.objects.filter(submission=submission).count()) == ("accept", 1)
    assert unchecked_submissions() == []


@pytest.mark.slow
def test_what_is_only_declared_is_unproven_and_what_the_declaration_proves_is_met():
    row = make.make_application_in("accept")
    answers = {item["clause"]: item["answer"] for item in row.assessments.get().result["findings"]}
    assert answers == {f"LS-{number}": "unproven" for number in range(1, 8)} | {"LS-8": "met"}
    assert row.verdict == "undetermined"


def test_a_check_that_fails_is_handed_on_unproven_after_fifteen_minutes_and_not_before():
    row = make.make_application_in("check")
    # Its answers are another submission's: they do not open here, and whatever reads them fails.
    elsewhere = make.make_application_in("check").submissions.values_list("answers", flat=True).get()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE casework_submission SET answers = %s", [elsewhere])
    make.move_clock(AT + timedelta(minutes=10))
    tasks.sweep_checks()
    assert now(row).state == "check"
    make.move_clock(AT + timedelta(minutes=16))
    tasks.sweep_checks()
    assert now(row).state == "accept"
    assert {item["answer"] for item in row.assessments.get().result["findings"]} == {"unproven"}


def test_a_settlement_counts_until_its_paper_is_replaced():
    row = make.make_application_in("first_review")
    settle(
        row,
        "insurance_record",
        insurance="2023-07/2023-09:石狮潮汐数据服务有限公司",
        employer="石狮潮汐数据服务有限公司",
    )
    assert answer(row, "LS-5") == "met"
    row = take(row, "return", "first_reviewer", note="请换一份清楚的。", items=[RECORD])
    person = row.applicant
    old = row.shelf.get(kind="insurance_record")
    take_off_shelf(application=row, shelved=old, by=person.user, at=AT)
    put_on_shelf(
        application=row,
        kind="insurance_record",
        paper=make.make_paper(person, "insurance_record"),
        by=person.user,
        at=AT,
    )
    send_again(row)
    assert answer(row, "LS-5") == "unproven"


def test_a_settlement_counts_until_the_declared_value_changes():
    row = make.make_application_in("first_review")
    settle(row, "contract_or_licence", employer_kind="private_enterprise", first_job_in_city="yes")
    settle(
        row,
        "insurance_record",
        insurance="2023-07/2023-09:石狮潮汐数据服务有限公司",
        employer="石狮潮汐数据服务有限公司",
    )
    row = take(row, "return", "first_reviewer", note="单位名称与合同不同。", items=[EMPLOYER])
    person = row.applicant
    save_employment(person=person, values={"employer_name": "石狮潮汐数据有限公司"}, by=person.user, at=AT)
    send_again(row)
    assert (answer(row, "LS-4"), answer(row, "LS-5")) == ("met", "unproven")


def test_a_number_that_a_correction_changed_is_proven_again_before_the_file_goes_on():
    row = make.make_application_in("first_review")
    make.settle_everything(row, at=AT)
    row = take(row, "return", "first_reviewer", note="号码与身份证不同。", items=[NUMBER])
    person, old_hash = row.applicant, row.number_hash
    save_identity(person=person, values={"number": make.make_number()}, by=person.user, at=AT)
    row = send_again(row)
    assert now(row).number_hash not in ("", old_hash)
    assert refused(row, "pass_first", "first_reviewer") == "证件号码还没有核实。请先对照身份证件核实。"
    person.refresh_from_db()
    card = row.shelf.get(kind="id_card").paper
    prove_number(person=person, by=make.staff("first_reviewer"), at=AT, paper=card)
    assert take(row, "pass_first", "first_reviewer").state == "second_review"


def test_a_clause_that_is_met_is_no_reason_to_refuse():
    row = make.make_application_in("first_review")
    sentence = refused(row, "refuse", "first_reviewer", clause="LS-8", note="领过。")
    assert sentence == "LS-8 核对为符合，不能作为不予批准的理由。"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_starts_and_submissions_at_once_give_one_application(race):
    make.load_policies()
    person = make.make_person()

    def start(_number):
        return start_application(
            user=person.user, programme_code="living-subsidy", policy_code="LS-2022", privacy_read_at=AT, at=AT
        ).pk

    assert len(set(race(20, start))) == 1
    make.make_draft(person)
    row = Application.objects.get()
    references = race(20, lambda _number: submit_application(application=row, by=person.user, at=AT).reference)
    assert set(references) == {"LS-2023-000001"}
    assert row.submissions.count() == 1


def test_an_answer_that_comes_after_the_submission_is_refused_behind_the_lock():
    row = make.make_application_in("check")
    person = row.applicant
    with pytest.raises(StepRefused, match="这一部分现在不能再改。"):
        answer_section(application=row, section="identity", values={"legal_name": "王五"}, by=person.user, at=AT)
    person.refresh_from_db()
    assert person.legal_name == "林晓航"


def test_an_answer_to_a_draft_that_is_gone_is_refused():
    row = make.make_draft()
    discard_draft(application=row, by=row.applicant.user, at=AT)
    with pytest.raises(StepRefused, match="这份草稿已经删除。"):
        answer_section(application=row, section="identity", values={}, by=row.applicant.user, at=AT)
