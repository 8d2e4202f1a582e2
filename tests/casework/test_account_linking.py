"""Who was entered at the counter gets what is theirs into their own account, with a code from the counter."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from applicants.people.models import Person
from applicants.people.services import prove_number
from portal.audit.models import Entry
from portal.casework.services.advancing import StepRefused
from portal.casework.services.entering import link_by_code
from portal.notifications.models import Letter
from portal.recovery.models import Recovery
from portal.recovery.services import RecoveryRefused, issue_recovery, open_recovery, use_recovery
from tests import factories as make
from tests.casework.at_counter import enter, sent
from tests.factories import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    make.move_clock()
    return enter(make.staff("clerk")).applicant


def issue(person, **typed):
    words = {"name": person.legal_name, "number": person.number, "paper_kind": "resident_id"} | typed
    return issue_recovery(person=person, **words, by=make.staff("clerk"), at=AT, at_real=timezone.now())


def link(row, user, **more):
    return link_by_code(recovery=row, user=user, at=AT, at_real=more.get("at_real", timezone.now()))


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def slip_of(person):
    """The code on the slip that the clerk's page prints."""
    form = {"paper_kind": "resident_id", "name": person.legal_name, "number": person.number, "is_seen": "on"}
    page = signed_in(make.staff("clerk")).post(reverse("recovery_new", args=[person.pk]), form).content.decode()
    assert "先登录您的账号，没有的先注册。" in page
    return re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", page)[0]


def test_from_the_counter_to_the_own_account(client):
    make.move_clock()
    row, user = sent(make.staff("clerk")), make.make_user("new@example.test")
    person = row.applicant
    desk = signed_in(make.staff("clerk")).get(reverse("desk_person", args=[person.pk])).content.decode()
    assert reverse("recovery_new", args=[person.pk]) in desk
    typed = {"code": slip_of(person), "number": person.number}
    assert client.post(reverse("recovery"), typed)["Location"] == reverse("recovery_link")

    to_sign_in = client.get(reverse("recovery_link"))["Location"]
    assert to_sign_in == f"{reverse('account_login')}?next={reverse('recovery_link')}"
    cache.clear()
    entered = client.post(to_sign_in, {"login": user.email, "password": "harbour-2023"})
    assert entered["Location"] == reverse("recovery_link")
    page = client.get(reverse("recovery_link")).content.decode()
    assert ("new@example.test" in page, person.legal_name in page, person.number in page) == (True, False, False)
    assert client.post(reverse("recovery_link"))["Location"] == reverse("applications")

    assert row.reference in client.get(reverse("applications")).content.decode()
    assert set(Letter.objects.filter(recipient=user).values_list("kind", flat=True)) == {"receipt", "account_linked"}
    entry = Entry.objects.get(action="person.link_account")
    assert (entry.actor_id, entry.target_id) == (user.pk, str(person.pk))
    assert Entry.objects.get(action="recovery.issue").actor_id == make.staff("clerk").pk
    assert client.post(reverse("recovery_link"))["Location"] == reverse("recovery")  # once


def test_a_code_is_given_out_for_what_stands_on_the_paper_and_is_used_once(person):
    with pytest.raises(RecoveryRefused):
        issue(person, number=make.make_number())
    with pytest.raises(RecoveryRefused):
        issue(person, name="别人")
    first, _code = issue(person)
    row, code = issue(person)
    one, other = make.make_user(), make.make_user()
    with pytest.raises(StepRefused, match="已经用过，或者过了时间"):
        link(first, one)  # an earlier one opens nothing any more
    with pytest.raises(StepRefused, match="已经用过，或者过了时间"):
        link(row, one, at_real=timezone.now() + timedelta(hours=2))
    with pytest.raises(RecoveryRefused):
        open_recovery(code=code, number=make.make_number(), at_real=timezone.now())
    assert open_recovery(code=code, number=person.number, at_real=timezone.now()) == row
    link(row, one)
    with pytest.raises(StepRefused, match="已经用过，或者过了时间"):
        link(row, other)
    assert Person.objects.get(pk=person.pk).user == one


def test_a_code_for_a_person_without_account_changes_no_account(client, person):
    row, code = issue(person)
    client.post(reverse("recovery"), {"code": code, "number": person.number})
    for name in ("recovery_address", "recovery_phone", "recovery_phone_code"):
        assert client.get(reverse(name))["Location"] == reverse("recovery")
    with pytest.raises(RecoveryRefused):
        use_recovery(recovery=row, at=AT, at_real=timezone.now(), email="a@example.test", password="a-lantern-95")
    assert Recovery.objects.get(pk=row.pk).used_at is None


def test_a_code_for_an_account_links_nothing():
    make.move_clock()
    known = prove_number(person=make.make_person(), by=make.staff("clerk"), at=AT)
    row, code = issue(known)
    other = make.make_user()
    with pytest.raises(StepRefused, match="已经用过，或者过了时间"):
        link(row, other)
    browser = signed_in(other)
    browser.post(reverse("recovery"), {"code": code, "number": known.number})
    assert browser.post(reverse("recovery_link"))["Location"] == reverse("recovery")


def test_what_was_begun_in_the_account_without_a_number_is_left_behind(person):
    user = make.make_user()
    begun = Person.objects.create(user=user)
    row, _code = issue(person)
    link(row, user)
    assert (Person.objects.get(user=user), Person.objects.filter(pk=begun.pk).exists()) == (person, False)


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (lambda: make.make_person().user, "这个账号里已经填写了证件号码。"),
        (lambda: make.start_draft(Person.objects.create(user=make.make_user())).applicant.user, "请先删除草稿"),
        (lambda: make.staff("clerk"), "工作人员的账号不能这样关联。"),
        (lambda: make.staff("finance"), "工作人员的账号不能这样关联。"),
    ],
)
def test_an_account_that_is_somebodys_already_is_refused_and_the_code_stays_open(person, account, told):
    user = account()
    row, code = issue(person)
    client = signed_in(user)
    client.post(reverse("recovery"), {"code": code, "number": person.number})
    page = client.post(reverse("recovery_link"))
    assert (page.status_code, told in page.content.decode()) == (422, True)
    assert (Person.objects.get(pk=person.pk).user, Recovery.objects.get(pk=row.pk).used_at) == (None, None)
    assert not Letter.objects.filter(kind="account_linked").exists()


def test_who_is_not_proven_gets_no_code():
    known = make.make_person()
    with pytest.raises(RecoveryRefused, match="还没有核实"):
        issue(known)


def test_a_code_is_for_an_account_or_for_a_person(person):
    row, _code = issue(person)
    for more in ({"user": make.make_user()}, {"person": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Recovery.objects.filter(pk=row.pk).update(**more)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_with_one_code_at_once_one_is_linked(race):
    make.move_clock()
    person = enter(make.staff("clerk")).applicant
    row, _code = issue(person)
    users = [make.make_user() for _turn in range(4)]
    outcomes = race(4, lambda n: link(row, users[n]))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Person", *["StepRefused"] * 3]
