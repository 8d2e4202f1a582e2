"""What an entry's link is: an HMAC over everything the entry says, its number, and the link before it.

Numbers begin at 1 and have no gap; the link before number 1 is "". Whoever lacks ``AUDIT_SEAL_KEY`` can make no link.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.audit.models import Entry


@dataclass(frozen=True)
class Head:
    """The newest sealed entry at some time: its number, its link (64 hex characters) and when it was sealed."""

    number: int
    link: str
    at: datetime

    @property
    def short(self) -> str:
        """The first 16 characters of the link, for people to compare."""
        return self.link[:16]


def head_of(entry: Entry) -> Head:
    """The head that a sealed entry was, or is."""
    return Head(entry.sequence or 0, entry.link, entry.sealed_at or entry.recorded_at)


def link_of(entry: Entry, *, previous: str) -> str:
    """The link that belongs to the entry with the number and sealing time it bears, after the link ``previous``."""
    return _hmac(canonical(entry, previous=previous))


def canonical(entry: Entry, *, previous: str) -> str:
    """Every column of the entry as one line of JSON; times in UTC with microseconds, so that databases agree."""
    values = [
        "entry",
        previous,
        entry.sequence,
        _moment(entry.sealed_at),
        str(entry.pk),
        _moment(entry.recorded_at),
        _moment(entry.at),
        entry.actor_id,
        entry.action,
        entry.target_type,
        entry.target_id,
        entry.fields,
        entry.digest,
        entry.note,
    ]
    return json.dumps(values, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def check_of(line: str) -> str:
    """The 16 hex characters that stand behind a line of a file of heads."""
    return _hmac(json.dumps(["head", line]))[:16]


def check_key() -> None:
    """Raise ImproperlyConfigured unless AUDIT_SEAL_KEY is usable; called when the portal starts."""
    _key(settings.AUDIT_SEAL_KEY)


def _hmac(text: str) -> str:
    return hmac.new(_key(settings.AUDIT_SEAL_KEY), text.encode(), hashlib.sha256).hexdigest()


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else ""


@lru_cache(maxsize=8)
def _key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured("AUDIT_SEAL_KEY is not base64.") from None
    if len(key) < 32:
        raise ImproperlyConfigured("AUDIT_SEAL_KEY must be at least 32 bytes, in base64.")
    return key
