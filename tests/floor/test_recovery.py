"""Giving an account back to somebody who has lost phone and mail and comes with their identity paper."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from applicants.people.services import prove_number, save_identity
from portal.accounts.models import Role, RoleGrant
from portal.audit.models import Entry
from portal.notifications.models import Letter
from portal.recovery.models import Recovery
from portal.recovery.services import (
    RecoveryRefused,
    issue_recovery,
    open_recovery,
    reset_second_factor,
    use_recovery,
)
from tests.factories import AT, TOTP_SECRET, make_number, make_person, make_staff, make_user, staff

NEW = {"email": "new@example.test", "password": "a-new-lantern-5"}


@pytest.fixture
def person(db):
    row = make_person(make_user("old@example.test"))
    return prove_number(person=row, by=staff(Role.CLERK), at=AT)


def issue(person, **typed):
    typed = {"name": person.legal_name, "number": person.number, "paper_kind": "resident_id"} | typed
    by = typed.pop("by", None) or staff(Role.CLERK)
    return issue_recovery(person=person, **typed, by=by, at=AT, at_real=timezone.now())


def use(row, **given):
    return use_recovery(recovery=row, at=AT, at_real=timezone.now(), **(given or NEW))


def errors_of(answer):
    return {name: [str(one) for one in found] for name, found in answer.context["form"].errors.items()}


def test_from_the_counter_to_the_own_applications(person):
    clerk, visitor = Client(), Client()
    clerk.force_login(staff(Role.CLERK))
    form = {"paper_kind": "resident_id", "name": person.legal_name, "number": person.number, "is_seen": "on"}
    slip = clerk.post(reverse("recovery_new", args=[person.pk]), form)
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", slip.content.decode())[0]
    assert person.number not in slip.content.decode()
    typed = {"code": code.lower().replace("-", " "), "number": person.number}
    assert visitor.post(reverse("recovery"), typed).headers["Location"] == reverse("recovery_address")
    assert visitor.post(reverse("recovery_address"), NEW).headers["Location"] == reverse("account_login")
    cache.clear()
    answer = visitor.post(reverse("account_login"), {"login": NEW["email"], "password": NEW["password"]})
    assert answer.headers["Location"].startswith(reverse("account_email_verification_sent"))
    address = EmailAddress.objects.get(user=person.user)
    assert (address.email, address.verified) == (NEW["email"], False)


def test_whatever_opened_the_account_before_opens_it_no_more(person):
    TOTP.activate(person.user, TOTP_SECRET)
    thief = Client()
    thief.force_login(person.user)
    use(issue(person)[0])
    assert thief.get(reverse("letters")).status_code == 302
    assert not Authenticator.objects.filter(user=person.user).exists()
    person.user.refresh_from_db()
    assert (person.user.email, person.user.check_password("harbour-2023")) == (NEW["email"], False)


def test_it_is_recorded_and_the_old_address_is_told_twice(person):
    use(issue(person)[0])
    acts = Entry.objects.filter(action__startswith="recovery.").order_by("recorded_at")
    assert [(act.action, act.actor, act.target_id, act.note) for act in acts] == [
        ("recovery.issue", staff(Role.CLERK), str(person.user_id), "paper resident_id"),
        ("recovery.use", person.user, str(person.user_id), ""),
    ]
    letters = Letter.objects.order_by("kind")
    assert [(letter.kind, letter.context.get("mail_to")) for letter in letters] == [
        ("account_recovered", "old@example.test"),
        ("recovery_issued", None),
    ]


def test_the_older_account_is_given_back_where_a_person_has_two(person):
    second = make_person(make_user("second@example.test"), identity={"number": person.number})
    with pytest.raises(RecoveryRefused, match="还没有核实"):
        issue(second)
    assert use(issue(person)[0]).pk == person.user_id
    with pytest.raises(RecoveryRefused, match="已经用在另一个账号上"):
        use(issue(person)[0], email="second@example.test", password="a-new-lantern-5")


@pytest.mark.parametrize("typed", [{"name": "林晓舟"}, {"number": make_number()}, {"number": ""}, {"name": ""}])
def test_a_paper_of_somebody_else_gives_nothing(person, typed):
    with pytest.raises(RecoveryRefused, match="不一致"):
        issue(person, **typed)
    assert not Recovery.objects.exists()


def test_nobody_of_the_bureau_is_given_back_at_the_counter(person):
    RoleGrant.objects.create(user=person.user, role=Role.AUDITOR)
    person.user.refresh_from_db()
    with pytest.raises(RecoveryRefused, match="工作人员"):
        issue(person)


def test_nobody_gives_a_code_to_themselves(person):
    with pytest.raises(RecoveryRefused, match="不能给自己办理"):
        issue(person, by=person.user)


def test_a_code_without_the_persons_number_is_worth_nothing_and_ends_after_five(person):
    row, code = issue(person)
    for _turn in range(5):
        with pytest.raises(RecoveryRefused):
            open_recovery(code=code, number=make_number(), at_real=timezone.now())
    with pytest.raises(RecoveryRefused):
        open_recovery(code=code, number=person.number, at_real=timezone.now())
    row.refresh_from_db()
    assert row.ended_at is not None


def test_a_code_holds_for_two_hours(person):
    row, code = issue(person)
    now = timezone.now()
    assert open_recovery(code=code, number=person.number, at_real=now + timedelta(minutes=119)) == row
    with pytest.raises(RecoveryRefused):
        open_recovery(code=code, number=person.number, at_real=now + timedelta(minutes=121))


def test_a_newer_code_ends_the_older_one(person):
    _row, first = issue(person)
    _row, second = issue(person)
    with pytest.raises(RecoveryRefused):
        open_recovery(code=first, number=person.number, at_real=timezone.now())
    assert open_recovery(code=second, number=person.number, at_real=timezone.now())


def test_a_number_changed_since_then_is_not_given_back(person):
    _row, code = issue(person)
    save_identity(person=person, values={"number": make_number()}, by=person.user, at=AT)
    with pytest.raises(RecoveryRefused):
        open_recovery(code=code, number=person.number, at_real=timezone.now())


def test_the_code_itself_is_kept_nowhere(person):
    row, code = issue(person)
    stored = (
        str(vars(row))
        + str(list(Letter.objects.order_by("pk").values()))
        + str(list(Entry.objects.order_by("pk").values()))
    )
    assert code not in stored
    assert code.replace("-", "") not in stored


@pytest.mark.parametrize("kind", ["unknown", "unproven", "used", "expired"])
def test_one_sentence_for_every_code_that_opens_nothing(person, client, kind):
    row, code = issue(person)
    if kind == "used":
        use(row)
    if kind == "expired":
        Recovery.objects.update(expires_at=timezone.now())
    typed = {"code": "AAAA-AAAA-AAAA" if kind == "unknown" else code, "number": person.number}
    if kind == "unproven":
        typed["number"] = "1"
    answer = client.post(reverse("recovery"), typed)
    assert answer.status_code == 422
    assert errors_of(answer) == {"code": ["找回码或证件号码不对，或者已经用过、过了时间。可以到柜台重新办理。"]}


@pytest.mark.parametrize(
    "odd", [{}, {"code": "\x00"}, {"code": "长" * 5000, "number": "x" * 5000}, {"code": ["a", "b"]}]
)
def test_odd_input_is_answered_beside_the_field(client, db, odd):
    assert client.post(reverse("recovery"), odd).status_code in (400, 422)


def test_guessing_codes_is_slow(client, db):
    typed = {"code": "AAAA-AAAA-AAAA", "number": "1"}
    assert [client.post(reverse("recovery"), typed).status_code for _turn in range(11)] == [422] * 10 + [429]


@pytest.mark.parametrize("name", ["recovery_address", "recovery_phone", "recovery_phone_code"])
def test_without_a_code_there_is_nothing_to_set(client, db, name):
    assert client.get(reverse(name)).headers["Location"] == reverse("recovery")
    assert client.post(reverse(name), NEW).headers["Location"] == reverse("recovery")


def test_an_easy_password_is_refused_and_the_code_stays(person, client):
    _row, code = issue(person)
    client.post(reverse("recovery"), {"code": code, "number": person.number})
    answer = client.post(reverse("recovery_address"), {"email": "new@example.test", "password": "1234567890"})
    assert (answer.status_code, list(errors_of(answer))) == (422, ["password"])
    assert Recovery.objects.get().used_at is None


def test_the_clerk_must_have_seen_the_person(person, client):
    client.force_login(staff(Role.CLERK))
    form = {"paper_kind": "resident_id", "name": person.legal_name, "number": person.number}
    answer = client.post(reverse("recovery_new", args=[person.pk]), form)
    assert (answer.status_code, errors_of(answer)) == (422, {"is_seen": ["没有见到本人和证件原件，不能办理。"]})


def test_a_phone_takes_the_place_of_everything(person):
    row, _code = issue(person)
    use(row, phone="+8613800138009")
    person.user.refresh_from_db()
    assert (person.user.phone.number, person.user.email) == ("+8613800138009", None)
    assert not person.user.has_usable_password()


def test_a_second_factor_is_reset_by_another_and_its_owner_is_told(db):
    clerk, chief = make_staff("clerk"), staff(Role.ADMINISTRATOR)
    at_work = Client()
    at_work.post(reverse("account_login"), {"login": clerk.email, "password": "harbour-2023"})
    reset_second_factor(user=clerk, by=chief, at=AT)
    assert not Authenticator.objects.filter(user=clerk).exists()
    assert [(letter.kind, letter.recipient) for letter in Letter.objects.all()] == [("second_factor_reset", clerk)]
    with pytest.raises(RecoveryRefused):
        reset_second_factor(user=chief, by=chief, at=AT)


@pytest.mark.slow
def test_a_code_is_used_once_however_many_come_at_once(race):
    row = prove_number(person=make_person(make_user("old@example.test")), by=staff(Role.CLERK), at=AT)
    code, _text = issue(row)
    outcomes = race(8, lambda number: use(code, email=f"new{number}@example.test", password="a-new-lantern-5"))
    won = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(won) == 1
    assert sum(isinstance(outcome, RecoveryRefused) for outcome in outcomes) == 7
    assert Entry.objects.filter(action="recovery.use").count() == 1
    assert EmailAddress.objects.filter(user=row.user).count() == 1
