"""Which registers are asked, when, and until when."""

from datetime import timedelta

import pytest

from applicants.registers.models import RegisterAnswer
from portal.audit.models import Entry
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.casework.services.answering import ask_again, forget_ended, take_in_answers
from portal.casework.services.drafting import submit_application, withdraw_application
from portal.casework.states import State
from portal.policy.models import PolicyVersion
from tests import factories as make
from tests.casework.moving import now, take
from tests.factories import AT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connected(settings):
    """Registers can be asked, and nobody asks them here."""
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"


def waiting(row):
    return set(RegisterAnswer.objects.waiting().filter(asked_for=row.pk).values_list("register", flat=True))


def submitted():
    draft = make.make_draft()
    return submit_application(application=draft, by=draft.applicant.user, at=AT)


def without_registers(settings, state):
    """An application that came to ``state`` before any register was connected."""
    settings.REGISTER_URL = ""
    row = make.make_application_in(state)
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    return row


def test_a_submission_asks_the_registers_that_its_policy_can_be_proven_by():
    row = submitted()
    assert row.state == State.CHECK
    assert waiting(row) == {"household", "education", "insurance", "business", "grants"}  # LS-2022 reads no home


def let_all_answer(row, *, days=90):
    """Every register that was asked knows nobody of that number: an answer as good as any, for ``days``."""
    for asked in RegisterAnswer.objects.waiting().filter(asked_for=row.pk):
        asked.state, asked.answered_at, asked.as_of = "answered", AT, AT.date()
        asked.expires_on, asked.receipt, asked.next_try_at = AT.date() + timedelta(days=days), "the reply", None
        asked.save()


def submitted_again(row):
    withdraw_application(application=row, by=row.applicant.user, at=AT, expected_version=now(row).version)
    return submit_application(application=make.make_draft(row.applicant), by=row.applicant.user, at=AT)


def test_a_valid_answer_is_not_asked_for_again():
    row = submitted()
    let_all_answer(row)
    assert waiting(submitted_again(row)) == set()


def test_an_answer_about_another_employer_is_asked_for_again():
    row = submitted()
    let_all_answer(row)
    work = row.applicant.employment
    work.credit_code = make.make_credit_code(7)
    work.save()
    assert waiting(submitted_again(row)) == {"insurance", "business"}


@pytest.mark.slow
def test_before_the_approval_of_what_excludes_others_the_register_of_grants_is_asked_once_more():
    row = submitted()
    let_all_answer(row)
    walk = make._Walk(now(row), AT, ())
    walk.to(State.PUBLIC_NOTICE)
    assert waiting(row) == set()
    walk.end_notice()
    assert now(row).state == State.FINAL_APPROVAL
    assert waiting(row) == {"grants"}


def test_whoever_decides_finds_answers_that_are_still_valid():
    row = submitted()
    let_all_answer(row, days=0)
    walk = make._Walk(now(row), AT + timedelta(days=1), ())
    walk.to(State.FIRST_REVIEW)
    assert len(waiting(row)) == 5


def test_25_a_stage_that_names_facts_has_their_registers_asked_anew(settings):
    row = without_registers(settings, State.SECOND_REVIEW)
    document = row.policy_version.parsed.model_dump(mode="json")
    for stage in document["route"]:
        if stage["stage"] == "public_notice":
            stage["recheck"] = ["employer_kind", "in_post"]
    version = PolicyVersion.objects.create(
        policy=row.policy_version.policy,
        label="again",
        effective_from=AT.date(),
        document=row.policy_version.parsed.model_validate(document).model_dump_json(),
    )
    Application.objects.filter(pk=row.pk).update(policy_version=version)
    take(row, "pass_second", "second_reviewer")
    assert waiting(row) == {"insurance", "business"}


def test_questions_of_an_application_that_ended_are_forgotten():
    kept, gone = submitted(), submitted()
    withdraw_application(application=gone, by=gone.applicant.user, at=AT, expected_version=now(gone).version)
    forget_ended(at=AT)
    assert waiting(gone) == set()
    assert len(waiting(kept)) == 5


def test_older_questions_that_are_still_wanted_do_not_hide_what_is_to_be_forgotten():
    kept, gone = submitted(), submitted()
    withdraw_application(application=gone, by=gone.applicant.user, at=AT, expected_version=now(gone).version)
    assert forget_ended(at=AT, limit=1) == 1
    assert (len(waiting(kept)), len(waiting(gone))) == (5, 4)


def test_a_question_outlives_the_approval_by_a_month():
    row = submitted()
    Application.objects.filter(pk=row.pk).update(state=State.APPROVED)
    forget_ended(at=AT + timedelta(days=29))
    assert len(waiting(row)) == 5
    forget_ended(at=AT + timedelta(days=30))
    assert waiting(row) == set()


def test_the_reviewer_whose_step_is_next_may_ask_again_a_minute_later(settings):
    row = without_registers(settings, State.FIRST_REVIEW)
    reviewer = make.staff("first_reviewer")
    ask_again(application=row, by=reviewer, at=AT)
    assert len(waiting(row)) == 5
    assert Entry.objects.filter(action="registers.ask", actor=reviewer).count() == 1
    with pytest.raises(StepRefused, match="刚刚查询过，请过一会儿再查。"):
        ask_again(application=row, by=reviewer, at=AT + timedelta(seconds=30))
    with pytest.raises(StepRefused, match="您没有办理这一步的权限。"):
        ask_again(application=row, by=make.staff("second_reviewer"), at=AT)


def test_the_last_answer_lets_a_waiting_check_go_on(settings):
    row = submitted()
    waiting_rows = RegisterAnswer.objects.waiting().filter(asked_for=row.pk)
    take_in_answers(application_id=row.pk, at=AT)
    assert now(row).state == State.CHECK
    for asked in waiting_rows:
        asked.delete()
    take_in_answers(application_id=row.pk, at=AT)
    assert now(row).state == State.ACCEPT


def test_without_a_register_connected_nothing_is_asked_and_nothing_waits(settings):
    settings.REGISTER_URL = ""
    row = submitted()
    assert waiting(row) == set()
