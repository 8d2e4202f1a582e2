"""Registers answer while a file is submitted, proven, accepted and asked about again: nobody waits for each other."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from applicants.people.refusals import Refused
from applicants.people.services import give_account, prove_number
from applicants.registers.models import RegisterAnswer
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.services.answering import answered_applications, ask_again, ask_waiting, take_in_answers
from portal.casework.services.checking import check_submission
from portal.casework.services.drafting import submit_application
from portal.casework.states import State
from portal.demo.inventing import invent
from tests import factories as make
from tests.casework.moving import now
from tests.casework.test_registers_and_files import ON, know
from tests.factories import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.slow]

LATER = AT + timedelta(minutes=5)


def take_in(row):
    for pk in answered_applications(at=LATER, application_id=row.pk):
        take_in_answers(application_id=pk, at=LATER)


def accept(row, clerk):
    advance(row, "accept", actor=clerk, at=LATER, expected_version=now(row).version)


@pytest.mark.parametrize("turn", range(3))
def test_asking_proving_accepting_and_submitting_at_once_ends_without_a_deadlock(sandbox, race, settings, turn):
    settings.REGISTER_TIMEOUT = 30.0  # ten threads ask at once: an answer that is late is another test's
    one = invent(10 + turn, on=ON)
    know(sandbox, one)
    sections = {name: dict(getattr(one, name)) for name in ("identity", "education", "employment", "account")}
    draft = make.make_draft(make.make_person(**sections))
    clerk, user = make.staff("clerk"), draft.applicant.user

    def submit():
        submit_application(application=draft, by=user, at=AT)

    def check():
        check_submission(submission_id=draft.submissions.get().pk, at=LATER)

    acts = [
        submit,
        submit,
        lambda: ask_waiting(at=LATER, application_id=draft.pk),
        lambda: ask_waiting(at=LATER),
        lambda: prove_number(person=draft.applicant, by=clerk, at=LATER),
        lambda: give_account(person=draft.applicant, values={"bank_name": "中国银行"}, by=user, at=LATER),
        lambda: take_in(draft),
        check,
        lambda: accept(draft, clerk),
        lambda: ask_again(application=now(draft), by=clerk, at=LATER + timedelta(minutes=turn)),
    ]

    def act(number):
        for _turn in range(6):
            try:
                acts[number]()
            except (StepRefused, Refused, Application.DoesNotExist):
                pass
            except Exception as error:
                if isinstance(error, DatabaseError):
                    raise
                if "Submission" not in type(error).__qualname__:
                    raise

    outcomes = race(len(acts), act)
    assert [outcome for outcome in outcomes if outcome is not None] == []
    ask_waiting(at=LATER + timedelta(hours=1))
    take_in(draft)
    check_submission(submission_id=draft.submissions.get().pk, at=LATER)
    row = now(draft)
    assert row.state in (State.ACCEPT, State.FIRST_REVIEW)
    told = RegisterAnswer.objects.values_list("register", "state", "is_known", "attempts", "last_error")
    assert row.verdict == "eligible", list(told.order_by("requested_at"))
    assert RegisterAnswer.objects.answered().filter(asked_for=draft.pk, attempts__gt=1).count() == 0
