"""Keys of the codes: which signs now, which are published, and how one follows another.

A key is published two hours before it signs and a day after it has signed last, so whoever asks for the keys once an
hour knows every key that a code can name (docs/card-codes.md).
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from joserfc.jwk import OKPKey

from applicants.cards.models import SigningKey
from portal.accounts.models import User
from portal.audit.services import record

PUBLISHED_BEFORE = timedelta(hours=2)
PUBLISHED_AFTER = timedelta(days=1)
SIGNS_FOR = timedelta(days=30)
CACHED_FOR = timedelta(hours=1)  # what others may keep of the list
KNOWN_FOR = 60.0  # seconds that a process trusts what it knows of the keys: a withdrawal is everywhere by then

_known: dict[str, OKPKey] = {}
_known_since = float("-inf")


def signing_key(*, at: datetime) -> SigningKey:
    """The key that signs at ``at`` (business time); the very first is made here."""
    signing = SigningKey.objects.filter(Q(signs_until=None) | Q(signs_until__gt=at), signs_from__lte=at)
    found = signing.order_by("-signs_from").first() or SigningKey.objects.filter(signs_until=None).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return _make_key(at=at, signs_from=at, by=None)
    except IntegrityError:  # somebody was quicker
        return SigningKey.objects.get(signs_until=None)


def rotate_signing_key(*, by: User | None, at: datetime, withdraw: bool = False) -> SigningKey:
    """Let another key follow in two hours, when everybody has seen it; a second call meanwhile changes nothing.

    ``withdraw`` is for a key that may have become known: the new one signs at once, and whatever an earlier one has
    signed is refused from now on (other processes follow within a minute). Private halves that sign no more are wiped.
    """
    with transaction.atomic():
        newest = SigningKey.objects.select_for_update().filter(signs_until=None).first()
        if newest is not None and newest.signs_from > at and not withdraw:
            return newest
        start = at if withdraw or newest is None else at + PUBLISHED_BEFORE
        if newest is not None:
            newest.signs_until = max(start, newest.signs_from)
            newest.save(update_fields=["signs_until"])
        if withdraw:
            _withdraw_all(by=by, at=at)
        made = _make_key(at=at, signs_from=start, by=by)
    wipe_spent_keys(at=at)
    forget_known_keys()
    return made


def rotate_when_due(*, at: datetime) -> None:
    """Rotate where the key has signed for thirty days; wipe what signs no more."""
    if signing_key(at=at).signs_from <= at - SIGNS_FOR:
        rotate_signing_key(by=None, at=at)
    wipe_spent_keys(at=at)


def wipe_spent_keys(*, at: datetime) -> None:
    """Forget the private halves of keys that sign no more."""
    for spent in SigningKey.objects.filter(signs_until__lte=at).exclude(private=""):
        spent.private = ""
        spent.save(update_fields=["private"])


def published_keys(*, at: datetime) -> QuerySet[SigningKey]:
    """The keys whose codes may still be good, those that do not sign yet included."""
    fresh = Q(signs_until=None) | Q(signs_until__gt=at - PUBLISHED_AFTER)
    return SigningKey.objects.filter(fresh, withdrawn_at=None).order_by("-signs_from", "kid")


def public_jwk(key: SigningKey) -> dict[str, str | list[str]]:
    """The public half as RFC 8037 writes it."""
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "kid": key.kid,
        "alg": key.algorithm,
        "use": "sig",
        "x": key.public,
    }


def private_key(key: SigningKey) -> OKPKey:
    """The key to sign with. Raises SealBroken where the vault's key is missing."""
    return OKPKey.import_key({**public_jwk(key), "d": key.private})


def verifying_key(kid: str, *, at: datetime) -> OKPKey | None:
    """The published key of this id, or None. Asks the database once a minute, and for an id it does not know."""
    global _known_since
    now = time.monotonic()
    if kid not in _known or now - _known_since > KNOWN_FOR:
        found = {key.kid: OKPKey.import_key(public_jwk(key)) for key in published_keys(at=at)}
        _known.clear()
        _known.update(found)
        _known_since = now
    return _known.get(kid)


def forget_known_keys() -> None:
    """Ask the database at the next code."""
    _known.clear()


def _make_key(*, at: datetime, signs_from: datetime, by: User | None) -> SigningKey:
    pair = OKPKey.generate_key("Ed25519").as_dict(private=True)
    made = SigningKey.objects.create(
        kid=secrets.token_urlsafe(6),
        public=str(pair["x"]),
        private=str(pair["d"]),
        made_at=at,
        signs_from=signs_from,
    )
    record(action="signing_key.make", actor=by, target=made, at=at)
    return made


def _withdraw_all(*, by: User | None, at: datetime) -> None:
    for key in SigningKey.objects.filter(withdrawn_at=None, signs_until__isnull=False):
        # One that was to sign later never does.
        key.signs_until = max(key.signs_from, min(key.signs_until or at, at))
        key.withdrawn_at, key.private = at, ""
        key.save(update_fields=["signs_until", "withdrawn_at", "private"])
        record(action="signing_key.withdraw", actor=by, target=key, at=at)
