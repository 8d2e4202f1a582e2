"""THE table: every move an application may make. What is not in it is forbidden.

A row reads: the step, the state it starts from, the state it leads to, whose step it is, what must hold first
(names in ``guards.py``) and the letter it sends. ``NEXT`` is the next stage of the pinned policy's route,
``RETURNING`` the stage that asked for the correction, ``REFUSING`` the stage whose refusal is reconsidered. Who may have
no hand in a file at all, whatever the step, is said in ``doors.why_barred``.
``APPLICANT`` is the person's own account, or a clerk with the paper the person signed, at the counter.
Papers are read at first review; a route without one has them read at final approval (``reading_stage``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.accounts.models import Role
from portal.casework.states import State

NEXT = "next"
RETURNING = "returning"
REFUSING = "refusing"
APPLICANT = "applicant"
SYSTEM = "system"


@dataclass(frozen=True)
class Step:
    """One row of the table."""

    name: str
    source: str
    target: str
    role: str
    guards: tuple[str, ...] = ()
    letter: str = ""
    is_also_system: bool = False  # the portal itself may take it, as far as the guards let it


# fmt: off
STEPS = (
    Step("submit",            State.DRAFT,          NEXT,                 APPLICANT,            ("everything_is_filled_in", "signed_by_hand"), "receipt"),
    Step("finish_check",      State.CHECK,          NEXT,                 SYSTEM,               ("submission_is_checked",)),

    Step("accept",            State.ACCEPT,         NEXT,                 Role.CLERK,           ("number_is_proven", "no_other_open_application"), "accepted"),
    Step("return",            State.ACCEPT,         State.CORRECTION,     Role.CLERK,           ("items_are_marked", "corrections_are_left"), "correction_needed"),

    Step("pass_first",        State.FIRST_REVIEW,   NEXT,                 Role.FIRST_REVIEWER,  ("number_is_proven", "submission_is_checked", "every_clause_is_met")),
    Step("return",            State.FIRST_REVIEW,   State.CORRECTION,     Role.FIRST_REVIEWER,  ("items_are_marked", "corrections_are_left"), "correction_needed"),
    Step("refuse",            State.FIRST_REVIEW,   State.REFUSED,        Role.FIRST_REVIEWER,  ("clause_and_reason_are_given",), "refused"),

    Step("pass_second",       State.SECOND_REVIEW,  NEXT,                 Role.SECOND_REVIEWER, ("is_not_first_reviewer",)),
    Step("send_back",         State.SECOND_REVIEW,  State.FIRST_REVIEW,   Role.SECOND_REVIEWER, ("is_not_first_reviewer", "reason_is_given")),
    Step("refuse",            State.SECOND_REVIEW,  State.REFUSED,        Role.SECOND_REVIEWER, ("is_not_first_reviewer", "clause_and_reason_are_given"), "refused"),

    Step("close_notice",      State.PUBLIC_NOTICE,  NEXT,                 SYSTEM,               ("notice_has_ended",)),
    Step("suspend",           State.PUBLIC_NOTICE,  State.OBJECTION,      SYSTEM,               (), "notice_objection_received"),
    Step("dismiss_objection", State.OBJECTION,      State.PUBLIC_NOTICE,  Role.ADMINISTRATOR,   ("reason_is_given",)),
    Step("uphold_objection",  State.OBJECTION,      State.SECOND_REVIEW,  Role.ADMINISTRATOR,   ("reason_is_given",)),

    Step("approve",           State.FINAL_APPROVAL, State.APPROVED,       Role.APPROVER,        ("is_neither_reviewer", "number_is_proven", "submission_is_checked", "every_clause_is_met", "somebody_signs_where_asked"), "approved", is_also_system=True),
    Step("return",            State.FINAL_APPROVAL, State.CORRECTION,     Role.APPROVER,        ("papers_are_read_here", "items_are_marked", "corrections_are_left"), "correction_needed"),
    Step("send_back",         State.FINAL_APPROVAL, State.FIRST_REVIEW,   Role.APPROVER,        ("papers_were_read_before", "is_neither_reviewer", "reason_is_given")),
    Step("refuse",            State.FINAL_APPROVAL, State.REFUSED,        Role.APPROVER,        ("is_neither_reviewer", "clause_and_reason_are_given"), "refused"),

    Step("ask_reconsideration",      State.REFUSED,         State.RECONSIDERATION, APPLICANT,          ("reconsideration_may_be_asked", "nothing_newer_is_open", "reason_is_given", "signed_by_hand"), "reconsideration_received"),
    Step("dismiss_reconsideration",  State.RECONSIDERATION, State.REFUSED,         Role.ADMINISTRATOR, ("clause_and_reason_are_given",), "reconsideration_dismissed"),
    Step("uphold_reconsideration",   State.RECONSIDERATION, REFUSING,              Role.ADMINISTRATOR, ("reason_is_given",), "reconsideration_upheld"),
    Step("withdraw_reconsideration", State.RECONSIDERATION, State.REFUSED,         APPLICANT,          ("signed_by_hand",), "reconsideration_withdrawn"),

    Step("resubmit",          State.CORRECTION,     RETURNING,            APPLICANT,            ("correction_is_in_time", "everything_is_filled_in", "signed_by_hand"), "correction_received"),
    Step("lapse",             State.CORRECTION,     State.LAPSED,         SYSTEM,               ("correction_is_overdue",), "lapsed"),

    Step("withdraw",          State.CHECK,          State.WITHDRAWN,      APPLICANT,            ("signed_by_hand",), "withdrawn"),
    Step("withdraw",          State.ACCEPT,         State.WITHDRAWN,      APPLICANT,            ("signed_by_hand",), "withdrawn"),
    Step("withdraw",          State.FIRST_REVIEW,   State.WITHDRAWN,      APPLICANT,            ("signed_by_hand",), "withdrawn"),
    Step("withdraw",          State.SECOND_REVIEW,  State.WITHDRAWN,      APPLICANT,            ("signed_by_hand",), "withdrawn"),
    Step("withdraw",          State.PUBLIC_NOTICE,  State.WITHDRAWN,      APPLICANT,            ("signed_by_hand",), "withdrawn"),
    Step("withdraw",          State.OBJECTION,      State.WITHDRAWN,      APPLICANT,            ("signed_by_hand",), "withdrawn"),
    Step("withdraw",          State.FINAL_APPROVAL, State.WITHDRAWN,      APPLICANT,            ("signed_by_hand",), "withdrawn"),
    Step("withdraw",          State.CORRECTION,     State.WITHDRAWN,      APPLICANT,            ("signed_by_hand",), "withdrawn"),
)
# fmt: on

_BY_NAME = {(step.name, step.source): step for step in STEPS}

# Which column remembers who took a step; the database holds that they are different people.
SIGNED_AS = {
    "accept": "accepted_by",
    "pass_first": "first_reviewer",
    "pass_second": "second_reviewer",
    "approve": "approver",
}

# What a decision letter is signed for.
DECIDING = ("approve", "refuse", "dismiss_reconsideration")


def step_from(name: str, state: str) -> Step | None:
    """The row for ``name`` out of ``state``, or none where the table forbids it."""
    return _BY_NAME.get((name, state))


def steps_from(state: str) -> list[Step]:
    """Every row that starts from ``state``, in table order."""
    return [step for step in STEPS if step.source == state]


def next_stage(route: Sequence[str], state: str) -> str:
    """The stage after ``state`` in ``route`` (stage codes in order); the first one from a draft."""
    if state == State.DRAFT:
        return route[0]
    return route[list(route).index(state) + 1]


def reading_stage(route: Sequence[str]) -> str:
    """The stage of ``route`` at which papers are read: first review, or the final one where nobody reviews before."""
    return State.FIRST_REVIEW if State.FIRST_REVIEW in route else State.FINAL_APPROVAL


def reader_of(route: Sequence[str]) -> Role:
    """The role that reads papers, proves facts by them and asks for corrections at that stage."""
    return Role.FIRST_REVIEWER if reading_stage(route) == State.FIRST_REVIEW else Role.APPROVER
