"""How somebody signs in and is reached: whoever changes it for their own account leaves an entry."""

from __future__ import annotations

from typing import Any

from portal import clock
from portal.accounts.models import User
from portal.audit.services import record


def record_phone(user: User) -> None:
    """Record another sign-in phone, in the transaction of the change."""
    record(action="user.change_phone", actor=user, target=user, at=clock.now(), fields=["phone"])


def record_email(*, user: User, **_: Any) -> None:
    """Record an address that was added, removed or made the one that letters go to; django-allauth's signals ask.

    The library has written it by then, in a transaction of its own.
    """
    record(action="user.change_email", actor=user, target=user, at=clock.now(), fields=["email"])
