"""Applications as checks and settlements leave them, and drafts of LS-2022, written straight into the tables."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import yaml
from django.utils import timezone

from applicants.people.models import Person
from portal.accounts.models import User
from portal.casework.models import Application, Assessment, Simulation, Submission
from portal.casework.services.simulating import run_batch, start_simulation
from portal.policy.facts import Facts, Provenance
from portal.policy.models import PolicyDraft
from tests.factories import AT, load_policies, make_number, make_user, staff
from tests.policy.qualifying import LS_PERSON, text_of

REAL = timezone.now()
ALL_MET = "mmmmmmmm"
SETTLED = {"verdict": "eligible", "amount_fen": 1_000_000, "answers": ALL_MET}


def make_judged(
    name: str = "",
    *,
    state: str = "approved",
    verdict: str = "eligible",
    amount_fen: int | None = 1_000_000,
    answers: str = ALL_MET,
    provenance: Provenance = Provenance.PAPER,
    is_checked: bool = True,
    town: str = "fengli",
    **facts: str,
) -> Application:
    """An application under LS-2022 of 20 December 2022 with the stored outcome given, and the facts of ``LS_PERSON``
    but for ``facts``.
    """
    person = Person.objects.create(user=make_user(), legal_name="林晓航", number=make_number(), phone="13712345678")
    row = Application.objects.create(
        reference=f"LS-2022-{name or f'{Application.objects.count() + 1:06d}'}",
        programme="living-subsidy",
        policy_version=load_policies()["LS-2022"],
        applicant=person,
        state=state,
        state_at=AT,
        town=town,
        created_at=AT,
        submitted_at=AT,
        submitted_on=AT.date(),
        verdict=verdict if is_checked else "",
        amount_fen=amount_fen,
    )
    sent = Submission.objects.create(application=row, number=1, at=AT, by=person.user, answers={}, digest="-")
    if is_checked:
        known = {key: value for key, value in {**LS_PERSON, **facts}.items() if key != "on"}
        Assessment.objects.create(
            application=row,
            number=1,
            submission=sent,
            policy_version=row.policy_version,
            trigger="automatic",
            at=AT,
            verdict=verdict,
            amount_fen=amount_fen,
            answers=answers,
            facts=Facts.of(date(2022, 12, 20), known, provenance).as_json(),
            result={},
        )
    return row


def make_policy_draft(change: Callable[[dict[str, Any]], object] = lambda _data: None) -> PolicyDraft:
    """A draft of version 2 of LS-2022, with whatever ``change`` does to its data."""
    version = load_policies()["LS-2022"]
    data = yaml.safe_load(text_of("LS-2022")) | {"version": "2", "effective_from": "2024-01-01"}
    change(data)
    return PolicyDraft.objects.create(
        policy=version.policy,
        based_on=version,
        data=data,
        drafted_by=staff("administrator"),
        drafted_at=AT,
        edited_at=AT,
    )


def give_more(data: dict[str, Any]) -> None:
    """12,000 yuan instead of 10,000."""
    data["amounts"][0]["yuan"] = 12000


def make_simulation(
    draft: PolicyDraft | None = None, *, by: User | None = None, after: timedelta = timedelta(hours=1)
) -> Simulation:
    """A simulation that waits for its worker."""
    return start_simulation(draft=draft or make_policy_draft(give_more), by=by or staff("administrator"), at=AT + after)


def run(simulation: Simulation, *, size: int = 500) -> Simulation:
    """Do every batch that is left."""
    while run_batch(simulation_id=simulation.pk, at=AT + timedelta(hours=2), at_real=REAL, size=size):
        pass
    simulation.refresh_from_db()
    return simulation
