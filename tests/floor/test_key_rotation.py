"""New keys while the portal runs: everything is found, opened and unique before, while and after they are changed."""

import base64
from io import StringIO

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import models

from applicants.people.linking import known_as
from applicants.people.models import PayoutAccount, Person, account_number_hash, number_columns, person_number_hash
from applicants.people.papers import open_paper
from applicants.people.refusals import NumberAlreadyProven
from applicants.people.services import claim_conflict, give_account, prove_number, save_identity
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.casework.services.finding import find_files
from portal.casework.states import State
from portal.vault.rotation import families, rehash_columns, reseal_table, sealed_columns, what_is_left
from portal.vault.sealing import hash_mark, keyed_hash, keyed_hashes, rehash
from subsidies.models import Roll, RollLine
from subsidies.services.collecting import collect_all
from subsidies.services.issuing import issue_roll
from tests import factories as make
from tests.casework.moving import now, refused, take
from tests.factories import AT
from tests.subsidies import paying

NEW_HASH = base64.b64encode(b"n" * 32).decode()
THIRD_HASH = base64.b64encode(b"t" * 32).decode()
NEW_SEAL = base64.b64encode(b"x" * 32).decode()


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    """Files of these tests only: another test may have left one that does not open, on purpose."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def new_keys(settings):
    """Call it to put new keys in front of the old ones, as a restart with other settings does."""

    def change():
        settings.FIELD_ENCRYPTION_KEYS = f"fresh:aes:{NEW_SEAL},{settings.FIELD_ENCRYPTION_KEYS}"
        settings.FIELD_HASH_KEY = f"{NEW_HASH},{settings.FIELD_HASH_KEY}"

    return change


def rotate(**options):
    out = StringIO()
    call_command("rotate_keys", stdout=out, **options)
    return out.getvalue().splitlines()


def test_a_hash_says_how_many_keys_lie_over_each_other(settings):
    old = keyed_hash("person-number", "1")
    settings.FIELD_HASH_KEY = f"{NEW_HASH},{settings.FIELD_HASH_KEY}"
    second = keyed_hash("person-number", "1")
    assert (second[0], len(second), rehash(old), rehash(second)) == ("g", 64, second, second)
    settings.FIELD_HASH_KEY = f"{THIRD_HASH},{settings.FIELD_HASH_KEY}"
    third = keyed_hash("person-number", "1")
    assert (third[0], rehash(old), rehash(second), rehash("")) == ("h", third, third, "")
    assert keyed_hashes("person-number", "1") == [third, second, old]


@pytest.mark.django_db
def test_every_column_of_keyed_hashes_is_known():
    named = {path for family in families() for path in family}
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.CharField) and field.name.endswith("_hash") and field.max_length == 64
    }
    # Keys of calls live for a day, and nobody but their caller looks for them; links, codes and devices hold a secret
    # of their own, long enough to need no key.
    secrets = {path for path in found if "IdempotencyKey" in path or path.endswith(("token_hash", "code_hash"))}
    assert found - secrets == named


@pytest.mark.django_db
@pytest.mark.slow
def test_rotation_reseals_rows_and_files_and_rehashes_numbers(new_keys):
    row = make.make_application_in(State.FIRST_REVIEW)
    person, clerk = row.applicant, make.staff("clerk")
    paper = row.shelf.first().paper
    seen, name, number = open_paper(paper), person.legal_name, person.number
    assert rotate()[-1] == "0 rows left"  # one key: nothing to do
    new_keys()
    assert what_is_left() > 0
    # Before: what is there is found, opened and kept unique.
    assert [it.pk for it in find_files(clerk, number)] == [row.pk]
    assert claim_conflict(number)
    said = rotate(batch=2)
    assert said[-1] == "0 rows left"
    assert any(line.startswith("people.Person: ") for line in said)
    person = Person.objects.get(pk=person.pk)
    assert (person.legal_name, person.number, open_paper(paper)) == (name, number, seen)
    assert person.number_hash == person_number_hash(number) == now(row).number_hash
    account = PayoutAccount.objects.get(person=person)
    assert account.number_hash == account_number_hash(account.number)
    tokens = [
        str(token)
        for model, fields in sealed_columns()
        for values in models.QuerySet(model).values_list(*(field.attname for field in fields))
        for token in values
        if token
    ]
    assert {token.split(":")[1] for token in tokens} == {"fresh"}
    with default_storage.open(paper.stored_as) as file:
        assert file.read(9) == b"v1:fresh:"
    assert [it.pk for it in find_files(clerk, number)] == [row.pk]


@pytest.mark.django_db
def test_after_rotation_the_old_sealing_key_may_go(new_keys, settings):
    person = make.make_person()
    name = person.legal_name
    new_keys()
    rotate()
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS.split(",")[0]
    assert Person.objects.get(pk=person.pk).legal_name == name


@pytest.mark.django_db
def test_a_run_that_was_stopped_goes_on_where_it_was(new_keys):
    for _turn in range(3):
        make.make_person()
    new_keys()
    model, fields = next(it for it in sealed_columns() if it[0] is Person)
    assert next(reseal_table(model, fields, batch=1)).done == 1  # and no more
    assert sum(1 for _seen in reseal_table(model, fields, batch=1)) == 2
    assert list(reseal_table(model, fields)) == []


@pytest.mark.django_db
def test_what_does_not_open_is_counted_and_the_rest_goes_on(new_keys):
    broken, whole = make.make_person(), make.make_person()
    other = Person.objects.filter(pk=whole.pk).values_list("legal_name", flat=True)[0]
    models.QuerySet(Person).filter(pk=broken.pk).update(legal_name=other)  # sealed for another row
    new_keys()
    with pytest.raises(CommandError, match="1 values do not open, 1 rows are left"):
        rotate()
    assert Person.objects.get(pk=whole.pk).legal_name == whole.legal_name


@pytest.mark.django_db
def test_between_the_keys_a_number_is_still_one_persons(new_keys):
    first, second = make.make_person(), make.make_person()
    clerk = make.staff("clerk")
    prove_number(person=first, by=clerk, at=AT)
    new_keys()
    save_identity(person=second, values={"number": first.number}, by=None, at=AT)
    second.refresh_from_db()
    assert second.number_hash[0] == hash_mark() != first.number_hash[0]
    with pytest.raises(NumberAlreadyProven):
        prove_number(person=second, by=clerk, at=AT)
    assert known_as(first).ids == {first.pk}


@pytest.mark.django_db
@pytest.mark.slow
def test_between_the_keys_a_number_has_one_file_in_a_programme(new_keys):
    first, second = make.make_application_in(State.FIRST_REVIEW), make.make_application_in(State.ACCEPT)
    new_keys()
    Person.objects.filter(pk=first.applicant_id).update(proven_at=None, proven_by=None, proven_paper=None)
    save_identity(person=second.applicant, values={"number": first.applicant.number}, by=None, at=AT)
    prove_number(person=second.applicant, by=make.staff("clerk"), at=AT)
    told = "同一证件号码在这个项目已有一件申请在办，不能再受理一件。"
    assert refused(second, "accept", "clerk") == told


@pytest.mark.django_db
@pytest.mark.slow
def test_between_the_keys_a_number_is_granted_once(new_keys):
    first, second = (make.make_application_in(State.FINAL_APPROVAL) for _turn in range(2))
    Application.objects.filter(pk=second.pk).update(number_hash=first.number_hash, programme="apartment")
    take(first, "approve", "approver")
    new_keys()
    told = "同一证件号码已经批准过与这项互斥的补贴，不能再批准。"
    assert refused(second, "approve", "approver") == told
    rotate()
    assert refused(second, "approve", "approver") == told


@pytest.mark.django_db
@pytest.mark.slow
def test_a_roll_collected_before_new_keys_is_issued_between_them(new_keys):
    roll = paying.collected(paying.quick_payable())
    new_keys()
    assert issue_roll(roll=roll, by=make.staff("finance"), at=paying.LATER).state == "issued"
    account, line = PayoutAccount.objects.get(), RollLine.objects.get()
    assert line.account_hash == account.number_hash == account_number_hash(account.number)


SHARED = "现在不能发放：别的申请人也用这个账户，一个账户只能有一个人。"


@pytest.mark.django_db
def test_between_the_keys_two_people_with_one_account_are_not_paid(new_keys):
    first = paying.quick_payable()
    number = first.person.current_account().number
    new_keys()
    second = paying.quick_payable(person=make.make_person(account={"number": number}))
    for payable in (second, first):
        with pytest.raises(StepRefused, match=SHARED):
            paying.collected(payable)
    assert (paying.codes(first), paying.codes(second)) == (["account_shared"], ["account_shared"])


@pytest.mark.django_db
def test_between_the_keys_all_that_is_due_leaves_a_shared_account_behind(new_keys):
    first, alone = paying.quick_payable(), paying.quick_payable()
    number = first.person.current_account().number
    new_keys()
    paying.quick_payable(person=make.make_person(account={"number": number}))
    roll = collect_all(programme="living-subsidy", by=make.staff("finance"), at=paying.LATER)
    assert [line.payable for line in roll.lines.all()] == [alone]


@pytest.mark.django_db
@pytest.mark.slow
def test_between_the_keys_an_account_paid_into_for_one_is_not_paid_into_for_another(new_keys):
    first = paying.quick_payable()
    number = first.person.current_account().number
    paying.issued(first)
    give_account(person=first.person, values={"number": "6217001870001234567"}, by=None, at=paying.LATER)
    new_keys()
    second = paying.quick_payable(person=make.make_person(account={"number": number}))
    with pytest.raises(StepRefused, match=SHARED):
        paying.collected(second)


@pytest.mark.django_db
@pytest.mark.slow
def test_between_the_keys_an_account_that_is_shared_stops_the_issue(new_keys):
    first, second = paying.quick_payable(), paying.quick_payable()
    number = first.person.current_account().number
    roll = paying.collected(first)
    new_keys()
    give_account(person=second.person, values={"number": number}, by=None, at=paying.LATER)
    reference = first.application.reference
    for _turn in range(2):  # the page does not say that it was only then
        with pytest.raises(StepRefused, match=f"{reference} {SHARED}"):
            issue_roll(roll=roll, by=make.staff("finance"), at=paying.LATER)
    assert Roll.objects.get().state == "collected"


@pytest.mark.django_db
def test_a_value_changes_in_all_its_columns_at_once(new_keys):
    row = make.make_application_in(State.FIRST_REVIEW)
    new_keys()
    assert now(row).number_hash == now(row).applicant.number_hash
    list(rehash_columns(number_columns()))
    assert now(row).number_hash == now(row).applicant.number_hash == person_number_hash(row.applicant.number)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_people_go_on_writing_while_keys_are_rotated(race, new_keys):
    people = [make.make_person() for _turn in range(12)]
    clerk = make.staff("clerk")
    new_keys()

    def act(number):
        if number == 0:
            return rotate(batch=2)
        for turn, person in enumerate(people[number::3]):
            save_identity(person=person, values={"phone": f"1380000{number}{turn:03d}"}, by=None, at=AT)
            prove_number(person=person, by=clerk, at=AT)
            give_account(person=person, values={"bank_name": f"石狮银行 {number}"}, by=None, at=AT)
        return "done"

    outcomes = race(3, act)
    assert [
        outcome for outcome in outcomes if isinstance(outcome, Exception) and not isinstance(outcome, CommandError)
    ] == []
    rotate()
    assert what_is_left() == 0
    for person in Person.objects.filter(pk__in=[it.pk for it in people]):
        assert person.number_hash == person_number_hash(person.number)
        assert person.legal_name
    written = Person.objects.filter(pk__in=[it.pk for number in (1, 2) for it in people[number::3]])
    assert {person.phone[:8] for person in written} == {"13800001", "13800002"}
    assert Application.objects.count() == 0
