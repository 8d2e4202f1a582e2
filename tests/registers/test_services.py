"""Questions that wait, answers that stay, and what follows from them."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from applicants.people.models import Person
from applicants.people.services import save_employment, save_identity
from applicants.registers.asking import Answered, Unavailable
from applicants.registers.models import AnswerIsFinal, RegisterAnswer
from applicants.registers.services import (
    ask,
    employer_hash,
    facts_from,
    is_connected,
    request_answers,
    take_question,
    title_of,
    waiting_ids,
)
from portal.audit.models import Entry
from portal.policy.facts import Provenance, write_value
from tests.people.filled import OTHER_NUMBER, a_person, a_user
from tests.registers.known import (
    APPLICATION,
    AT,
    BUSINESS,
    CODE,
    EMPLOYER,
    FACTS,
    NAME,
    NUMBER,
    ON,
    SPOUSE_NUMBER,
    a_filled_person,
    a_waiting,
    lin,
)

pytestmark = pytest.mark.django_db
ALL = ("household", "education", "insurance", "business", "marriage", "property", "grants")


class Says:
    """An adapter that gives what it is told to, one answer after the other, and keeps the questions."""

    def __init__(self, *said):
        self.said, self.questions = list(said), []

    def ask(self, question):
        self.questions.append(question)
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, Exception):
            raise said
        return said


def answered(values=None, **changes):
    said = {"as_of": ON, "expires_on": ON + timedelta(days=1), "receipt": "{}"} | changes
    return Answered({"education": "bachelor"} if values is None else values, **said)


def ask_all(rows, at=AT):
    return [ask(row.pk, at=at) for row in rows]


def test_everything_about_somebody_is_asked_and_becomes_facts(sandbox):
    sandbox.know({NUMBER: lin()}, {CODE: BUSINESS})
    person = a_filled_person()
    rows = request_answers(person=person, registers=ALL, asked_for=APPLICATION, on=ON, purpose="LS-2022", at=AT)
    assert [row.register for row in rows] == list(ALL)
    assert {row.state for row in ask_all(rows)} == {"answered"}
    facts = facts_from(RegisterAnswer.objects.answered().filter(person=person), ON)
    expected = {name: text for values in FACTS.values() for name, text in values.items()}
    assert {name: write_value(fact.value) for name, fact in facts.items()} == expected
    assert {fact.provenance for fact in facts.values()} == {Provenance.REGISTER}
    assert (facts["insurance"].as_of, facts["insurance"].source) == (date(2023, 10, 31), "register:insurance")
    assert (facts["homes"].as_of, facts["homes"].source) == (ON, "register:property")
    assert str(title_of("register:insurance")) == "社会保险登记"
    assert title_of("paper:id_card") == ""


def test_the_same_questions_are_asked_once(connected, django_assert_num_queries):
    person = a_filled_person()
    wanted = {"person": person, "registers": ("grants", "education"), "asked_for": APPLICATION, "on": ON}
    first = request_answers(**wanted, purpose="LS-2022", at=AT)
    again = request_answers(**wanted, purpose="LS-2022", at=AT + timedelta(hours=1))
    assert [row.register for row in first] == ["education", "grants"]
    assert [row.pk for row in again] == [row.pk for row in first]
    assert {row.next_try_at for row in again} == {AT}
    requests = Entry.objects.filter(action="register.request").order_by("recorded_at")
    assert [(entry.fields, entry.note) for entry in requests] == [
        (["education"], "duty LS-2022"),
        (["grants"], "duty LS-2022"),
    ]


def test_only_connected_registers_and_whole_people_are_asked(settings):
    person = a_filled_person()
    wanted = {"person": person, "registers": ALL, "asked_for": APPLICATION, "on": ON, "purpose": "x", "at": AT}
    assert (request_answers(**wanted), is_connected("education")) == ([], False)
    settings.REGISTER_URL, settings.REGISTERS = "http://127.0.0.1:1", ["business", "marriage"]
    assert [row.register for row in request_answers(**wanted)] == ["business", "marriage"]
    assert (is_connected("business"), is_connected("education")) == (True, False)
    nobody = Person.objects.create(user=a_user("nobody"))
    assert request_answers(**wanted | {"person": nobody}) == []


def test_without_a_credit_code_no_business_is_asked_about(connected):
    person = a_person()
    wanted = {"asked_for": APPLICATION, "on": ON, "purpose": "x", "at": AT}
    rows = request_answers(person=person, registers=("business", "insurance"), **wanted)
    assert [row.register for row in rows] == ["insurance"]


def test_a_valid_answer_is_taken_over_and_an_old_one_asked_again(connected):
    person = a_filled_person()
    row = a_waiting(person=person)
    ask(row.pk, at=AT, adapter=Says(answered()))
    other = {"person": person, "asked_for": UUID(int=2, version=4)}
    assert a_waiting(**other).pk == row.pk
    assert a_waiting(**other, afresh=True).pk != row.pk
    later = AT + timedelta(days=2)
    assert a_waiting(person=person, asked_for=UUID(int=3, version=4), at=later).pk != row.pk


@pytest.mark.parametrize(
    ("register", "change"), [("education", "name"), ("insurance", "employer"), ("business", "employer")]
)
def test_an_answer_about_other_answers_is_not_taken_over(connected, register, change):
    person = a_filled_person()
    row = a_waiting(register, person=person)
    ask(row.pk, at=AT, adapter=Says(answered({})))
    if change == "name":
        save_identity(person=person, values={"legal_name": "林小航"}, by=None, at=AT)
    else:
        save_employment(person=person, values={"credit_code": "91350581MA0000001X"}, by=None, at=AT)
    assert a_waiting(register, person=person).pk != row.pk


def test_the_spouse_is_asked_about_once_the_marriage_register_has_answered(sandbox):
    sandbox.know({NUMBER: lin()})
    person = a_filled_person()
    wanted = {"asked_for": APPLICATION, "on": ON, "purpose": "APT-2023", "at": AT}
    marriage, homes = request_answers(person=person, registers=("property", "marriage"), **wanted)
    sandbox.switch("marriage", fault="unavailable")
    assert [ask(marriage.pk, at=AT).state, ask(homes.pk, at=AT).attempts] == ["waiting", 0]
    later = AT + timedelta(minutes=1)
    assert [waiting_ids(later, code) for code in ("marriage", "property")] == [[marriage.pk], []]
    sandbox.reset()
    ask(marriage.pk, at=later)
    assert waiting_ids(later, "property") == [homes.pk]
    assert ask(homes.pk, at=later).values["spouse_homes"] == "350581@2022-03-01"


def test_a_spouse_is_not_asked_about_where_nobody_wants_to_know(sandbox):
    sandbox.know({NUMBER: lin()})
    person = a_filled_person()
    ask(a_waiting("marriage", person=person).pk, at=AT)
    row = ask(a_waiting("property", person=person).pk, at=AT)
    assert sorted(row.values) == ["children_homes", "homes"]


def test_an_unknown_person_is_an_answer_that_says_nothing(sandbox):
    row = ask(a_waiting().pk, at=AT)
    assert (row.state, row.is_known, row.values) == ("answered", False, None)
    assert facts_from([row], ON) == {}


def test_an_expired_answer_says_nothing(connected):
    row = ask(a_waiting().pk, at=AT, adapter=Says(answered()))
    assert list(facts_from([row], ON + timedelta(days=1))) == ["education"]
    assert facts_from([row], ON + timedelta(days=2)) == {}


def test_what_a_register_does_not_say_is_no_fact_and_none_is_one(connected):
    row = ask(a_waiting().pk, at=AT, adapter=Says(answered({"education": "?", "homes": "-", "overseas_certified": ""})))
    assert {name: write_value(fact.value) for name, fact in facts_from([row], ON).items()} == {
        "homes": "-",
        "overseas_certified": "",
    }


@pytest.mark.parametrize(
    ("as_of", "names"),
    [
        ("2023-10-31", ["employer", "first_insured_in_city", "first_job_in_city", "in_post", "insurance"]),
        ("2023-09-30", ["employer", "first_job_in_city", "insurance"]),
        ("2023-08-31", ["first_job_in_city"]),
    ],
)
def test_what_months_still_missing_could_change_is_no_fact(connected, as_of, names):
    values = {
        "insurance": "-",
        "first_insured_in_city": "-",
        "first_job_in_city": "yes",
        "in_post": "no",
        "employer": EMPLOYER,
    }
    row = ask(a_waiting("insurance").pk, at=AT, adapter=Says(answered(values, as_of=date.fromisoformat(as_of))))
    assert sorted(facts_from([row], ON)) == names


def test_a_policy_may_reckon_with_a_longer_lag(connected):
    said = answered({"insurance": "-", "in_post": "no"}, as_of=date(2023, 5, 31))
    row = ask(a_waiting("insurance").pk, at=AT, adapter=Says(said))
    assert [list(facts_from([row], ON, lag=lag)) for lag in (5, 6)] == [[], ["insurance"]]


def test_a_failure_is_put_off_longer_and_longer_up_to_an_hour(connected):
    row = a_waiting()
    waits = []
    for turn in range(12):
        row = ask(row.pk, at=AT, adapter=Says(Unavailable("down")))
        waits.append((row.next_try_at - AT).total_seconds())
        assert (row.state, row.attempts, row.last_error) == ("waiting", turn + 1, "down")
    assert waits == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    assert waiting_ids(AT + timedelta(minutes=59), "education") == []
    assert waiting_ids(AT + timedelta(minutes=60), "education") == [row.pk]


def test_a_register_is_left_alone_for_as_long_as_it_asks(sandbox):
    sandbox.switch("education", fault="quota", retry_after=7200)
    row = ask(a_waiting().pk, at=AT)
    assert (row.last_error, row.next_try_at) == ("quota", AT + timedelta(hours=2))
    sandbox.reset()
    row = ask(row.pk, at=AT + timedelta(hours=2))
    assert (row.state, row.last_error, row.next_try_at, row.attempts) == ("answered", "", None, 2)


def test_an_adapter_that_breaks_is_a_failure_like_any_other_and_its_words_are_not_logged(connected, caplog):
    row = ask(a_waiting().pk, at=AT, adapter=Says(RuntimeError(f"{NAME} {NUMBER}")))
    assert (row.state, row.last_error) == ("waiting", "broken")
    assert NAME not in caplog.text and NUMBER not in caplog.text
    assert "RuntimeError" in caplog.text


def test_a_number_changed_meanwhile_is_not_asked_about_until_it_is_requested(connected):
    person = a_filled_person()
    row, says = a_waiting(person=person), Says(answered())
    save_identity(person=person, values={"number": OTHER_NUMBER}, by=None, at=AT)
    row = ask(row.pk, at=AT, adapter=says)
    assert (row.last_error, says.questions) == ("changed", [])
    again = a_waiting(person=person, at=AT + timedelta(minutes=1))
    assert (again.pk, again.next_try_at) == (row.pk, AT + timedelta(minutes=1))
    assert ask(row.pk, at=AT, adapter=says).number_hash == Person.objects.get(pk=person.pk).number_hash


class Meanwhile:
    """An adapter during whose question something else happens."""

    def __init__(self, act):
        self.act = act

    def ask(self, question):
        self.act()
        return answered({"in_post": "yes"})


def test_an_answer_about_the_employer_of_before_is_not_kept_for_the_new_one(connected):
    person = a_filled_person()
    row = a_waiting("insurance", person=person)

    def change_employer():
        save_employment(person=person, values={"credit_code": "91350581MA0000001X"}, by=None, at=AT)
        a_waiting("insurance", person=person)

    row = ask(row.pk, at=AT, adapter=Meanwhile(change_employer))
    assert (row.state, row.last_error) == ("waiting", "changed")
    row = ask(row.pk, at=AT, adapter=Says(answered({"in_post": "no"})))
    assert (row.values, row.employer_hash) == ({"in_post": "no"}, employer_hash("91350581MA0000001X", EMPLOYER))


def test_a_question_that_was_forgotten_while_it_was_asked_is_no_error(connected):
    row = a_waiting()
    assert ask(row.pk, at=AT, adapter=Meanwhile(RegisterAnswer.objects.waiting().delete)).pk == row.pk
    assert RegisterAnswer.objects.count() == 0


def test_a_question_in_hand_is_left_to_the_worker_that_took_it_for_two_minutes(connected):
    row = a_waiting()
    assert [take_question(row.pk, at=AT) for _turn in range(2)] == [True, False]
    assert waiting_ids(AT + timedelta(seconds=119), "education") == []
    assert take_question(row.pk, at=AT + timedelta(minutes=2)) is True


def test_what_is_to_be_asked_costs_the_same_few_queries_for_each_register(connected, django_assert_num_queries):
    person = a_filled_person()
    wanted = {"person": person, "asked_for": APPLICATION, "on": ON, "purpose": "LS-2022", "at": AT}
    with django_assert_num_queries(5 + 3 * 5):  # savepoint ×2, person, employment, what waits; valid one, row, entry
        request_answers(registers=("household", "education", "insurance", "business", "grants"), **wanted)


def test_an_answer_is_final(connected):
    row = ask(a_waiting().pk, at=AT, adapter=Says(answered()))
    waiting = a_waiting("household", person=row.person)
    row.last_error = "down"
    every = RegisterAnswer.objects.all()
    for change in (row.save, row.delete, every.delete, lambda: every.update(purpose="x")):
        with pytest.raises(AnswerIsFinal):
            change()
    assert ask(row.pk, at=AT, adapter=Says(answered({"education": "doctor"}))).values == {"education": "bachelor"}
    waiting.delete()
    assert RegisterAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        ({"state": "answered"}, "an_answer_has_its_times_and_receipt_and_a_question_none"),
        ({"next_try_at": None}, "an_answer_has_its_times_and_receipt_and_a_question_none"),
        ({"is_known": True}, "."),
        ({"confirms_identity": True}, "of_somebody_unknown_a_register_says_nothing"),
        ({"register": "tax"}, "a_register_is_one_of_the_list"),
        ({"basis": "curiosity"}, "a_question_has_a_basis_in_law"),
        ({"number_hash": ""}, "a_question_is_about_somebody"),
    ],
)
def test_the_database_refuses_half_an_answer(connected, broken, name):
    row = a_waiting()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        RegisterAnswer.objects.filter(pk=row.pk).update(**broken)


def test_the_database_keeps_one_waiting_question_per_application_and_register(connected):
    row = a_waiting()
    row.pk, row._state.adding = UUID(int=9, version=4), True
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_nothing_personal_is_at_rest_in_the_clear_and_the_receipt_is_as_received(sandbox):
    sandbox.know({NUMBER: lin()}, {CODE: BUSINESS})
    person = a_filled_person()
    rows = request_answers(person=person, registers=ALL, asked_for=APPLICATION, on=ON, purpose="LS-2022", at=AT)
    rows = ask_all(rows)
    with connection.cursor() as cursor:
        text = ""
        for table in ("registers_registeranswer", "audit_entry"):
            cursor.execute(f"SELECT * FROM {table}")
            text += repr(cursor.fetchall())
    told = [NAME, NUMBER, CODE, EMPLOYER, SPOUSE_NUMBER, "蔡静姝", "福州大学", "2023-06-20", "2021-05-18", "1000000"]
    assert [secret for secret in told if secret in text] == []
    assert {f'"as_of": "{ON}"' in row.receipt.replace("\\", "") for row in rows} == {True}
    assert {'"signature": "' in row.receipt for row in rows} == {True}
    assert str(rows[0]) == f"household {rows[0].pk}"


@pytest.mark.parametrize(
    ("kind", "number", "asked"),
    [
        ("resident_id", NUMBER, ALL),
        ("residence_permit", "810000199408230021", ("insurance",)),  # the permit's number is that of the insured
        ("foreign_permanent", "911124198108030024", ()),
        ("hk_macao_travel", "H12345678", ()),
        ("passport", "E12345678", ()),
    ],
)
def test_a_register_is_asked_only_about_numbers_that_it_knows(connected, kind, number, asked):
    person = save_identity(person=a_filled_person(), values={"number_kind": kind, "number": number}, by=None, at=AT)
    rows = request_answers(person=person, registers=ALL, asked_for=APPLICATION, on=ON, purpose="living-subsidy", at=AT)
    assert tuple(row.register for row in rows) == asked
    assert {row.number_hash for row in rows} <= {person.number_hash}
