"""Codes of a card: signed tokens, each good in its own minute, and the digits that are typed in their place.

A token is a compact JWS (EdDSA) with an opaque id, its minute and its purpose: nothing of the person. ``CodeSeries`` is
what codes of another purpose share with those of a card.
"""

from __future__ import annotations

import hmac
import json
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from joserfc import jws
from joserfc.errors import JoseError

from applicants.cards.models import Card
from applicants.cards.models.checking import EDDSA
from applicants.cards.services.keys import private_key, signing_key, verifying_key
from portal.vault.sealing import keyed_hashes

MINUTE = timedelta(minutes=1)
AHEAD = 60  # minutes that a phone may go without a network
DIGITS = 6
LONGEST = 512  # characters of a token

# RFC 9864 prefers the name "Ed25519" for the same signature; the readers there are know "EdDSA", and joserfc warns.
_signature = copy(jws.JWSRegistry.algorithms[EDDSA])
_signature.security_warning = None
_registry = jws.JWSRegistry(algorithms=[EDDSA])
_registry.algorithms = {EDDSA: _signature}


class Fault(models.TextChoices):
    """Why a code says nothing about a card."""

    OVER = "over"
    EARLY = "early"
    UNKNOWN_KEY = "unknown_key"
    GARBAGE = "garbage"
    WRONG = "wrong"  # number and digits do not go together
    TOO_OFTEN = "too_often"


class CodeRefused(Exception):
    """A code that is not good; ``off`` is how far its minute lies from now, where it has one."""

    def __init__(self, fault: Fault, off: timedelta = timedelta()) -> None:
        super().__init__(fault)
        self.fault, self.off = fault, off


@dataclass(frozen=True)
class Code:
    """A genuine code in its minute: the card's opaque id, and the minute from its first second."""

    card: str
    minute: datetime
    is_typed: bool = False


@dataclass(frozen=True)
class PhoneCode:
    """What the phone shows in one minute."""

    minute: datetime
    token: str
    digits: str


def minute_of(at: datetime) -> datetime:
    """The first second of the minute, in UTC."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)


@dataclass(frozen=True)
class CodeSeries:
    """The codes of one purpose: one a minute, each good for ``lives`` minutes, its own included."""

    purpose: str
    digits_of: str  # what the digits are hashed as
    lives: int = 1

    def make(self, opaque_id: str, *, at: datetime, count: int = 1) -> list[PhoneCode]:
        """The codes of this minute and the next ones."""
        row = signing_key(at=at)
        key, header = private_key(row), {"alg": EDDSA, "kid": row.kid}
        made = []
        for number in range(count):
            minute = minute_of(at) + number * MINUTE
            begins = int(minute.timestamp())
            payload = {"sub": opaque_id, "aud": self.purpose, "nbf": begins, "exp": begins + self.lives * 60}
            text = json.dumps(payload, separators=(",", ":"))
            token = jws.serialize_compact(header, text, key, registry=_registry)
            made.append(PhoneCode(minute, token, self._digits(opaque_id, minute)[0]))
        return made

    def read(self, text: str, *, at: datetime) -> tuple[str, datetime]:
        """The opaque id and the minute in ``text``, whatever somebody put there. Raises CodeRefused."""
        claims = self._claims_of(text, at)
        begins = datetime.fromtimestamp(claims["nbf"], UTC)
        if at < begins:
            raise CodeRefused(Fault.EARLY, begins - at)
        if at >= begins + self.lives * MINUTE:
            raise CodeRefused(Fault.OVER, at - begins)
        return claims["sub"], begins

    def fits(self, opaque_id: str, minute: datetime, digits: str) -> bool:
        """Whether ``digits`` are those of the minute."""
        return any(hmac.compare_digest(one.encode(), digits.encode()) for one in self._digits(opaque_id, minute))

    def _claims_of(self, text: str, at: datetime) -> dict[str, Any]:
        if len(text) > LONGEST or not text.isascii():
            raise CodeRefused(Fault.GARBAGE)
        try:
            token = jws.extract_compact(text.encode(), registry=_registry)
            header = token.headers()
            kid = header.get("kid")
            if header.get("alg") != EDDSA or not isinstance(kid, str) or set(header) != {"alg", "kid"}:
                raise CodeRefused(Fault.GARBAGE)
            key = verifying_key(kid, at=at)
            if key is None:
                raise CodeRefused(Fault.UNKNOWN_KEY)
            if not jws.validate_compact(token, key, registry=_registry):
                raise CodeRefused(Fault.GARBAGE)
            claims = json.loads(token.payload)
        except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
            raise CodeRefused(Fault.GARBAGE) from None
        if claims.get("aud") != self.purpose:  # ours, but signed for something else
            raise CodeRefused(Fault.GARBAGE)
        return dict(claims)

    def _digits(self, opaque_id: str, minute: datetime) -> list[str]:
        """The digits of one minute, under every key of the vault there was, the newest first."""
        hashes = keyed_hashes(self.digits_of, f"{opaque_id} {int(minute.timestamp())}")
        return [f"{int(text[1:], 16) % 10**DIGITS:0{DIGITS}d}" for text in hashes]  # [0] may be the mark of a newer key


OF_CARDS = CodeSeries("card-check", "card-code")


def codes_of(card: Card, *, at: datetime, count: int = AHEAD) -> list[PhoneCode]:
    """The codes of this minute and the next ones. Whether the card may have any is for the caller to ask."""
    return OF_CARDS.make(card.opaque_id, at=at, count=count)


def read_code(text: str, *, at: datetime) -> Code:
    """The code in ``text``, whatever somebody put there. Raises CodeRefused."""
    return Code(*OF_CARDS.read(text, at=at))


def read_digits(opaque_id: str, digits: str, *, at: datetime) -> Code:
    """The code of this minute by its digits. Raises CodeRefused: over for those of the minute before, else wrong."""
    minute = minute_of(at)
    if OF_CARDS.fits(opaque_id, minute, digits):
        return Code(opaque_id, minute, is_typed=True)
    if OF_CARDS.fits(opaque_id, minute - MINUTE, digits):
        raise CodeRefused(Fault.OVER, at - minute + MINUTE)
    raise CodeRefused(Fault.WRONG)
