"""From a submission to a file that registers have proven, over real HTTP against the sandbox, as the worker does it."""

from datetime import date, timedelta

import pytest

from applicants.registers.models import RegisterAnswer
from portal.casework.services.answering import answered_applications, ask_waiting, take_in_answers
from portal.casework.services.checking import check_submission
from portal.casework.services.drafting import submit_application
from portal.casework.states import State
from portal.demo.inventing import invent
from portal.demo.sandbox.city import city_of
from tests import factories as make
from tests.casework.moving import now
from tests.factories import AT

pytestmark = pytest.mark.django_db

ON = date(2023, 10, 16)


def apply_as(one):
    """An application of somebody invented, just handed in."""
    sections = {name: dict(getattr(one, name)) for name in ("identity", "education", "employment", "account")}
    draft = make.make_draft(make.make_person(**sections))
    return submit_application(application=draft, by=draft.applicant.user, at=AT)


def know(sandbox, one):
    city = city_of([one])
    sandbox.know(dict(city.people), dict(city.businesses))


def turn(row, *, at=AT):
    """What the worker does for one application."""
    ask_waiting(at=at, application_id=row.pk)
    for pk in answered_applications(at=at, application_id=row.pk):
        take_in_answers(application_id=pk, at=at)
    return now(row)


def answers_of(row):
    return row.submissions.get().assessments.order_by("number").last().answers


@pytest.mark.slow
def test_all_clauses_are_proven_by_registers_without_anybody_looking_at_a_paper(sandbox):
    one = invent(1, on=ON)
    know(sandbox, one)
    row = turn(apply_as(one))
    assert (row.state, row.verdict, row.amount_fen) == (State.ACCEPT, "eligible", 1_000_000)
    assert answers_of(row) == "mmmmmmmm"


def test_an_outage_leaves_the_file_in_check_and_recovery_brings_it_on(sandbox):
    one = invent(2, on=ON)
    know(sandbox, one)
    sandbox.switch("insurance", fault="unavailable")
    row = turn(apply_as(one))
    assert row.state == State.CHECK
    assert list(RegisterAnswer.objects.waiting().values_list("register", "last_error")) == [("insurance", "down")]
    sandbox.switch("insurance", fault="")
    assert turn(row, at=AT + timedelta(seconds=5)).state == State.CHECK  # it is asked again after fifteen seconds
    row = turn(row, at=AT + timedelta(seconds=16))
    assert (row.state, row.verdict) == (State.ACCEPT, "eligible")


def test_after_a_quarter_of_an_hour_the_reviewer_takes_over_and_a_late_answer_still_counts(sandbox):
    one = invent(3, on=ON)
    know(sandbox, one)
    sandbox.switch("insurance", fault="not_json")
    row = turn(apply_as(one))
    late = AT + timedelta(minutes=16)
    check_submission(submission_id=row.submissions.get().pk, at=late)
    assert (now(row).state, now(row).verdict) == (State.ACCEPT, "undetermined")
    assert answers_of(row).count("u") > 0
    assert "n" not in answers_of(row)
    sandbox.switch("insurance", fault="")
    row = turn(row, at=late)
    assert (row.state, row.verdict, answers_of(row)) == (State.ACCEPT, "eligible", "mmmmmmmm")


def test_somebody_the_registers_do_not_know_is_looked_at_by_a_person_and_not_refused(sandbox):
    row = turn(apply_as(invent(4, on=ON)))
    assert (row.state, row.verdict) == (State.ACCEPT, "undetermined")
    assert "n" not in answers_of(row)
