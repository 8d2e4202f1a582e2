"""Signing in by phone: the same pages for every number, an account for who proves one, and what goes wrong."""

import logging
import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts import phone_codes
from portal.accounts.models import Role, RoleGrant, User
from portal.accounts.phones import masked_phone
from tests.factories import make_user
from tests.floor.phoning import DIGITS, OTHER, PHONE, a_minute_passes, account, ask, enter, wrong

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet(db):
    a_minute_passes()


# ── the way in ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_number_opens_a_new_account_and_the_next_time_the_same(client, sms):
    assert ask(client, "138 0013 8000").headers["Location"] == reverse("account_phone_code")
    code = sms.code(PHONE)
    assert sms.texts() == [(PHONE, f"【人才港湾】您的验证码是 {code}，5 分钟内有效。不是您本人操作，请不用理会。")]
    assert not User.objects.exists()  # nothing is kept before the number is proven
    assert enter(client, f" {code[:3]} {code[3:]} ").headers["Location"] == reverse("after_sign_in")
    user = User.objects.get()
    assert (user.email, user.phone.number, user.has_usable_password()) == (None, PHONE, False)
    assert client.get(reverse("letters")).status_code == 200
    client.logout()
    a_minute_passes()
    ask(client)
    enter(client, sms.code(PHONE))
    assert (client.get(reverse("letters")).status_code, User.objects.count()) == (200, 1)


def test_the_page_that_was_wanted_is_the_page_that_comes(client, sms):
    wanted = reverse("letters")
    client.post(reverse("account_phone_sign_in"), {"phone": PHONE, "next": wanted})
    assert enter(client, sms.code(PHONE)).headers["Location"] == wanted


@pytest.mark.parametrize("keeps", [True, False])
def test_only_who_asks_for_it_stays_signed_in_when_the_browser_is_closed(client, sms, keeps):
    ask(client)
    client.post(reverse("account_phone_code"), {"code": sms.code(PHONE)} | ({"remember": "on"} if keeps else {}))
    assert client.session.get_expire_at_browser_close() is not keeps


def test_no_other_site_is_gone_to(client, sms):
    client.post(reverse("account_phone_sign_in"), {"phone": PHONE, "next": "https://elsewhere.example/"})
    assert enter(client, sms.code(PHONE)).headers["Location"] == reverse("after_sign_in")


def test_an_english_page_sends_an_english_message_and_makes_an_english_account(client, sms):
    client.cookies["language"] = "en"
    ask(client)
    code = sms.code(PHONE)
    assert sms.texts()[0][1].startswith(f"【人才港湾】Your code is {code}.")
    enter(client, code)
    assert User.objects.get().language == "en"


def test_the_demo_shows_the_message(client, sms):
    assert "还没有短信" in client.get(reverse("demo")).content.decode()
    ask(client)
    page = client.get(reverse("demo")).content.decode()
    assert (PHONE in page, f"您的验证码是 {sms.code(PHONE)}" in page) == (True, True)


def test_no_page_tells_whether_a_number_has_an_account(sms):
    account(PHONE)
    pages = []
    for number in (PHONE, OTHER):
        visitor = Client()
        answer = ask(visitor, number)
        page = visitor.get(reverse("account_phone_code")).content.decode()
        refused = enter(visitor, wrong(sms.code(number))).content.decode()
        shown = [plain(page, number), plain(refused, number)]
        pages.append((answer.status_code, answer.headers["Location"], shown, sms.texts()[-1][1].partition("，")[2]))
    assert pages[0] == pages[1]


def plain(page: str, number: str) -> str:
    """A page without the number it names and the token of its forms."""
    without = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    return re.sub(r'value="\d{6}"', "", without.replace(masked_phone(number), "…"))


def test_a_code_and_a_number_are_nowhere_in_the_clear(client, sms, caplog):
    caplog.set_level(logging.DEBUG)
    sms.switch("unavailable")
    ask(client)
    sms.switch()
    ask(client)
    code = sms.code(PHONE)
    kept = [row.get_decoded() for row in Session.objects.all()]
    assert len(kept) == 1
    assert not any(secret in f"{kept}{caplog.text}" for secret in (code, "13800138000"))
    answer = enter(client, code)
    assert not any(secret in f"{answer.headers}{client.session.items()}" for secret in (code, "13800138000"))


@pytest.mark.parametrize("typed", ["", "12345", "1380013800000", "手机", DIGITS])
def test_a_number_that_cannot_be_read_is_said_so_beside_the_field(client, sms, typed):
    page = ask(client, typed)
    assert page.status_code == 422
    assert sms.texts() == []


# ── codes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_code_says_how_often_one_may_still_try_and_the_fifth_is_the_last(client, sms):
    ask(client)
    code = sms.code(PHONE)
    for left in (4, 3, 2, 1):
        page = enter(client, wrong(code))
        assert (page.status_code, f"还可以再试 {left} 次" in page.content.decode()) == (422, True)
    assert enter(client, wrong(code)).headers["Location"] == reverse("account_phone_sign_in")
    assert enter(client, code).headers["Location"] == reverse("account_phone_sign_in")
    assert not User.objects.exists()


@pytest.mark.parametrize("typed", ["", " ", DIGITS, "一二三四五六", "12345\u0661"])
def test_what_is_no_code_opens_nothing(client, sms, typed):
    ask(client)
    assert enter(client, typed).status_code == 422
    assert not User.objects.exists()


def test_a_code_is_over_after_five_minutes(client, sms, monkeypatch):
    ask(client)
    at = phone_codes.time.time()
    monkeypatch.setattr(phone_codes.time, "time", lambda: at + 301)
    assert enter(client, sms.code(PHONE)).headers["Location"] == reverse("account_phone_sign_in")
    assert not User.objects.exists()


def test_a_code_opens_once_and_only_where_it_was_asked_for(client, sms):
    ask(client)
    code = sms.code(PHONE)
    assert enter(Client(), code).headers["Location"] == reverse("account_phone_sign_in")
    assert enter(client, code).status_code == 302
    client.logout()
    assert enter(client, code).headers["Location"] == reverse("account_phone_sign_in")


def test_another_code_can_be_had_after_a_minute_and_ends_the_first(client, sms):
    ask(client)
    first = sms.code(PHONE)
    assert client.post(reverse("account_phone_code"), {"action": "resend"}).status_code == 302
    assert len(sms.texts()) == 1  # not yet
    a_minute_passes()
    client.post(reverse("account_phone_code"), {"action": "resend"})
    second = sms.code(PHONE)
    assert (len(sms.texts()), enter(client, first).status_code) == (2, 422 if first != second else 302)
    assert enter(client, second).headers["Location"] == reverse("after_sign_in")


def test_a_number_gets_five_codes_an_hour_from_whatever_session(sms, monkeypatch):
    at = phone_codes.time.time()
    for number in range(7):
        monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda number=number: at + 61 * number)
        answer = ask(Client())
        assert answer.status_code == (302 if number < 5 else 422)
    assert len(sms.texts()) == 5


@pytest.mark.slow
def test_one_address_gets_thirty_codes_an_hour_for_whatever_numbers(sms):
    answers = [ask(Client(), f"138001380{number:02d}").status_code for number in range(32)]
    assert answers == [302] * 30 + [422] * 2


def test_codes_of_a_number_are_tried_ten_times_in_ten_minutes_from_whatever_sessions(sms, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"phone_code_sent": "1000/h/ip"}
    visitors = [Client() for _ in range(3)]
    for visitor in visitors:
        ask(visitor)
    statuses = [enter(visitor, "x").status_code for visitor in visitors for _ in range(4)]
    assert statuses == [422] * 10 + [302] * 2


# ── the bureau, and accounts that are off ──────────────────────────────────────────────────────────────────────────


def test_a_person_of_the_bureau_is_asked_for_the_second_factor_as_well(client, sms):
    user = account()
    RoleGrant.objects.create(user=user, role=Role.CLERK)
    TOTP.activate(user, SECRET)
    ask(client)
    assert enter(client, sms.code(PHONE)).headers["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get(reverse("letters")).status_code == 302
    code = format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get(reverse("letters")).status_code == 200


def test_a_person_of_the_bureau_without_a_second_factor_does_not_come_in_by_a_message(client, sms):
    RoleGrant.objects.create(user=account(), role=Role.CLERK)
    ask(client)
    assert enter(client, sms.code(PHONE)).headers["Location"] == reverse("account_login")
    assert client.get(reverse("letters")).status_code == 302


def test_an_account_that_is_switched_off_stays_shut(client, sms):
    user = account()
    user.is_active = False
    user.save()
    ask(client)
    assert enter(client, sms.code(PHONE)).headers["Location"] == reverse("account_inactive")
    assert client.get(reverse("letters")).status_code == 302


def test_who_has_an_unproven_address_and_a_phone_comes_in_by_the_phone(client, sms):
    user = account()
    EmailAddress.objects.create(user=user, email="typo@example.org", verified=False)
    ask(client)
    assert enter(client, sms.code(PHONE)).headers["Location"] == reverse("after_sign_in")


# ── the gateway is away ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["unavailable", "error", "quota", "refuse"])
def test_where_no_message_can_be_sent_the_page_says_so_and_offers_email(client, sms, fault):
    sms.switch(fault)
    page = ask(client, "138 0013 8000")
    words = page.content.decode()
    assert (page.status_code, "短信暂时发不出去" in words, 'value="138 0013 8000"' in words) == (200, True, True)
    assert reverse("account_login") in words
    sms.switch()
    assert ask(client).status_code == 302  # nobody waits a minute for what was not sent


def test_a_gateway_that_is_not_there_is_the_same(client, sms, settings):
    settings.SMS_URL = "http://127.0.0.1:1"
    assert "短信暂时发不出去" in ask(client).content.decode()


@pytest.mark.parametrize("fault", ["lost", "bad_signature"])
def test_a_message_that_may_have_arrived_can_be_answered(client, sms, fault):
    sms.switch(fault)
    assert ask(client).headers["Location"] == reverse("account_phone_code")
    assert enter(client, sms.code(PHONE)).headers["Location"] == reverse("after_sign_in")


@pytest.mark.slow
def test_a_gateway_that_hangs_costs_three_seconds_and_no_transaction(client, sms):
    sms.switch("hang")
    started = timezone.now()
    assert ask(client).headers["Location"] == reverse("account_phone_code")
    assert timedelta(seconds=1.5) < timezone.now() - started < timedelta(seconds=4)
    assert "可能会晚一点到" in client.get(reverse("account_phone_code")).content.decode()


def test_without_a_gateway_no_page_speaks_of_phones(client, settings):
    assert settings.SMS_URL == ""
    assert client.get(reverse("account_phone_sign_in")).headers["Location"] == reverse("account_login")
    assert "手机号" not in client.get(reverse("account_login")).content.decode()
    client.force_login(make_user("person@example.test"))
    assert "登录手机号" not in client.get(reverse("account_email")).content.decode()
