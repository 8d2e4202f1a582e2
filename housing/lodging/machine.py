"""THE table of a stay's life: every change a stay may go through. What is not in it is forbidden."""

from __future__ import annotations

from dataclasses import dataclass

from housing.lodging.models import Purpose, StayState
from portal.accounts.models import Role

GUEST = "guest"
SYSTEM = "system"
OPERATOR = "operator"  # a site operator of the stay's site, by device


@dataclass(frozen=True)
class Change:
    """One row: what happens, from which states, to which, who may do it, whether it needs a reason, the letter."""

    name: str
    sources: tuple[str, ...]
    target: str
    roles: tuple[str, ...]
    needs_reason: bool = False
    letter: str = ""


HELD, BOOKED, IN, LEFT = StayState.HELD, StayState.BOOKED, StayState.IN, StayState.LEFT
COMING = (HELD, BOOKED)
DECIDERS = (Role.FIRST_REVIEWER, Role.APPROVER)  # sign what goes against a guest

# What the nights of a stay are taken for, by its state; in every other state its nights are given back.
PURPOSES = {HELD: Purpose.HELD, BOOKED: Purpose.BOOKED, IN: Purpose.USED, LEFT: Purpose.USED}

# fmt: off
CHANGES = (
    Change("book",     (HELD,),   BOOKED,              (SYSTEM,),              False, "stay_booked"),
    Change("lapse",    (HELD,),   StayState.LAPSED,    (SYSTEM,),              False, "stay_lapsed"),
    Change("pass_on",  (HELD,),   StayState.LAPSED,    (SYSTEM,),              False, "bed_passed_on"),  # of an offer
    # A bed that is only held goes with its application: withdrawn, or left for another, or it would be found again.
    Change("cancel",   (HELD,),   StayState.CANCELLED, (SYSTEM,),              False),
    Change("cancel",   (BOOKED,), StayState.CANCELLED, (GUEST, Role.CLERK, SYSTEM), False, "stay_cancelled"),
    Change("turn_away", (BOOKED,), StayState.CANCELLED, (SYSTEM,),             False, "stay_turned_away"),  # no site to come to
    Change("check_in", (BOOKED,), IN,                  (OPERATOR,),            False, "stay_arrived"),
    Change("miss",     (BOOKED,), StayState.NO_SHOW,   (SYSTEM,),              False),  # services/missing.py writes
    Change("leave",    (IN,),     LEFT,                (OPERATOR, SYSTEM),     False),
    # PIPL art. 24: what goes against a person is signed by a person. For a breach of the house rules.
    Change("end",      (IN,),     LEFT,                DECIDERS,            True, "stay_ended"),
    # What the counter forgot or got wrong, once the stay is over (services/correcting.py sets the nights).
    Change("correct",  (LEFT, StayState.NO_SHOW), LEFT, DECIDERS,           True, "stay_corrected"),
    Change("strike",   (LEFT,),   StayState.CANCELLED, DECIDERS,            True, "stay_cancelled"),
)
# fmt: on

# After these, nights not slept are lost to the guest where the policy does not give them back.
FORFEITING = (StayState.NO_SHOW, LEFT)


def change_named(name: str, state: str) -> Change | None:
    """The row for ``name`` out of ``state``, or none where the table forbids it."""
    return next((row for row in CHANGES if row.name == name and state in row.sources), None)
