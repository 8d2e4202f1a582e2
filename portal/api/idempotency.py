"""A call under an Idempotency-Key is carried out once; repeated, it gets the answer it got the first time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from portal.accounts.models import User
from portal.api.models import IdempotencyKey
from portal.vault.sealing import keyed_hash

KEPT = timedelta(hours=24)
CHUNK = 500  # rows deleted in one transaction


class KeyReused(Exception):
    """The key stands for a call with another body."""


@dataclass(frozen=True)
class Outcome:
    """What a call was answered; ``body`` is plain JSON."""

    status: int
    body: Any
    is_replayed: bool = False


def once(*, user: User, endpoint: str, key: str, digest: str, at_real: datetime, act: Callable[[], Outcome]) -> Outcome:
    """Carry out ``act`` and keep its outcome under the key, in one transaction; a call that raises leaves no key.

    Where the key was used before, ``act`` is left alone and the stored outcome comes back; of calls at the same moment
    one acts, and the others wait for it (constraint ``a_key_is_used_once_per_user_and_endpoint``). Raises KeyReused
    where ``digest`` is not that of the first call. ``act`` must do nothing but write to the database.
    """
    same = {"user": user, "endpoint": endpoint, "key_hash": keyed_hash("idempotency-key", key)}
    if found := _stored(same, digest):
        return found
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(**same, digest=digest, status=0, created_at=at_real)
            outcome = act()
            row.status, row.body = outcome.status, outcome.body
            row.save(update_fields=["status", "body"])
            return outcome
    except IntegrityError:
        if found := _stored(same, digest):
            return found
        raise


def forget_old_keys(*, at_real: datetime) -> int:
    """Delete the keys of calls longer ago than a day; gives how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=at_real - KEPT)
    gone = 0
    while ids := list(old.order_by("created_at").values_list("pk", flat=True)[:CHUNK]):
        gone += IdempotencyKey.objects.filter(pk__in=ids).delete()[0]
    return gone


def _stored(same: dict[str, Any], digest: str) -> Outcome | None:
    row = IdempotencyKey.objects.filter(**same).first()
    if row is None:
        return None
    if row.digest != digest:
        raise KeyReused
    return Outcome(row.status, row.body, is_replayed=True)
