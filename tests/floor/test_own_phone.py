"""The number by which somebody signs in: how it is read and kept, how it is changed, and whose it is."""

import base64
import re
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts import phone_codes
from portal.accounts.models import Role, RoleGrant, SignInPhone, User
from portal.accounts.phones import PhoneTaken, PhoneUnreadable, give_phone, masked_phone, read_phone
from portal.audit.models import Entry
from portal.vault.rotation import what_is_left
from tests.browsing import signed_in
from tests.floor.phoning import DIGITS, OTHER, PHONE, a_minute_passes, account, ask, signed_in_by_phone, wrong
from tests.traps import age_sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long password 9"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet(db):
    a_minute_passes()


def with_email(email: str = "person@example.org") -> User:
    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


# ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800138000", "+8613800138000"),
        (" 138 0013 8000 ", "+8613800138000"),
        ("138-0013-8000", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+852 5123 4567", "+85251234567"),
        ("+853 6612 3456", "+85366123456"),
        ("+886 912 345 678", "+886912345678"),
        ("+1 650 253 0000", "+16502530000"),
    ],
)
def test_a_mobile_number_is_read_however_it_is_typed(typed, number):
    assert read_phone(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1380013800",
        "138001380000",
        "0595 8888 6666",
        "+852 2123 4567",
        "10086",
        "13800138000 ext 5",
        "手机",
        DIGITS,
    ],
)
def test_what_is_no_mobile_number_is_refused(typed):
    with pytest.raises(PhoneUnreadable):
        read_phone(typed)


def test_a_number_is_shown_by_its_ends():
    assert (masked_phone(PHONE), masked_phone("+85251234567")) == ("138****8000", "+852 ****4567")


def test_a_number_is_kept_sealed_and_opens_one_account():
    user = account()
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, number_hash FROM accounts_signinphone")
        number, number_hash = cursor.fetchone()
    assert (number[:3], len(number_hash), "13800138000" in number + number_hash) == ("v1:", 64, False)
    assert account() == user
    with pytest.raises(IntegrityError), transaction.atomic():
        SignInPhone.objects.create(number=PHONE, number_hash=user.phone.number_hash, proven_at=timezone.now())


def test_new_keys_leave_every_number_with_its_account(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    user, other = account(), with_email()
    for name, new in (("FIELD_HASH_KEY", b"n"), ("FIELD_ENCRYPTION_KEYS", b"x")):
        key = base64.b64encode(new * 32).decode()
        setattr(settings, name, f"{'' if new == b'n' else 'fresh:aes:'}{key},{getattr(settings, name)}")
    assert account() == user
    call_command("rotate_keys", stdout=StringIO())
    (number_hash,) = SignInPhone.objects.values_list("number_hash", flat=True)
    assert (number_hash[0], what_is_left()) == ("g", 0)
    assert (account(), account().phone.number) == (user, PHONE)
    with pytest.raises(PhoneTaken):
        give_phone(user=other, number=PHONE, at=timezone.now())


def test_an_account_has_an_address_or_a_number():
    with pytest.raises(IntegrityError, match="an_account_has_email_or_phone"), transaction.atomic():
        User.objects.create_user(None)
    assert {User.objects.create_user("", phone=None, is_active=False).email} == {None}


def test_nobody_is_found_by_an_empty_address():
    account()
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key("")


# ── the number in one's account ────────────────────────────────────────────────────────────────────────────────────


def test_a_number_is_added_to_an_account_with_an_address(client, sms):
    user = with_email()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_phone_change"), {"phone": PHONE})
    client.post(reverse("account_phone_change_code"), {"code": sms.code(PHONE)})
    user.refresh_from_db()
    assert user.phone.number == PHONE
    assert Entry.objects.get(action="user.change_phone").actor == user
    page = client.get(reverse("account_phone")).content.decode()
    assert ("138****8000" in page, "13800138000" in page) == (True, False)
    visitor = signed_in_by_phone(sms)
    assert visitor.get(reverse("after_sign_in")).wsgi_request.user == user


def test_a_new_number_needs_a_code_of_its_own_and_opens_instead_of_the_old_one(sms):
    client = signed_in_by_phone(sms)
    user = User.objects.get()
    client.post(reverse("account_phone_change"), {"phone": OTHER})
    refused = client.post(reverse("account_phone_change_code"), {"code": wrong(sms.code(OTHER))})
    assert (refused.status_code, User.objects.get().phone.number) == (422, PHONE)
    client.post(reverse("account_phone_change_code"), {"code": sms.code(OTHER)})
    assert User.objects.get().phone.number == OTHER
    assert signed_in_by_phone(sms, OTHER).get(reverse("after_sign_in")).wsgi_request.user == user
    assert signed_in_by_phone(sms, PHONE).get(reverse("after_sign_in")).wsgi_request.user != user
    assert SignInPhone.objects.count() == 2


def test_who_had_the_account_so_far_is_told_of_a_new_number(sms, mailoutbox):
    client = signed_in_by_phone(sms)
    user = User.objects.get()
    EmailAddress.objects.create(user=user, email="person@example.org", verified=True, primary=True)
    client.post(reverse("account_phone_change"), {"phone": OTHER})
    client.post(reverse("account_phone_change_code"), {"code": sms.code(OTHER)})
    told = "【人才港湾】您的登录手机号已换成尾号 9000 的号码。不是您本人操作，请拨 12333。"
    assert sms.texts()[-1] == (PHONE, told)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["person@example.org"], "人才港湾：登录手机号已更新")
    assert ("登录手机号换成了 139****9000。" in mail.body, OTHER in mail.body) == (True, False)


def test_a_code_for_signing_in_changes_no_number(sms):
    client = signed_in_by_phone(sms)
    session = client.session
    visitor = Client()
    ask(visitor, OTHER)
    session[phone_codes.SESSION_KEY] = visitor.session[phone_codes.SESSION_KEY]
    session.save()
    answer = client.post(reverse("account_phone_change_code"), {"code": sms.code(OTHER)})
    assert (answer.headers["Location"], User.objects.get().phone.number) == (reverse("account_phone_change"), PHONE)


def test_the_number_of_another_account_is_not_taken(sms):
    theirs = account(OTHER)
    client = signed_in_by_phone(sms)
    client.post(reverse("account_phone_change"), {"phone": OTHER})
    answer = client.post(reverse("account_phone_change_code"), {"code": sms.code(OTHER)}, follow=True)
    assert "这个手机号已经用来登录另一个账号" in answer.content.decode()
    assert SignInPhone.objects.get(user=theirs).number == OTHER


def test_whoever_signed_in_long_ago_proves_it_again_before_changing_the_number(sms):
    user = account()
    client = signed_in(user)
    age_sign_in(client, minutes=11)
    asked = client.get(reverse("account_phone_change"))
    again = reverse("account_phone_reauthenticate")
    assert asked.headers["Location"].startswith(again)
    client.post(asked.headers["Location"], {"action": "send"})
    assert client.post(asked.headers["Location"], {"code": wrong(sms.code(PHONE))}).status_code == 422
    answer = client.post(asked.headers["Location"], {"code": sms.code(PHONE)})
    assert answer.headers["Location"] == reverse("account_phone_change")
    assert client.get(reverse("account_phone_change")).status_code == 200


def test_the_bureau_does_not_prove_itself_by_a_message(sms):
    user = account()
    RoleGrant.objects.create(user=user, role=Role.CLERK)
    TOTP.activate(user, SECRET)
    client = signed_in(user)
    assert (
        client.post(reverse("account_phone_reauthenticate"), {"action": "send"})
        .headers["Location"]
        .startswith(reverse("mfa_reauthenticate"))
    )
    assert sms.texts() == []


def test_who_came_by_phone_may_have_an_address_and_a_password_too(sms, mailoutbox):
    client = signed_in_by_phone(sms)
    assert client.get(reverse("account_change_password")).headers["Location"] == reverse("account_set_password")
    assert client.get(reverse("account_set_password")).status_code == 200
    client.post(reverse("account_set_password"), {"password1": PASSWORD, "password2": PASSWORD})
    client.post(reverse("account_email"), {"action_add": "", "email": "person@example.org"})
    code = re.search(r"^[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}$", mailoutbox[-1].body, re.MULTILINE)[0]
    client.post(reverse("account_email_verification_sent"), {"code": code})
    assert User.objects.get().email == "person@example.org"
    assert {(entry.action, entry.actor, entry.target_id) for entry in Entry.objects.filter(fields=["email"])} == {
        ("user.change_email", User.objects.get(), str(User.objects.get().pk))
    }
    visitor = Client()
    visitor.post(reverse("account_login"), {"login": "person@example.org", "password": PASSWORD})
    assert visitor.get(reverse("letters")).status_code == 200


def test_messages_of_letters_can_be_switched_off(sms):
    client = signed_in_by_phone(sms)
    client.post(reverse("account_phone_letters"), {})
    assert not SignInPhone.objects.get().gets_letters
    client.post(reverse("account_phone_letters"), {"letters": "on"})
    assert SignInPhone.objects.get().gets_letters


# ── races ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_two_that_prove_a_number_at_once_get_one_account(race):
    found = race(4, lambda number: account().pk)
    assert (len(set(found)), User.objects.count(), SignInPhone.objects.count()) == (1, 1, 1)


@pytest.mark.slow
def test_of_two_accounts_that_want_a_number_one_gets_it(race):
    users = [User.objects.create_user(f"{number}@example.org") for number in range(2)]
    said = race(2, lambda number: give_phone(user=users[number], number=PHONE, at=timezone.now()))
    assert sorted(type(outcome) for outcome in said if isinstance(outcome, Exception)) == [PhoneTaken]
    assert User.objects.filter(phone__isnull=False).count() == SignInPhone.objects.count() == 1
