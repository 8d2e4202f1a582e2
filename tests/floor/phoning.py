"""Somebody with a phone: asks for a code, and types it."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.phones import user_of_phone
from tests.real_sms import Gateway

PHONE, OTHER = "+8613800138000", "+8613900139000"
DIGITS = "9" * 5000  # more than Python turns into a number


def a_minute_passes() -> None:
    """For the limits on sending: the tests do not wait for it."""
    cache.clear()


def account(number: str = PHONE) -> User:
    """The account of a number."""
    return user_of_phone(number=number, language="zh-hans", at=timezone.now())


def ask(client: Client, phone: str = PHONE) -> HttpResponse:
    """Ask for a code."""
    return client.post(reverse("account_phone_sign_in"), {"phone": phone})


def enter(client: Client, code: str) -> HttpResponse:
    """Type a code."""
    return client.post(reverse("account_phone_code"), {"code": code})


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10**6:06d}"


def signed_in_by_phone(sms: Gateway, number: str = PHONE) -> Client:
    """A browser of somebody who has just come in."""
    client = Client()
    a_minute_passes()
    ask(client, number)
    enter(client, sms.code(number))
    a_minute_passes()
    return client
