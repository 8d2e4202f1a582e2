"""Accounts locked after wrong passwords or codes: recorded, their owners told, and opened by an administrator."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from portal import clock
from portal.accounts.locking import unlock_account
from portal.accounts.models import User
from portal.audit.services import record
from portal.notifications.services import queue_letter
from portal.recovery.names import name_of


def tell_of_lock(user: User) -> None:
    """Record that the account was locked and write to its owner, once a day at most; in the lock's transaction."""
    at = clock.now()
    record(action="user.locked", actor=None, target=user, at=at)
    queue_letter(
        kind="sign_in_locked",
        recipient=user,
        reference="",
        context={"name": name_of(user), "minutes": int(settings.LOCK_FOR.total_seconds() // 60)},
        key=f"sign_in_locked:{user.pk}:{at:%Y-%m-%d}",
        at=at,
    )


def lift_account_lock(*, user: User, by: User, at: datetime) -> bool:
    """Let the account be signed in to at once; gives whether there was a lock, or a guess, to forget."""
    with transaction.atomic():
        lifted = unlock_account(user)
        if lifted:
            record(action="user.unlocked", actor=by, target=user, at=at)
    return lifted
