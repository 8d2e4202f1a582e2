"""What one turn of the worker does with registers that wait, are silent, or were being asked when a worker died."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from applicants.registers.models import RegisterAnswer
from portal.casework.services.answering import answered_applications, ask_waiting
from portal.casework.states import State
from portal.casework.tasks import sweep_registers
from portal.demo.inventing import invent
from portal.demo.sandbox.city import city_of
from tests import factories as make
from tests.casework.moving import now
from tests.casework.register_answers import answer
from tests.casework.test_registers_and_files import ON, apply_as, know
from tests.factories import AT

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.mark.slow
def test_a_silent_register_with_a_long_queue_does_not_keep_the_others_waiting(sandbox):
    sandbox.switch("insurance", fault="unavailable")
    person = make.make_person()
    for _number in range(120):  # more than one turn takes of a register
        RegisterAnswer.objects.create(
            person=person,
            register="insurance",
            number_hash=person.number_hash,
            about_hash="about",
            asked_for=uuid4(),
            on=AT.date(),
            purpose="living-subsidy",
            basis="duty",
            requested_at=AT - HOUR,
            next_try_at=AT - HOUR,
        )
    one = invent(5, on=ON)
    know(sandbox, one)
    row = apply_as(one)
    ask_waiting(at=AT)
    answers = RegisterAnswer.objects.filter(asked_for=row.pk)
    assert set(answers.answered().values_list("register", flat=True)) == {
        "household",
        "education",
        "business",
        "grants",
    }
    assert list(answers.waiting().values_list("register", "attempts")) == [("insurance", 0)]
    asked = RegisterAnswer.objects.waiting().filter(attempts=1)
    assert asked.count() == 1  # one question tells that it is silent


def test_a_damaged_question_does_not_hold_up_the_others(sandbox, caplog):
    one, two = invent(6, on=ON), invent(7, on=ON)
    city = city_of([one, two])
    sandbox.know(dict(city.people), dict(city.businesses))
    broken, row = apply_as(one), apply_as(two)
    as_stored = broken.applicant_id if connection.features.has_native_uuid_field else broken.applicant_id.hex
    with connection.cursor() as cursor:  # a sealed field in the place of another cannot be opened
        cursor.execute("UPDATE people_person SET number = legal_name WHERE id = %s", [as_stored])
    ask_waiting(at=AT)
    assert RegisterAnswer.objects.answered().filter(asked_for=row.pk).count() == 5
    assert RegisterAnswer.objects.waiting().filter(asked_for=broken.pk).count() == 5
    assert "could not be asked (SealBroken)" in caplog.text


def test_an_answer_that_a_killed_worker_got_is_taken_in_by_the_next_sweep():
    make.move_clock(AT + HOUR)
    row = make.make_application_in(State.FIRST_REVIEW)
    answer(row.applicant, "insurance", {"in_post": "no"}, at=AT + HOUR, asked_for=row.pk)
    sweep_registers()
    assert now(row).verdict == "ineligible"
    assert answered_applications(at=AT + HOUR) == []


def test_an_answer_that_cannot_be_taken_in_is_given_up_after_a_week():
    row = make.make_application_in(State.FIRST_REVIEW)
    answer(row.applicant, "insurance", {"in_post": "no"}, at=AT, asked_for=row.pk)
    assert answered_applications(at=AT + timedelta(days=7)) == []
