"""What somebody has already in a programme: an application that is open, or a one-off grant that is theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from portal.accounts.models import User
from portal.casework.doors import own_applications
from portal.casework.models import Application
from portal.casework.programmes import Outlook, programme
from portal.casework.states import OPEN, State


@dataclass(frozen=True)
class Held:
    """The newest open application in a programme, else the approved one of a programme that grants once."""

    open: Application | None = None
    granted: Application | None = None

    @property
    def application(self) -> Application | None:
        """The one to go on with instead of applying."""
        return self.open or self.granted


NOTHING = Held()


def held_by(user: User, on: date) -> dict[str, Held]:
    """What ``user`` has by programme, the programme of the newest application first; empty for visitors.

    A constant number of queries. Whoever has one is not invited to apply: there is one open application per person
    and programme, and what is granted once is not offered again while anything of it is left (all of its money may have
    been taken back, or what was issued has ended).
    """
    if not user.is_authenticated:
        return {}
    rows = own_applications(user).filter(Q(state__in=OPEN) | Q(state=State.APPROVED))
    rows = list(rows.select_related("policy_version__policy"))
    granted = granted_once(rows, on)
    open_ones = {row.programme: row for row in reversed(rows) if row.is_open}
    codes = dict.fromkeys(row.programme for row in rows)
    held = {code: Held(open_ones.get(code), granted.get(code)) for code in codes}
    return {code: it for code, it in held.items() if it.application}


def granted_once(rows: Iterable[Application], on: date) -> dict[str, Application]:
    """The applications among ``rows`` that were granted in a programme that grants once, by programme."""
    approved = [row for row in rows if row.state == State.APPROVED and programme(row.programme).is_one_off]
    by_programme: dict[str, list[Application]] = {}
    for row in approved:
        by_programme.setdefault(row.programme, []).append(row)
    outlooks = {code: programme(code).outlook(found, on) for code, found in by_programme.items()}
    return {row.programme: row for row in approved if is_granted(row, outlooks[row.programme].get(row.pk))}


def is_granted(row: Application, outlook: Outlook | None) -> bool:
    """Whether ``row`` was approved and something of it is left."""
    return row.state == State.APPROVED and not (outlook and outlook.is_over)
