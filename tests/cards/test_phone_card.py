"""The card on its holder's phone: what the page says in each state, the codes it may keep, and the home screen."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from applicants.cards.models import Card
from applicants.cards.services.codes import codes_of, read_code
from portal import clock
from tests.cards.checking_making import NOON, card_at_noon, code_at, phone
from tests.factories import make_user, move_clock

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CODES = "/card/codes/"


def page_of(client: Client) -> str:
    return client.get("/card/").content.decode()


def test_the_page_shows_the_code_of_the_minute_without_a_script():
    card = card_at_noon()
    holder, asking = phone(card), clock.now()
    page, answered = page_of(holder), clock.now()
    digits = code_at(card).digits
    for said in (
        f"{digits[:3]} {digits[3:]}",
        "8335 0581 0000 019",
        card.person.legal_name,
        "有效期至 2026 年 10 月 15 日",
        "绿卡",
        "本科层次",
        "th-idcard--green",
        'data-card="valid"',
        'href="/card/checks/"',
        'href="/card/benefits/"',
        'href="/card/loss/"',
    ):
        assert said in page, said
    assert card.opaque_id not in page
    (seconds,) = re.findall('<noscript><meta http-equiv="refresh" content="([0-9]+)"></noscript>', page)
    assert 59 - answered.second <= int(seconds) <= 60 - asking.second  # to the end of the minute, however slow we are


def test_whoever_has_no_card_is_told_how_to_get_one():
    client = Client()
    client.force_login(make_user())
    assert "您还没有优才卡。" in page_of(client)
    assert client.get(CODES).status_code == 404
    assert Client().get(CODES).status_code == 401
    assert Client().get("/card/")["Location"] == "/accounts/login/?next=/card/"


@pytest.mark.parametrize(
    ("state", "ended_as", "heading"),
    [
        ("held", "", "卡还在制作"),
        ("suspended", "", "卡已暂停使用"),
        ("ended", "expired", "卡已过有效期"),
        ("ended", "lost", "卡已挂失"),
        ("ended", "revoked", "卡已撤销"),
        ("ended", "returned", "卡已退回"),
    ],
)
def test_a_card_that_cannot_be_shown_says_why_and_gives_no_codes(state, ended_as, heading):
    card = card_at_noon()
    Card.objects.filter(pk=card.pk).update(state=state, ended_as=ended_as)
    page = page_of(phone(card))
    assert heading in page
    assert ('data-card="valid"' in page, "th-pass" in page, "http-equiv" in page) == (False, False, False)
    assert phone(card).get(CODES).status_code == 404


def test_a_card_past_its_last_day_gives_no_codes():
    card = card_at_noon()
    move_clock(NOON.replace(month=10, day=15, hour=23, minute=59))
    assert phone(card).get(CODES).status_code == 200
    move_clock(NOON.replace(month=10, day=16, hour=0, minute=0))
    assert phone(card).get(CODES).status_code == 404
    assert "卡已过有效期" in page_of(phone(card))


def test_the_phone_gets_the_codes_of_an_hour():
    card = card_at_noon()
    response = phone(card).get(CODES)
    said = response.json()
    codes = codes_of(card, at=NOON)
    assert NOON.timestamp() <= said["now"] < NOON.timestamp() + 30
    assert [(code["at"], code["digits"]) for code in said["codes"]] == [
        (int(code.minute.timestamp()), code.digits) for code in codes
    ]
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert read_code(codes[59].token, at=NOON + timedelta(minutes=59)).card == card.opaque_id


def test_asking_for_codes_all_the_time_is_refused():
    client = phone(card_at_noon())
    assert [client.get(CODES).status_code for _try in range(31)] == [200] * 30 + [429]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_card_can_be_put_on_a_home_screen(language):
    client = Client()
    client.cookies["language"] = language
    manifest = client.get("/card/manifest.webmanifest")
    said = manifest.json()
    assert manifest["Content-Type"] == "application/manifest+json"
    assert (said["start_url"], said["scope"], said["display"], said["lang"]) == (
        "/card/",
        "/card/",
        "standalone",
        language,
    )
    assert [icon["sizes"] for icon in said["icons"]] == ["192x192", "512x512", "512x512"]
    assert all(icon["src"].endswith(".png") for icon in said["icons"])
    worker = client.get("/card/worker.js")
    assert (worker["Content-Type"], worker["Cache-Control"]) == ("text/javascript; charset=utf-8", "no-cache")
    assert 'const PAGE = "/card/", CODES = "/card/codes/";' in worker.content.decode()
