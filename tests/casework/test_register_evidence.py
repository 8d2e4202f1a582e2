"""What registers answer, beside what was declared and what reviewers settled against papers."""

from datetime import date, timedelta

import pytest

from applicants.people.models import Person
from portal.casework.services.checking import assess_again, check_submission, settle_facts
from portal.casework.services.evidence import facts_of, told_by_registers
from portal.casework.states import State
from portal.policy.facts import Provenance
from tests import factories as make
from tests.casework.moving import now, refused, take
from tests.casework.register_answers import answer, question
from tests.factories import AT

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def known(row, name, *, at=AT):
    fact = facts_of(now(row), row.submissions.order_by("number").last(), at=at).known[name]
    return fact.value, fact.provenance, fact.source


def settle(row, *, at, **values):
    settle_facts(
        application=now(row),
        values=values,
        paper=row.shelf.first().paper,
        by=make.staff("first_reviewer"),
        at=at,
        expected_version=now(row).version,
    )


def test_a_register_s_answer_counts_more_than_the_declaration_and_names_its_source_and_day():
    row = make.make_application_in(State.ACCEPT)
    assert known(row, "school") == ("闽南示例大学", Provenance.DECLARED, "application")
    answer(row.applicant, "education", {"school": "石狮示例学院"}, as_of=date(2023, 9, 30))
    assert known(row, "school") == ("石狮示例学院", Provenance.REGISTER, "register:education")
    fact = facts_of(now(row), row.submissions.get(), at=AT).known["school"]
    assert fact.as_of == date(2023, 9, 30)


def test_an_expired_answer_and_one_about_nobody_say_nothing():
    row = make.make_application_in(State.ACCEPT)
    answer(row.applicant, "education", {"school": "石狮示例学院"}, days=10)
    answer(row.applicant, "household", None)
    assert known(row, "school", at=AT + timedelta(days=11))[1] == Provenance.DECLARED
    assert known(row, "hukou_code")[1] == Provenance.DECLARED


def test_an_answer_about_another_number_or_employer_does_not_count():
    row = make.make_application_in(State.ACCEPT)
    answer(row.applicant, "insurance", {"in_post": "no"})
    assert known(row, "in_post")[0] == "no"
    work = row.applicant.employment
    work.employer_name = "石狮另一家有限公司"
    work.save()
    submission = row.submissions.get()
    submission.answers["employment"]["employer_name"] = work.employer_name
    submission.answers["identity"]["number"] = make.make_number()
    assert facts_of(now(row), submission, at=AT).known["in_post"].value == "yes"


def test_of_each_register_the_newest_answer_counts_and_all_are_read_at_once(django_assert_num_queries):
    row = make.make_application_in(State.ACCEPT)
    for turn, level in enumerate(("diploma", "master")):
        answer(row.applicant, "education", {"education": level}, at=AT + turn * HOUR)
    answer(row.applicant, "insurance", {"in_post": "yes"})
    answers, row = row.submissions.get().answers, now(row)
    with django_assert_num_queries(1):
        told = told_by_registers(row, answers, at=AT)
    assert {name: (fact.value, since) for name, (fact, since) in told.items()} == {
        "education": ("master", AT + HOUR),
        "in_post": ("yes", AT),
    }


def test_a_reviewer_s_settlement_stands_against_an_older_answer_and_its_repetition():
    row = make.make_application_in(State.FIRST_REVIEW)
    answer(row.applicant, "insurance", {"in_post": "no"}, at=AT + HOUR)
    settle(row, at=AT + 2 * HOUR, in_post="yes")
    assert known(row, "in_post")[:2] == ("yes", Provenance.PAPER)
    answer(row.applicant, "insurance", {"in_post": "no"}, at=AT + 3 * HOUR)
    assert known(row, "in_post")[0] == "yes"


def test_a_register_that_says_something_new_counts_more_than_the_older_settlement():
    row = make.make_application_in(State.FIRST_REVIEW)
    answer(row.applicant, "insurance", {"in_post": "yes"}, at=AT + HOUR)
    settle(row, at=AT + 2 * HOUR, in_post="yes")
    answer(row.applicant, "insurance", {"in_post": "no"}, at=AT + 3 * HOUR)
    assert known(row, "in_post") == ("no", Provenance.REGISTER, "register:insurance")


def test_what_somebody_declares_against_themselves_is_added_to_the_register_of_grants():
    person = make.make_person()
    draft = make.make_draft(person)
    declared = {
        "is_declared_true": True,
        "is_notice_agreed": True,
        "has_earlier_grants": True,
        "earlier_scheme": "JJ-2022",
        "earlier_area": "350582",
    }
    make.save_declaration(application=draft, values=declared, by=person.user, at=AT)
    row = make.submit_application(application=draft, by=person.user, at=AT)
    answer(person, "grants", {"prior_grants": "QZ-2021@350500@5000@2022-05-01"})
    fact = facts_of(now(row), row.submissions.get(), at=AT).known["prior_grants"]
    assert [grant.scheme for grant in fact.value] == ["QZ-2021", "JJ-2022"]
    assert fact.provenance == Provenance.REGISTER


def test_a_file_in_check_waits_for_the_registers_a_quarter_of_an_hour_and_no_longer():
    row = make.make_application_in(State.CHECK)
    question(row, "insurance")
    submission = row.submissions.get()
    assert check_submission(submission_id=submission.pk, at=submission.at + timedelta(minutes=15)) is False
    assert now(row).state == State.CHECK
    assert check_submission(submission_id=submission.pk, at=submission.at + timedelta(minutes=16)) is True
    checked = now(row)
    assert (checked.state, checked.verdict) == (State.ACCEPT, "undetermined")


def test_an_answer_that_comes_later_assesses_the_file_again_and_leaves_its_state():
    row = make.make_application_in(State.FIRST_REVIEW)
    version = now(row).version
    answer(row.applicant, "insurance", {"in_post": "no"}, at=AT + HOUR)
    assessment = assess_again(application_id=row.pk, at=AT + HOUR)
    assert (assessment.trigger, assessment.verdict) == ("register", "ineligible")
    assert (now(row).state, now(row).version, now(row).verdict) == (State.FIRST_REVIEW, version, "ineligible")
    assert assess_again(application_id=row.pk, at=AT + HOUR) is None  # nothing new


@pytest.mark.slow
def test_what_a_register_says_between_review_and_approval_stops_the_approval():
    row = make.make_application_in(State.FINAL_APPROVAL)
    later = AT + timedelta(days=20)
    answer(row.applicant, "grants", {"prior_grants": "living-subsidy@350582@8000@2023-10-18"}, at=later)
    assess_again(application_id=row.pk, at=later)
    assert refused(row, "approve", "approver", at=later) == "还有条款待证实或不符合：LS-8。"


def test_a_silent_register_counts_against_nobody():
    row = make.make_application_in(State.FIRST_REVIEW)
    before = row.submissions.get().assessments.order_by("number").last().answers
    question(row, "insurance")
    answer(row.applicant, "household", None)
    assess_again(application_id=row.pk, at=AT + HOUR)
    assert row.submissions.get().assessments.order_by("number").last().answers == before


def test_a_refusal_tells_nothing_that_registers_said_of_a_number_nobody_has_proven(client):
    row = make.make_application_in(State.FIRST_REVIEW)
    answer(row.applicant, "education", {"diploma_on": "1980-01-01"}, at=AT + HOUR)
    assess_again(application_id=row.pk, at=AT + HOUR)
    finding = next(it for it in row.assessments.order_by("number").last().result["findings"] if it["answer"] == "unmet")
    details = {"clause": finding["clause"], "note": "毕业时间不符合。"}
    take(row, "refuse", "first_reviewer", at=AT + 2 * HOUR, **details)
    client.force_login(row.applicant.user)
    address = f"/applications/{row.pk}/decision/"
    assert "1980" in client.get(address).content.decode()
    Person.objects.filter(pk=row.applicant_id).update(proven_at=None, proven_by=None, proven_paper=None)
    assert "1980" not in client.get(address).content.decode()
