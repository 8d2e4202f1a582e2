"""A Redis that does not answer keeps nobody out, and a table that fills up lets nobody in."""

import logging
import os
import subprocess
import sys

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as active
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.accounts import cache as spared
from tests.factories import TOTP_SECRET, make_user
from tests.floor.test_accounts_pages import code as code_now

NOWHERE = "redis://127.0.0.1:1"


@pytest.fixture
def no_redis(settings, monkeypatch):
    monkeypatch.setattr(spared._SparableClient, "is_down", False)
    settings.CACHES = {"default": {"BACKEND": "portal.accounts.cache.SparableRedisCache", "LOCATION": NOWHERE}}


def test_a_redis_address_gives_the_cache_that_can_be_spared(tmp_path):
    code = "from portal import settings; print(settings.CACHES['default'])"
    given = {**os.environ, "DEMO": "1", "VAR_DIR": str(tmp_path), "CACHE_URL": NOWHERE}
    said = subprocess.run([sys.executable, "-c", code], env=given, cwd=active.BASE_DIR, capture_output=True, text=True)
    assert said.stdout == f"{{'BACKEND': 'portal.accounts.cache.SparableRedisCache', 'LOCATION': '{NOWHERE}'}}\n"


def test_a_table_holds_what_the_operator_says_and_a_hundred_thousand_otherwise(tmp_path):
    code = "from portal import settings; print(settings.CACHES['default']['OPTIONS'])"
    given = {**os.environ, "DEMO": "1", "VAR_DIR": str(tmp_path)}
    for address, most in (("dbcache://somewhere", 100_000), ("dbcache://somewhere?max_entries=5000", 5_000)):
        told = given | {"CACHE_URL": address}
        said = subprocess.run(
            [sys.executable, "-c", code], env=told, cwd=active.BASE_DIR, capture_output=True, text=True
        )
        assert said.stdout == f"{{'MAX_ENTRIES': {most}}}\n"


@pytest.mark.django_db
def test_four_hundred_other_entries_free_nobody_and_let_no_code_be_used_again(client):
    user = make_user("person@example.test")
    TOTP.activate(user, TOTP_SECRET)
    code = code_now(TOTP_SECRET)
    signed_in = Client()
    signed_in.post(reverse("account_login"), {"login": user.email, "password": "harbour-2023"})
    assert signed_in.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    guess = {"code": "AAAA-AAAA-AAAA", "number": "1"}
    assert [client.post(reverse("recovery"), guess).status_code for _turn in range(11)] == [422] * 10 + [429]
    for number in range(400):
        cache.set(f"somebody-else-{number}", 1)
    assert client.post(reverse("recovery"), guess).status_code == 429
    again = Client()
    again.post(reverse("account_login"), {"login": user.email, "password": "harbour-2023"})
    assert again.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200


@pytest.mark.django_db
def test_people_sign_in_and_up_while_redis_is_down(client, no_redis):
    user = make_user("person@example.test")
    wrong = client.post(reverse("account_login"), {"login": user.email, "password": "something-else"})
    right = client.post(reverse("account_login"), {"login": user.email, "password": "harbour-2023"})
    assert (wrong.status_code, right.status_code) == (200, 302)
    assert client.get(reverse("letters")).status_code == 200
    client.logout()
    new = client.post(reverse("account_signup"), {"email": "new@example.test", "password1": "quay-and-lantern-9"})
    assert new.status_code == 302


def test_it_answers_like_an_empty_cache_and_says_so_once(no_redis, caplog):
    with caplog.at_level(logging.INFO):
        assert cache.add("person@example.test", 1) is True
        assert cache.get("person@example.test", "missing") == "missing"
        assert cache.get_many(["a", "b"]) == {}
        assert (cache.has_key("a"), cache.touch("a"), cache.delete("a"), cache.clear()) == (False,) * 4
        cache.set("a", 1)
        cache.set_many({"a": 1})
        cache.delete_many(["a"])
        with pytest.raises(ValueError, match="does not answer"):
            cache.incr("a")
    assert [record.getMessage() for record in caplog.records] == [
        "The cache does not answer (ConnectionError). Attempts to sign in are not counted."
    ]


@pytest.mark.django_db
def test_who_is_on_duty_is_told(client, no_redis):
    assert client.get("/healthz").json()["cache"] == "unavailable"


def test_it_is_asked_again_when_it_is_back(no_redis, caplog, broker, settings):
    cache.set("a", 1)
    spared._SparableClient.rests_until = 0.0
    there = settings.CELERY_BROKER_URL.replace("redis+socket", "unix")
    settings.CACHES = {"default": {"BACKEND": "portal.accounts.cache.SparableRedisCache", "LOCATION": there}}
    with caplog.at_level(logging.INFO):
        cache.set("a", 2)
        assert cache.get("a") == 2
    assert [record.getMessage() for record in caplog.records][-1] == "The cache answers again."
