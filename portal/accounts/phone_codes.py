"""Codes sent to a phone: one is under way per session, sealed there, for one purpose.

A code is sent to every number, whether or not it opens an account, so a visitor learns nothing from the answer. How
often one may be sent and tried is counted per number and per address (ACCOUNT_RATE_LIMITS in the settings).
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any
from uuid import uuid4

from allauth.core import ratelimit
from allauth.core.internal import ratelimit as counted
from django.http import HttpRequest
from django.utils.translation import get_language

from portal.accounts.phones import phone_hash
from portal.sms import gateway
from portal.sms.templates import in_language
from portal.vault.sealing import SealBroken, open_sealed, seal

DIGITS = 6
MINUTES = 5  # a code holds; the message says so
TRIES = 5  # of one code
SESSION_KEY = "phone_code"
SENT, TRIED = "phone_code_sent", "phone_code_tried"  # what is counted


class Purpose(Enum):
    """What a code is for; one for another purpose opens nothing."""

    SIGN_IN = "sign_in"
    CHANGE = "change"
    REAUTHENTICATE = "reauthenticate"
    RECOVER = "recover"


class TooOften(Exception):
    """So many codes have been sent to this number, or asked for from this address, that this one has to wait."""


class Outcome(Enum):
    """What became of a code that was typed. OVER: this one is of no use any more, another has to be sent."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


@dataclass
class PhoneCode:
    """A code under way."""

    purpose: str
    phone: str
    code: str
    sent_at: float
    tries: int = 0
    next_url: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it is too old, or was tried too often."""
        return self.tries >= TRIES or not 0 <= time.time() - self.sent_at <= MINUTES * 60


def send_code(request: HttpRequest, *, purpose: Purpose, phone: str, next_url: str = "") -> None:
    """Send a new code to ``phone`` (E.164) and remember it in the session; an earlier one opens nothing any more.

    Waits for the gateway, at most SMS_TIMEOUT seconds. Raises TooOften, or gateway.NotSent; where that may have arrived
    all the same, the code can be typed.
    """
    usage = counted.consume(request, app="allauth.account", action=SENT, key=phone_hash(phone))
    if usage is None:
        raise TooOften
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    _keep(request, PhoneCode(purpose.value, phone, code, time.time(), next_url=next_url))
    try:
        gateway.send(
            phone=phone,
            template=in_language("code", get_language() or ""),
            values={"code": code, "minutes": str(MINUTES)},
            message_id=f"code-{uuid4()}",
        )
    except gateway.NotSent as problem:
        if not problem.may_have_arrived:  # nobody waits a minute for what was not sent
            forget_code(request)
            usage.rollback()
        raise


def code_under_way(request: HttpRequest, purpose: Purpose) -> PhoneCode | None:
    """The code that was sent for this purpose and can still be typed."""
    try:
        kept = open_sealed(request.session[SESSION_KEY], SESSION_KEY)
    except (KeyError, SealBroken):
        return None
    found = PhoneCode(**json.loads(kept))
    return found if found.purpose == purpose.value and not found.is_over else None


def try_code(request: HttpRequest, under_way: PhoneCode, typed: str) -> Outcome:
    """Compare; a code that was right, or wrong too often, opens nothing any more."""
    if not ratelimit.consume(request, action=TRIED, key=phone_hash(under_way.phone)):
        forget_code(request)
        return Outcome.OVER
    if hmac.compare_digest(under_way.code.encode(), typed.encode()):
        forget_code(request)
        return Outcome.RIGHT
    under_way.tries += 1
    if under_way.is_over:
        forget_code(request)
        return Outcome.OVER
    _keep(request, under_way)
    return Outcome.WRONG


def forget_code(request: HttpRequest) -> None:
    """End what is under way."""
    request.session.pop(SESSION_KEY, None)


def _keep(request: HttpRequest, code: PhoneCode) -> None:
    kept: dict[str, Any] = asdict(code)
    request.session[SESSION_KEY] = seal(json.dumps(kept).encode(), SESSION_KEY)
