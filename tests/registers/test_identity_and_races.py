"""Who is proven by a register, and several who ask at once."""

from uuid import UUID

import pytest

from applicants.people.models import Person
from applicants.people.services import prove_number
from applicants.registers.models import RegisterAnswer
from applicants.registers.services import ask
from portal.audit.models import Entry
from tests.people.filled import a_person, a_user
from tests.registers.known import AT, NUMBER, a_filled_person, a_waiting, lin

pytestmark = pytest.mark.django_db


def confirmed(is_confirmed=True):
    household = lin()["records"]["household"]
    return {NUMBER: lin(household=household | {"confirmed_by_holder": is_confirmed})}


def test_the_household_register_proves_a_number_whose_holder_confirmed(sandbox):
    sandbox.know(confirmed())
    row = ask(a_waiting("household").pk, at=AT)
    person = Person.objects.get()
    assert (row.confirms_identity, person.proven_at, person.proven_by, person.proven_register) == (
        True,
        AT,
        None,
        "household",
    )
    entry = Entry.objects.get(action="number_proven")
    assert (entry.actor, entry.fields, entry.note) == (None, ["legal_name", "number"], "register household")


def test_an_agreeing_name_and_number_prove_nothing(sandbox):
    sandbox.know(confirmed(False))
    assert ask(a_waiting("household").pk, at=AT).is_known
    assert not Person.objects.get().is_proven


def test_an_answer_is_kept_where_its_proof_comes_too_late(sandbox, caplog):
    sandbox.know(confirmed())
    first, second = a_filled_person(), a_person("second")
    prove_number(person=second, by=a_user("clerk"), at=AT)
    row = ask(a_waiting("household", person=first).pk, at=AT)
    first.refresh_from_db()
    assert (row.is_answered, first.is_proven) == (True, False)
    assert "NumberAlreadyProven" in caplog.text


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_several_who_ask_at_once_one_answer_is_kept(sandbox, race):
    sandbox.know({NUMBER: lin()})
    sandbox.switch("education", latency=0.3)
    row = a_waiting()
    outcomes = race(4, lambda _number: ask(row.pk, at=AT))
    assert {(outcome.state, outcome.attempts) for outcome in outcomes} == {("answered", 1)}
    assert len({outcome.receipt for outcome in outcomes}) == 1
    assert Entry.objects.filter(action="register.answer").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_questions_requested_by_ten_at_once_wait_once(connected, race):
    person = a_filled_person()
    outcomes = race(10, lambda _number: a_waiting(person=person))
    assert {outcome.pk for outcome in outcomes} == {RegisterAnswer.objects.get().pk}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_asking_and_requesting_at_once_wait_for_each_other(sandbox, race):
    sandbox.know(confirmed())
    person = a_filled_person()
    row = a_waiting("household", person=person)

    def act(number):
        return ask(row.pk, at=AT) if number % 2 else a_waiting("household", person=person)

    outcomes = race(8, act)
    assert {type(outcome) for outcome in outcomes} == {RegisterAnswer}
    assert RegisterAnswer.objects.answered().count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_people_whose_registers_prove_a_number_at_once_one_holds_it(sandbox, race):
    sandbox.know(confirmed())
    people = [a_person(f"p{number}") for number in range(4)]
    rows = [
        a_waiting("household", person=person, asked_for=UUID(int=place, version=4))
        for place, person in enumerate(people)
    ]
    outcomes = race(4, lambda number: ask(rows[number].pk, at=AT))
    assert {outcome.state for outcome in outcomes} == {"answered"}
    assert Person.objects.filter(proven_at__isnull=False, proven_register="household").count() == 1
