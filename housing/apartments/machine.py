"""THE table of a lease's life: every change a lease may go through. What is not in it is forbidden."""

from __future__ import annotations

from dataclasses import dataclass

from housing.apartments.models import Ending, LeaseState, RoundState
from portal.accounts.models import Role

TENANT = "tenant"  # by the own account, or a clerk with the paper the tenant signed by hand
SYSTEM = "system"
OPERATOR = "operator"  # an apartment operator of the lease's building, by device


@dataclass(frozen=True)
class Change:
    """One row: what happens, from which states, to which, who may do it, whether it needs a reason, the letter.

    ``ending`` is why the lease comes to its end, where the change begins (or is) its end.
    """

    name: str
    sources: tuple[str, ...]
    target: str
    roles: tuple[str, ...]
    needs_reason: bool = False
    ending: str = ""
    letter: str = ""


DRAFTED, SIGNED, RUNNING = LeaseState.DRAFTED, LeaseState.SIGNED, LeaseState.RUNNING
ENDING, ENDED, CANCELLED = LeaseState.ENDING, LeaseState.ENDED, LeaseState.CANCELLED
DECIDERS = (Role.FIRST_REVIEWER, Role.APPROVER)  # sign what goes against a tenant (PIPL art. 24)

# fmt: off
CHANGES = (
    Change("sign",        (DRAFTED,),        SIGNED,    (TENANT, OPERATOR), letter="lease_signed"),  # the second of the two signatures
    Change("lapse",       (DRAFTED,),        CANCELLED, (SYSTEM,), letter="lease_lapsed"),  # not signed in time
    Change("cancel",      (DRAFTED, SIGNED), CANCELLED, (TENANT, Role.CLERK), needs_reason=True, letter="lease_cancelled"),
    Change("fall_away",   (DRAFTED, SIGNED), CANCELLED, DECIDERS, needs_reason=True, letter="lease_cancelled"),  # a renewal whose lease they end
    Change("hand_over",   (SIGNED,),         RUNNING,   (TENANT, OPERATOR), letter="lease_begun"),  # the second signature under the hand-over
    Change("begin",       (SIGNED,),         RUNNING,   (SYSTEM,)),  # of a renewal: nothing is handed over
    Change("give_notice", (RUNNING,),        ENDING,    (TENANT,), ending=Ending.NOTICE, letter="lease_notice_given"),
    Change("reach_term",  (RUNNING,),        ENDING,    (SYSTEM,), ending=Ending.TERM, letter="lease_term_ends"),  # nothing follows: time to go
    Change("lose_status", (RUNNING, ENDING), ENDING,    DECIDERS, needs_reason=True, ending=Ending.STATUS_LOST, letter="status_lost"),
    Change("terminate",   (RUNNING, ENDING), ENDING,    DECIDERS, needs_reason=True, ending=Ending.BREACH, letter="lease_terminated"),
    Change("restore",     (ENDING,),         RUNNING,   DECIDERS, needs_reason=True, letter="lease_restored"),  # an upheld reconsideration
    Change("move_out",    (ENDING,),         ENDED,     (TENANT, OPERATOR), letter="lease_moved_out"),  # the inspection is signed by both
    Change("take_back",   (ENDING,),         ENDED,     DECIDERS, needs_reason=True, letter="lease_taken_back"),  # the tenant never signed the inspection
    Change("give_way",    (RUNNING,),        ENDED,     (SYSTEM,), ending=Ending.RENEWED),  # to the renewal that begins
)
# fmt: on


@dataclass(frozen=True)
class RoundChange:
    """One row of a round's life; ``is_timed``: the portal does it by itself when its moment, or a decision, has come."""

    name: str
    sources: tuple[str, ...]
    target: str
    is_timed: bool = False


# fmt: off
ROUND_CHANGES = (  # administrators; what a row needs beside its state stands in services/rounds.py
    RoundChange("open",      (RoundState.DRAFT,),     RoundState.OPEN),
    RoundChange("freeze",    (RoundState.OPEN,),      RoundState.FROZEN, is_timed=True),
    RoundChange("draw",      (RoundState.FROZEN,),    RoundState.DRAWN),
    RoundChange("publish",   (RoundState.DRAWN,),     RoundState.PUBLISHED),
    RoundChange("close",     (RoundState.PUBLISHED,), RoundState.CLOSED),
    RoundChange("annul",     (RoundState.OPEN, RoundState.FROZEN, RoundState.DRAWN), RoundState.ANNULLED),
    RoundChange("supersede", (RoundState.PUBLISHED, RoundState.CLOSED), RoundState.SUPERSEDED, is_timed=True),
)
# fmt: on


def round_change_named(name: str, state: str) -> RoundChange | None:
    """The row for ``name`` out of ``state``, or none where the table forbids it."""
    return next((row for row in ROUND_CHANGES if row.name == name and state in row.sources), None)


def change_named(name: str, state: str) -> Change | None:
    """The row for ``name`` out of ``state``, or none where the table forbids it."""
    return next((row for row in CHANGES if row.name == name and state in row.sources), None)
