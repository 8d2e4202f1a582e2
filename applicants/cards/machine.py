"""THE table of a card's life: every change a card may go through. What is not in it is forbidden."""

from __future__ import annotations

from dataclasses import dataclass

from applicants.cards.models import CardEnd, CardState
from portal.accounts.models import Role

HOLDER = "holder"
SYSTEM = "system"
RECONSIDERED = "reconsidered"
BEFORE = "before"  # target: as the card stood before the decision that is taken back


@dataclass(frozen=True)
class Change:
    """One row: what happens, from which states, to which, who may do it, whether it needs a reason, the letter."""

    name: str
    sources: tuple[str, ...]
    target: str
    roles: tuple[str, ...]
    needs_reason: bool = False
    letter: str = ""
    ended_as: str = ""


HELD, ACTIVE, SUSPENDED, ENDED = CardState.HELD, CardState.ACTIVE, CardState.SUSPENDED, CardState.ENDED
LIVE = (HELD, ACTIVE, SUSPENDED)
DECIDERS = (Role.FIRST_REVIEWER, Role.APPROVER)  # look at what speaks against a card

# fmt: off
CHANGES = (
    Change("release", (HELD,),             ACTIVE,    (Role.CLERK, Role.FIRST_REVIEWER), True,  "card_issued"),
    # PIPL art. 24: what goes against a person is signed by a person.
    Change("suspend", (ACTIVE,),           SUSPENDED, DECIDERS,                          True,  "card_suspended"),
    Change("resume",  (SUSPENDED,),        ACTIVE,    DECIDERS,                          True,  "card_resumed"),
    Change("revoke",  LIVE,                ENDED,     (Role.APPROVER,),                  True,  "card_revoked", CardEnd.REVOKED),
    # Only where a reconsideration is upheld (services/reconsidering.py).
    Change("restore", (SUSPENDED, ENDED),  BEFORE,    (RECONSIDERED,),                   True,  "card_restored"),
    Change("lose",    LIVE,                ENDED,     (HOLDER, Role.CLERK),              False, "card_lost",    CardEnd.LOST),
    Change("return",  LIVE,                ENDED,     (HOLDER, Role.CLERK),              False, "card_returned", CardEnd.RETURNED),
    Change("expire",  LIVE,                ENDED,     (SYSTEM,),                         False, "card_expired", CardEnd.EXPIRED),
    Change("follow",  LIVE,                ENDED,     (SYSTEM,),                         False, "",             CardEnd.RENEWED),
)
# fmt: on
CARRIED_ON = ("lose", "follow")  # what is open about the card goes on with the one in its place


def change_named(name: str, state: str) -> Change | None:
    """The row for ``name`` out of ``state``, or none where the table forbids it."""
    return next((row for row in CHANGES if row.name == name and state in row.sources), None)
