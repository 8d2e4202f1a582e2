"""Wrong passwords and codes, counted by account: for an account there is, and alike for a login that is nobody's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.locks.services import Guess, begin_guess, lift_lock, locked_until

SECRET = "sign-in"  # noqa: S105 - what is guessed at, not a secret

_tell: Callable[[User], None] | None = None


def tell_of_locks_with(tell: Callable[[User], None]) -> None:
    """Called once by the app that records and writes letters: ``tell(user)``, in the transaction of the lock."""
    global _tell
    _tell = tell


def begin_sign_in(user: User | None, login: str = "") -> Guess:
    """Count a password or a code that is about to be compared. Raises Locked, whether it would be right or not."""
    return begin_guess(SECRET, _whose(user) if user else f"login {login.strip().lower()}", at_real=timezone.now())


def end_sign_in(guess: Guess, user: User | None, *, is_right: bool) -> None:
    """Say how it was; the wrong one too many locks the account, and its owner is told."""
    if is_right:
        guess.was_right()
        return
    with transaction.atomic():
        if guess.was_wrong() and user is not None and _tell is not None:
            _tell(user)


def account_locked_until(user: User) -> datetime | None:
    """Until when nobody may sign in to the account with a password or a code, or None."""
    return locked_until(SECRET, _whose(user), at_real=timezone.now())


def unlock_account(user: User) -> bool:
    """Let the account be signed in to at once; gives whether there was anything to forget."""
    return lift_lock(SECRET, _whose(user))


def _whose(user: User) -> str:
    return f"user {user.pk}"
