"""Hands a message to the operator's gateway: one signed POST. What comes back is "taken" or one of the Troubles.

The gateway knows a message by its id: sent again with the same id, it reaches the phone once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from portal.sms.templates import TEXTS
from portal.wire.posting import NoReply, check_address, post_signed
from portal.wire.signing import is_signature, sign_reply

SEND = "/send"
REPLY_SIGNATURE = "X-Gateway-Signature"
CONNECT_SECONDS = 1.0
LONGEST_TIMEOUT = 10.0
LONGEST_SIGNATURE = 12  # characters: the operators' limit


class Trouble(StrEnum):
    """Why it is not certain that the gateway took a message."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DOWN = "down"
    QUOTA = "quota"
    SERVER_ERROR = "server_error"
    REDIRECT = "redirect"
    REFUSED = "refused"  # this message, for good: the number or the template
    BAD_SIGNATURE = "bad_signature"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"


class NotSent(Exception):
    """A message was not taken, or it is not known whether it was. Names the trouble only."""

    def __init__(self, trouble: Trouble, *, may_have_arrived: bool = False) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.may_have_arrived = may_have_arrived  # the gateway may have taken the message all the same

    @property
    def is_final(self) -> bool:
        """Whether sending it again cannot help."""
        return self.trouble is Trouble.REFUSED


def is_offered() -> bool:
    """Whether the portal can send messages at all."""
    return bool(settings.SMS_URL)


def send(*, phone: str, template: str, values: Mapping[str, str], message_id: str) -> None:
    """Hand one message to the gateway, within SMS_TIMEOUT seconds. Call it outside of any transaction.

    ``phone`` is in E.164 (+8613800138000), ``template`` one of TEXTS, ``message_id`` the same at every attempt for the
    same message. Raises NotSent.
    """
    address = settings.SMS_URL + SEND
    sent = {
        "message": message_id,
        "phone": phone,
        "signature": settings.SMS_SIGNATURE,
        "template": settings.SMS_TEMPLATES.get(template, template),
        "values": dict(values),
    }
    body, now = json.dumps(sent, ensure_ascii=False).encode(), timezone.now()
    connect = min(CONNECT_SECONDS, settings.SMS_TIMEOUT / 3)
    seconds = settings.SMS_TIMEOUT - connect
    try:
        reply = post_signed(
            address, body, key=settings.SMS_KEY, at=now, seconds=seconds, connect=connect, retry_connect=False
        )
    except NoReply as problem:
        raise NotSent(Trouble(problem.code), may_have_arrived=problem.was_connected) from None
    if reply.status != 200:
        raise NotSent(_trouble_of(reply.status))
    expected = sign_reply(settings.SMS_KEY, urlsplit(address).path, reply.content)
    if not is_signature(expected, reply.headers.get(REPLY_SIGNATURE, "")):
        raise NotSent(Trouble.BAD_SIGNATURE, may_have_arrived=True)
    try:
        taken = json.loads(reply.content)["message"]
    except (ValueError, TypeError, KeyError):
        taken = None
    if taken != message_id:
        raise NotSent(Trouble.MALFORMED, may_have_arrived=True)


def _trouble_of(status: int) -> Trouble:
    if status in (400, 422):
        return Trouble.REFUSED
    if status == 429:
        return Trouble.QUOTA
    if 300 <= status < 400:
        return Trouble.REDIRECT
    return Trouble.SERVER_ERROR if status >= 500 and status != 503 else Trouble.DOWN


def check_settings() -> None:
    """Raise ImproperlyConfigured where the settings of the gateway cannot work."""
    if unknown := set(settings.SMS_TEMPLATES) - set(TEXTS):
        raise ImproperlyConfigured(
            f"SMS_TEMPLATES names {', '.join(sorted(unknown))}, which is none of {', '.join(TEXTS)}."
        )
    if not 0 < settings.SMS_TIMEOUT <= LONGEST_TIMEOUT:
        raise ImproperlyConfigured(
            f"SMS_TIMEOUT is a number of seconds, more than 0 and at most {LONGEST_TIMEOUT:.0f}."
        )
    if not 1 < len(settings.SMS_SIGNATURE) <= LONGEST_SIGNATURE:
        raise ImproperlyConfigured(f"SMS_SIGNATURE is a name of 2 to {LONGEST_SIGNATURE} characters.")
    if settings.SMS_URL:
        check_address("SMS_URL", settings.SMS_URL)
