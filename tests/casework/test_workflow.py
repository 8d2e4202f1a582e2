"""The workflow table against a grid written by hand: who may take which step from which state, and nothing else."""

from itertools import product

import pytest

from portal.accounts.models import Role
from portal.casework.guards import GUARDS
from portal.casework.states import State
from portal.casework.workflow import APPLICANT, STEPS, SYSTEM, next_stage, step_from
from portal.notifications.rendering import KINDS
from portal.policy.schema import parse_document
from tests.factories import ROOT

ROLES = ("applicant", "system", *Role.values)

# state → role → {step: where it leads}. Whatever does not stand here is forbidden.
GRID = {
    "draft": {"applicant": {"submit": "check"}},
    "check": {"system": {"finish_check": "accept"}, "applicant": {"withdraw": "withdrawn"}},
    "accept": {
        "clerk": {"accept": "first_review", "return": "correction"},
        "applicant": {"withdraw": "withdrawn"},
    },
    "first_review": {
        "first_reviewer": {"pass_first": "second_review", "return": "correction", "refuse": "refused"},
        "applicant": {"withdraw": "withdrawn"},
    },
    "second_review": {
        "second_reviewer": {"pass_second": "public_notice", "send_back": "first_review", "refuse": "refused"},
        "applicant": {"withdraw": "withdrawn"},
    },
    "public_notice": {
        "system": {"close_notice": "final_approval", "suspend": "objection"},
        "applicant": {"withdraw": "withdrawn"},
    },
    "objection": {
        "administrator": {"dismiss_objection": "public_notice", "uphold_objection": "second_review"},
        "applicant": {"withdraw": "withdrawn"},
    },
    "final_approval": {
        "approver": {"approve": "approved", "return": "correction", "send_back": "first_review", "refuse": "refused"},
        "applicant": {"withdraw": "withdrawn"},
    },
    "correction": {
        "applicant": {"resubmit": "the stage that returned it", "withdraw": "withdrawn"},
        "system": {"lapse": "lapsed"},
    },
    "approved": {},
    "refused": {"applicant": {"ask_reconsideration": "reconsideration"}},
    "reconsideration": {
        "administrator": {
            "dismiss_reconsideration": "refused",
            "uphold_reconsideration": "the stage that refused",
        },
        "applicant": {"withdraw_reconsideration": "refused"},
    },
    "withdrawn": {},
    "lapsed": {},
}

# Both shipped policies take the same way; another route gets a grid of its own here.
ROUTES = {
    "LS-2022": ("check", "accept", "first_review", "second_review", "public_notice", "final_approval"),
    "YTE-2024": ("check", "accept", "first_review", "second_review", "public_notice", "final_approval"),
}


def shipped_policies():
    texts = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "subsidies" / "policy").glob("*.yaml")))
    return {document.code: document for document in map(parse_document, texts)}


def target_of(step, route):
    if step.target == "returning":
        return "the stage that returned it"
    if step.target == "refusing":
        return "the stage that refused"
    return str(next_stage(route, step.source) if step.target == "next" else step.target)


def test_every_shipped_route_has_a_grid():
    assert {code: document.stages for code, document in shipped_policies().items()} == ROUTES


@pytest.mark.parametrize("policy", sorted(ROUTES))
@pytest.mark.parametrize("state", list(GRID))
def test_the_table_is_the_grid(policy, state):
    route = ROUTES[policy]
    found = {}
    for step in STEPS:
        if step.source == state:
            found.setdefault(str(step.role), {})[step.name] = target_of(step, route)

    assert found == GRID[state]


def test_the_grid_names_every_state_and_only_known_roles():
    assert set(GRID) == set(State.values)
    assert {role for row in GRID.values() for role in row} <= set(ROLES)


def test_what_is_not_in_the_grid_is_forbidden():
    allowed = {(state, step, role) for state, row in GRID.items() for role, steps in row.items() for step in steps}
    for state, name, role in product(State.values, sorted({step.name for step in STEPS}), ROLES):
        step = step_from(name, state)
        assert (step is not None and step.role == role) == ((state, name, role) in allowed), (state, name, role)


def test_a_step_out_of_a_state_stands_once_in_the_table():
    assert len({(step.name, step.source) for step in STEPS}) == len(STEPS)


def test_what_the_applicant_does_a_clerk_does_with_the_persons_signature_only():
    assert [step.name for step in STEPS if step.role == APPLICANT and "signed_by_hand" not in step.guards] == []


def test_nobody_but_a_person_refuses_returns_or_sends_back():
    people = {role for role in Role.values if role not in ("finance", "auditor")}
    assert {step.role for step in STEPS if step.name in ("refuse", "return", "send_back", "approve")} <= people


def test_the_portal_itself_takes_no_step_of_a_person_but_an_approval():
    """And that only where the programme lets it (guard ``somebody_signs_where_asked``)."""
    assert [(step.name, step.guards[-1]) for step in STEPS if step.is_also_system] == [
        ("approve", "somebody_signs_where_asked")
    ]


def test_auditors_and_finance_take_no_step():
    assert not [step.name for step in STEPS if step.role in (Role.AUDITOR, Role.FINANCE)]


def test_every_guard_and_letter_of_the_table_is_there():
    assert {name for step in STEPS for name in step.guards} <= set(GUARDS)
    assert {step.letter for step in STEPS} - {""} <= set(KINDS)


def test_every_stage_may_be_withdrawn_from():
    decided = {"refused", "reconsideration"}  # there only the question about the refusal can be taken back
    open_after_submission = {state for state, row in GRID.items() if row and state != "draft"} - decided
    assert {step.source for step in STEPS if step.name == "withdraw"} == open_after_submission
    assert {step.role for step in STEPS if step.name == "withdraw"} == {APPLICANT}


def test_the_portal_itself_only_ends_what_has_run_out_or_been_checked():
    assert {step.name for step in STEPS if step.role == SYSTEM} == {"finish_check", "close_notice", "suspend", "lapse"}
