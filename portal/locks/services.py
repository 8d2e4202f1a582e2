"""Guesses: begun before the secret is compared, so that many at once are no more than as many one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from portal.locks.models import GuessCount
from portal.vault.sealing import keyed_hash

KEPT = timedelta(days=1)
BATCH = 500


class Locked(Exception):
    """Nobody may guess at this secret for now, not even rightly."""


@dataclass(frozen=True)
class Guess:
    """One guess that is being looked at: end it with ``was_right`` or ``was_wrong``. Left open, it counts as wrong."""

    key: str
    at: datetime

    def was_right(self) -> None:
        """Take this one guess back. Wrong ones before it count on: else the first of two secrets would clear them."""
        with transaction.atomic():
            row = GuessCount.objects.select_for_update().filter(key=self.key).first()
            if row is not None and row.wrong:
                row.wrong -= 1
                row.save(update_fields=["wrong"])

    def was_wrong(self) -> bool:
        """Leave it counted. Gives whether the secret is locked by this very guess."""
        with transaction.atomic():
            row = GuessCount.objects.select_for_update().filter(key=self.key).first()
            if row is None or row.locked_until is not None or row.wrong < settings.LOCK_AFTER:
                return False
            row.locked_until = self.at + settings.LOCK_FOR
            row.save(update_fields=["locked_until"])
            return True


def begin_guess(secret: str, whose: str, *, at_real: datetime) -> Guess:
    """Count a guess at the ``secret`` ("sign-in") of ``whose`` ("user 12"; also what belongs to nobody).

    Raises Locked after LOCK_AFTER wrong ones within LOCK_WITHIN, for LOCK_FOR (settings).
    """
    key = _key(secret, whose)
    with transaction.atomic():
        GuessCount.objects.get_or_create(key=key, defaults={"began_at": at_real})
        row = GuessCount.objects.select_for_update().get(key=key)
        if row.locked_until is not None and row.locked_until > at_real:
            raise Locked
        if row.locked_until is not None or row.began_at + settings.LOCK_WITHIN <= at_real:
            row.wrong, row.began_at, row.locked_until = 0, at_real, None
        if row.wrong >= settings.LOCK_AFTER:  # as many are being looked at this moment
            raise Locked
        row.wrong += 1
        row.save(update_fields=["wrong", "began_at", "locked_until"])
    return Guess(key, at_real)


def locked_until(secret: str, whose: str, *, at_real: datetime) -> datetime | None:
    """When the lock ends, or None where nothing is locked."""
    row = GuessCount.objects.filter(key=_key(secret, whose), locked_until__gt=at_real).first()
    return row.locked_until if row else None


def lift_lock(secret: str, whose: str) -> bool:
    """Forget all guesses; gives whether there were any."""
    return bool(GuessCount.objects.filter(key=_key(secret, whose)).delete()[0])


def forget_old_guesses(*, at_real: datetime) -> None:
    """Delete what is a day old, a batch at a time."""
    while old := list(
        GuessCount.objects.filter(began_at__lt=at_real - KEPT).order_by("began_at").values_list("pk", flat=True)[:BATCH]
    ):
        GuessCount.objects.filter(pk__in=old).delete()


def _key(secret: str, whose: str) -> str:
    return keyed_hash(f"guess-{secret}", whose)
