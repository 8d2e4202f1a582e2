"""What is saved, what is audited, and who may hold a number."""

import pytest
from django.db import IntegrityError, connection, transaction

from applicants.people.models import Education, Paper, PayoutAccount, Person
from applicants.people.refusals import NumberAlreadyProven, NumberNotProvable
from applicants.people.services import (
    claim_conflict,
    give_account,
    person_of,
    prove_number,
    prove_number_by_register,
    save_education,
    save_employment,
    save_identity,
    settle_account,
)
from portal.audit.models import Entry
from tests.people.filled import (
    ACCOUNT,
    AT,
    EDUCATION,
    EMPLOYMENT,
    IDENTITY,
    NUMBER,
    OTHER_NUMBER,
    a_filled_person,
    a_person,
    a_user,
)

pytestmark = pytest.mark.django_db


def a_paper(person):
    return Paper.objects.create(
        person=person,
        kind="id_card",
        name="身份证.jpg",
        content_type="image/jpeg",
        size=1,
        sha256="0",
        stored_as=f"papers/{person.pk}",
        uploaded_at=AT,
    )


def entries():
    return [(entry.action, entry.fields) for entry in Entry.objects.order_by("recorded_at")]


def test_a_user_has_one_file():
    user = a_user()
    assert person_of(user=user) == person_of(user=user)


def test_saving_twice_is_audited_once_and_by_field_names_only():
    person = a_person()
    save_identity(person=person, values=IDENTITY, by=person.user, at=AT)
    save_identity(person=person, values={"phone": "13900001111"}, by=person.user, at=AT)
    assert entries() == [
        ("identity_saved", ["legal_name", "number", "phone", "household_code", "household_collective"]),
        ("identity_saved", ["phone"]),
    ]


def test_every_section_is_saved_once_however_often_it_is_sent():
    person = a_filled_person()
    save_education(person=person, values=EDUCATION, by=person.user, at=AT)
    save_employment(person=person, values=EMPLOYMENT, by=person.user, at=AT)
    give_account(person=person, values=ACCOUNT, by=person.user, at=AT)
    assert [action for action, _fields in entries()] == [
        "identity_saved",
        "education_saved",
        "employment_saved",
        "account_given",
    ]


def test_an_answer_nobody_asks_for_is_refused():
    with pytest.raises(ValueError, match="proven_at"):
        save_identity(person=a_person(), values={"proven_at": AT}, by=None, at=AT)


def test_nothing_personal_stands_in_the_database_in_the_clear():
    person = a_filled_person()
    with connection.cursor() as cursor:
        rows = []
        for table in ("people_person", "people_education", "people_employment", "people_payoutaccount", "audit_entry"):
            cursor.execute(f"SELECT * FROM {table}")
            rows += cursor.fetchall()
    text = repr(rows)
    told = [*IDENTITY.values(), *EDUCATION.values(), *EMPLOYMENT.values(), *ACCOUNT.values()]
    routing = {"lingxiu", "resident_id", "yes", "no", "", True, None}
    secrets = [str(value) for value in told if not isinstance(value, list) and value not in routing]
    assert [secret for secret in [*secrets, "2023-07", "2000-03-02"] if secret in text] == []
    assert str(person) == f"person {person.pk}"


def test_the_hash_follows_the_number():
    person = a_person()
    first = person.number_hash
    save_identity(person=person, values={"number": OTHER_NUMBER}, by=None, at=AT)
    person.refresh_from_db()
    assert len(first) == 64
    assert person.number_hash != first
    save_identity(person=person, values={"number": ""}, by=None, at=AT)
    person.refresh_from_db()
    assert person.number_hash == ""


def test_many_may_claim_a_number_and_one_may_prove_it():
    first, second, clerk = a_person("first"), a_person("second"), a_user("clerk")
    assert not claim_conflict(NUMBER, person=second)
    prove_number(person=first, by=clerk, at=AT)
    assert claim_conflict(NUMBER, person=second)
    assert not claim_conflict(NUMBER, person=first)
    assert claim_conflict(NUMBER)
    with pytest.raises(NumberAlreadyProven):
        prove_number(person=second, by=clerk, at=AT)
    second.refresh_from_db()
    assert not second.is_proven


def test_the_database_itself_keeps_proven_numbers_apart():
    first, second, clerk = a_person("first"), a_person("second"), a_user("clerk")
    Person.objects.filter(pk=first.pk).update(proven_at=AT, proven_by=clerk)
    with pytest.raises(IntegrityError, match="number_hash"), transaction.atomic():
        Person.objects.filter(pk=second.pk).update(proven_at=AT, proven_by=clerk)


@pytest.mark.parametrize(
    "broken",
    [
        {"number_hash": ""},  # a number without its hash
        {"proven_by": None, "proven_at": AT},  # proven by nobody
        {"proven_register": "household"},  # proven at no time
    ],
)
def test_the_database_refuses_half_a_fact(broken):
    person = a_person()
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(**broken)


def test_a_proof_is_audited_with_its_paper_and_given_once():
    person, clerk = a_person(), a_user("clerk")
    paper = a_paper(person)
    prove_number(person=person, by=clerk, at=AT, paper=paper)
    again = prove_number(person=person, by=a_user("other"), at=AT)
    assert (again.proven_by, again.proven_at, again.proven_paper) == (clerk, AT, paper)
    entry = Entry.objects.get(action="number_proven")
    assert (entry.actor, entry.fields, entry.note) == (clerk, ["legal_name", "number"], f"paper {paper.pk}")


@pytest.mark.parametrize("changed", [{"number": OTHER_NUMBER}, {"legal_name": "林晓杭"}])
def test_a_proof_lapses_when_what_was_proven_changes(changed):
    person, clerk = a_person(), a_user("clerk")
    prove_number(person=person, by=clerk, at=AT)
    saved = save_identity(person=person, values=changed, by=person.user, at=AT)
    assert (saved.proven_at, saved.proven_by, saved.proven_paper) == (None, None, None)
    assert ("number_proof_lapsed", list(changed)) in entries()


def test_a_proof_survives_a_new_phone():
    person = a_person()
    prove_number(person=person, by=a_user("clerk"), at=AT)
    assert save_identity(person=person, values={"phone": "13900001111"}, by=None, at=AT).is_proven


def by_register(person, **changes):
    asked = {"register": "household", "name": "林晓航", "number": NUMBER} | changes
    return prove_number_by_register(person=person, at=AT, **asked)


def test_a_register_proves_a_number_once_and_is_named():
    person = a_person()
    proven = [by_register(person), by_register(person, register="education")]
    assert {(it.proven_at, it.proven_by, it.proven_paper, it.proven_register) for it in proven} == {
        (AT, None, None, "household")
    }
    entry = Entry.objects.get(action="number_proven")
    assert (entry.actor, entry.fields, entry.note) == (None, ["legal_name", "number"], "register household")
    assert prove_number(person=person, by=a_user("clerk"), at=AT).proven_register == "household"


def test_a_proof_is_by_a_person_or_by_a_register():
    person = by_register(a_person())
    with pytest.raises(IntegrityError, match="a_proof_names_who_and_when"), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(proven_by=a_user("clerk"))


@pytest.mark.parametrize("changed", [{"number": OTHER_NUMBER}, {"name": "林晓杭"}, {"number": ""}])
def test_a_register_proves_only_what_is_still_claimed(changed):
    person = a_person()
    with pytest.raises(NumberNotProvable):
        by_register(person, **changed)
    person.refresh_from_db()
    assert not person.is_proven


def test_a_register_does_not_prove_a_number_that_another_holds_and_its_proof_lapses_with_the_name():
    first, second = a_person("first"), a_person("second")
    prove_number(person=first, by=a_user("clerk"), at=AT)
    with pytest.raises(NumberAlreadyProven):
        by_register(second)
    save_identity(person=first, values={"number": OTHER_NUMBER}, by=None, at=AT)
    assert by_register(second).is_proven
    lapsed = save_identity(person=second, values={"legal_name": "林晓杭"}, by=None, at=AT)
    assert (lapsed.is_proven, lapsed.proven_register) == (False, "")


def test_what_cannot_be_proven():
    person, clerk = a_person(), a_user("clerk")
    nameless = person_of(user=a_user("nameless"))
    refused = []
    for attempt in (
        {"person": nameless, "by": clerk},
        {"person": person, "by": clerk, "seen_hash": "what the clerk saw before"},
        {"person": person, "by": person.user},
    ):
        with pytest.raises(NumberNotProvable) as refusal:
            prove_number(**attempt, at=AT)
        refused.append(refusal.value.sentence)
    assert refused == [
        "还没有填写证件号码，不能核实。",
        "证件号码刚刚改过。请重新打开这一页，再对照一次。",
        "不能核实自己的证件号码，请另一位同事办理。",
    ]
    with pytest.raises(ValueError, match="another person"):
        prove_number(person=person, by=clerk, at=AT, paper=a_paper(nameless))


def test_a_changed_account_is_a_new_row_and_not_settled():
    person, reviewer = a_filled_person(), a_user("reviewer")
    first = person.current_account()
    settle_account(account=first, by=reviewer, at=AT, paper=a_paper(person))
    second = give_account(person=person, values={"number": "6217001820000009999"}, by=person.user, at=AT)
    assert person.current_account() == second
    assert (second.ordinal, second.number_last4, second.holder, second.settled_at) == (2, "9999", "林晓航", None)
    assert PayoutAccount.objects.get(pk=first.pk).settled_by == reviewer
    assert entries()[-1] == ("account_given", ["number"])


def test_an_account_is_settled_against_a_paper_of_the_same_person_once():
    person, reviewer = a_filled_person(), a_user("reviewer")
    account = person.current_account()
    with pytest.raises(ValueError, match="another person"):
        settle_account(account=account, by=reviewer, at=AT, paper=a_paper(person_of(user=a_user("other"))))
    settle_account(account=account, by=reviewer, at=AT, paper=a_paper(person))
    again = settle_account(
        account=account, by=a_user("late"), at=AT, paper=account.settled_paper or a_paper_of(account)
    )
    assert again.settled_by == reviewer


def a_paper_of(account):
    return PayoutAccount.objects.get(pk=account.pk).settled_paper


def test_an_empty_section_is_not_written():
    person = person_of(user=a_user())
    save_education(person=person, values={}, by=None, at=AT)
    assert not Education.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_who_prove_a_number_at_once_one_wins(race):
    people = [a_person(f"p{number}") for number in range(8)]
    clerk = a_user("clerk")
    outcomes = race(8, lambda number: prove_number(person=people[number], by=clerk, at=AT))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [*["NumberAlreadyProven"] * 7, "Person"]
    assert Person.objects.filter(proven_at__isnull=False).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_a_clerk_and_registers_who_prove_a_number_at_once_one_wins(race):
    people = [a_person(f"p{number}") for number in range(6)]
    clerk = a_user("clerk")

    def prove(number):
        if number == 0:
            return prove_number(person=people[0], by=clerk, at=AT)
        return by_register(people[number])

    outcomes = race(6, prove)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [*["NumberAlreadyProven"] * 5, "Person"]
    assert Person.objects.filter(proven_at__isnull=False).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_section_sent_by_ten_clicks_at_once_is_one_row(race):
    person = a_person()
    outcomes = race(10, lambda _number: save_education(person=person, values=EDUCATION, by=None, at=AT))
    assert {outcome.pk for outcome in outcomes} == {Education.objects.get().pk}
    outcomes = race(10, lambda _number: give_account(person=person, values=ACCOUNT, by=None, at=AT))
    assert {outcome.pk for outcome in outcomes} == {PayoutAccount.objects.get().pk}
