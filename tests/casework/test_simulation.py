"""What a simulation counts, against six applications worked out by hand; who may ask for one and stop it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.audit.models import Entry
from portal.casework.models import Assessment, Simulation, SimulationChange
from portal.casework.services.simulating import (
    SimulationRefused,
    run_batch,
    start_simulation,
    stop_simulation,
)
from portal.policy.facts import Provenance
from portal.policy.schema import PolicyUnreadable
from tests.casework.simulated import (
    REAL,
    give_more,
    make_judged,
    make_policy_draft,
    make_simulation,
    run,
)
from tests.factories import AT, make_staff, staff

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=2)


def amend(data: dict[str, Any]) -> None:
    """12,000 yuan; six months instead of a year (LS-7); no household (LS-3); private enterprises only (new, LS-9)."""
    give_more(data)
    clauses = {clause["code"]: clause for clause in data["clauses"]}
    clauses["LS-7"]["conditions"] = [{"kind": "within", "anchor": "diploma_on", "months": 6}]
    data["clauses"].remove(clauses["LS-3"])
    data["clauses"].append(
        {
            "code": "LS-9",
            "text": "在民营企业就业",
            "source": "草案",
            "proven_by": "paper",
            "papers": ["contract_or_licence"],
            "conditions": [{"kind": "employer_kind", "kinds": ["private_enterprise"]}],
        }
    )


def six_files() -> dict[str, Any]:
    """Six people of 20 December 2022, each with what LS-2022 said of them."""
    late = {"diploma_on": "2022-01-10"}  # within the year, eleven months ago
    return {
        # Everything met: 10,000, then 12,000.
        "A": make_judged("A", diploma_on="2022-09-10"),
        # The diploma is older than six months: 10,000, then nothing.
        "B": make_judged("B", state="final_approval", **late),
        # From elsewhere, which no longer counts: nothing, then 12,000.
        "C": make_judged(
            "C", state="refused", verdict="ineligible", amount_fen=0, answers="mmnmmmmm",
            diploma_on="2022-09-10", hukou_code="350582",
        ),
        # Nothing proven yet: undetermined both times.
        "D": make_judged(
            "D", state="first_review", verdict="undetermined", amount_fen=None, answers="uuuuuuum",
            provenance=Provenance.DECLARED, diploma_on="2022-09-10",
        ),
        # The degree is not proven, but the own business no longer counts: undetermined, then nothing.
        "E": make_judged(
            "E", state="first_review", verdict="undetermined", amount_fen=None, answers="ummmmmmm",
            diploma_on="2022-09-10", education="?", employer_kind="self_employed",
        ),
        # Too late either way, and had a grant: nothing both times.
        "F": make_judged(
            "F", state="refused", verdict="ineligible", amount_fen=0, answers="mmmmmmmn",
            diploma_on="2022-09-10", prior_grants="LS-2022@350581@10000@2022-12-01",
        ),
    }  # fmt: skip


def test_six_files_come_out_as_by_hand():
    rows = six_files()
    done = run(make_simulation(make_policy_draft(amend)))
    assert (done.state, done.done, done.total, done.finished_at) == ("done", 6, 6, LATER)
    assert done.results == {
        "changed": 4,
        "changed_verdict": 3,  # B, C, E
        "changed_amount": 4,
        "verdict/past/eligible/eligible": 1,
        "verdict/past/ineligible/eligible": 1,
        "verdict/past/ineligible/ineligible": 1,
        "verdict/open/eligible/ineligible": 1,
        "verdict/open/undetermined/undetermined": 1,
        "verdict/open/undetermined/ineligible": 1,
        "cost/past/before": 1_000_000,
        "cost/past/after": 2_400_000,
        "cost/open/before": 1_000_000,
        "cost/open/after": 0,
        "clause/LS-1/mm": 4, "clause/LS-1/uu": 2,
        "clause/LS-2/mm": 5, "clause/LS-2/uu": 1,
        "clause/LS-3/m-": 4, "clause/LS-3/n-": 1, "clause/LS-3/u-": 1,
        "clause/LS-4/mm": 5, "clause/LS-4/uu": 1,
        "clause/LS-5/mm": 5, "clause/LS-5/uu": 1,
        "clause/LS-6/mm": 5, "clause/LS-6/uu": 1,
        "clause/LS-7/mm": 4, "clause/LS-7/mn": 1, "clause/LS-7/uu": 1,
        "clause/LS-8/mm": 5, "clause/LS-8/nn": 1,
        "clause/LS-9/-m": 4, "clause/LS-9/-n": 1, "clause/LS-9/-u": 1,
    }  # fmt: skip
    columns = (
        "application",
        "verdict_before",
        "verdict_after",
        "amount_fen_before",
        "amount_fen_after",
        "clauses_before",
        "clauses_after",
    )
    assert set(SimulationChange.objects.values_list(*columns)) == {
        (rows["A"].pk, "eligible", "eligible", 1_000_000, 1_200_000, "mmmmmmmm", "mmmmmmmm"),
        (rows["B"].pk, "eligible", "ineligible", 1_000_000, 0, "mmmmmmmm", "mmmmmnmm"),
        (rows["C"].pk, "ineligible", "eligible", 0, 1_200_000, "mmnmmmmm", "mmmmmmmm"),
        (rows["E"].pk, "undetermined", "ineligible", None, 0, "ummmmmmm", "ummmmmmn"),
    }


def test_drafts_withdrawn_and_lapsed_files_and_later_ones_are_left_out():
    for state in ("draft", "withdrawn", "lapsed"):
        make_judged(state=state)
    kept = make_judged()
    later = make_judged()
    type(later).objects.filter(pk=later.pk).update(submitted_at=AT + timedelta(hours=2))
    done = run(make_simulation())
    assert (done.total, done.results["changed"]) == (1, 1)
    assert SimulationChange.objects.get().application_id == kept.pk


def test_the_newest_assessment_counts():
    row = make_judged(verdict="undetermined", amount_fen=None, answers="uuuuuuum")
    newest = Assessment.objects.get(application=row)
    facts = newest.facts
    newest.pk, newest.number, newest.trigger = None, 2, "settled"
    newest = Assessment.objects.create(
        application=row, number=2, submission=newest.submission, policy_version=row.policy_version, trigger="settled",
        at=AT, verdict="eligible", amount_fen=1_000_000, answers="mmmmmmmm", facts=facts, result={},
    )  # fmt: skip
    done = run(make_simulation())
    assert done.results["verdict/past/eligible/eligible"] == 1
    assert SimulationChange.objects.get().amount_fen_before == 1_000_000


def test_what_is_not_checked_yet_and_what_cannot_be_read_is_counted_apart():
    make_judged(state="check", is_checked=False)
    broken, short, kept = make_judged(), make_judged(answers="mmm"), make_judged()
    elsewhere = Assessment.objects.filter(application=kept).values_list("facts", flat=True).get()
    with connection.cursor() as cursor:  # the facts of another row do not open here
        pk = Assessment.objects.get(application=broken).pk
        column = pk.hex if connection.vendor == "sqlite" else pk
        cursor.execute("UPDATE casework_assessment SET facts = %s WHERE id = %s", [elsewhere, column])
    done = run(make_simulation())
    assert (done.state, done.done) == ("done", 4)
    assert {name: done.results[name] for name in ("unchecked", "unreadable", "changed")} == {
        "unchecked": 1, "unreadable": 2, "changed": 1,
    }  # fmt: skip
    assert SimulationChange.objects.get().application_id == kept.pk
    assert short.pk != kept.pk


def test_a_policy_without_applications_is_done_at_once():
    done = run(make_simulation())
    assert (done.state, done.total, done.results) == ("done", 0, {})


def test_a_simulation_keeps_the_text_it_was_asked_for():
    make_judged()
    draft = make_policy_draft(give_more)
    simulation = make_simulation(draft)
    draft.data["amounts"][0]["yuan"] = 99999
    draft.save()
    assert run(simulation).results["cost/past/after"] == 1_200_000
    assert simulation.sha256 != draft.sha256


# ── asking and stopping ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stopped_simulation_goes_no_further_and_keeps_its_figures():
    for _file in range(3):
        make_judged()
    simulation = make_simulation()
    run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL, size=1)
    stop_simulation(simulation=simulation, by=staff("administrator"), at=LATER)
    assert run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL, size=1) is False
    simulation.refresh_from_db()
    assert (simulation.state, simulation.done, simulation.results["changed"]) == ("stopped", 1, 1)
    with pytest.raises(SimulationRefused):
        stop_simulation(simulation=simulation, by=staff("administrator"), at=LATER)
    assert Entry.objects.filter(action="simulation.stop").count() == 1


def test_the_same_text_is_given_back_while_it_runs_and_done_anew_afterwards():
    draft = make_policy_draft()
    first = make_simulation(draft)
    assert make_simulation(draft, by=make_staff("administrator")).pk == first.pk
    run(first)
    assert make_simulation(draft).pk != first.pk


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("auditor", {}),
        ("approver", {}),
        ("administrator", {"town": "fengli"}),
        ("administrator", {"programme": "lodging"}),
    ],
)
def test_only_an_administrator_of_the_programme_and_the_whole_city_asks_and_stops(role, scope):
    draft, somebody = make_policy_draft(), make_staff(role, **scope)
    with pytest.raises(SimulationRefused):
        start_simulation(draft=draft, by=somebody, at=AT)
    simulation = make_simulation(draft)
    with pytest.raises(SimulationRefused):
        stop_simulation(simulation=simulation, by=somebody, at=AT)
    assert Simulation.objects.get().state == "waiting"


def test_a_draft_that_is_unfinished_or_closed_is_not_simulated():
    with pytest.raises(PolicyUnreadable):
        make_simulation(make_policy_draft(lambda data: data.pop("clauses")))
    draft = make_policy_draft()
    type(draft).objects.filter(pk=draft.pk).update(state="discarded")
    with pytest.raises(SimulationRefused):
        make_simulation(draft)
    assert Simulation.objects.count() == 0


# ── prices and constraints ─────────────────────────────────────────────────────────────────────────────────────────


def queries_of_a_batch(files: int) -> int:
    for _file in range(files):
        make_judged()
    simulation = make_simulation(make_policy_draft(amend))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL)
    return len(captured)


@pytest.mark.slow
def test_a_batch_costs_the_same_queries_for_one_file_and_for_thirty():
    one = queries_of_a_batch(1)
    assert queries_of_a_batch(30) == one
    # The simulation twice, versions, calendar twice, applications, assessments; then savepoint, the step on, changes,
    # entry, release.
    assert one <= 12


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("an_ended_simulation_has_its_time", {"state": "resting"}),
        ("a_simulation_does_no_more_than_all", {"done": 9}),
        ("an_ended_simulation_has_its_time", {"state": "failed"}),
        ("an_ended_simulation_has_its_time", {"finished_at": AT}),
        ("a_simulation_that_ran_has_begun", {"state": "running"}),
    ],
)
def test_a_simulation_that_cannot_be_true_is_refused(name, changes):
    make_simulation()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Simulation.objects.update(**changes)


def test_a_change_stands_once_and_changes_something():
    row = make_judged()
    simulation = run(make_simulation())
    same = {"simulation": simulation, "application": row, "verdict_before": "eligible", "verdict_after": "eligible"}
    with pytest.raises(IntegrityError, match=r"one_change_per|UNIQUE"), transaction.atomic():
        SimulationChange.objects.create(**same, amount_fen_before=1, amount_fen_after=2)
    SimulationChange.objects.all().delete()
    with pytest.raises(IntegrityError, match="a_change_changes_verdict_or_amount"), transaction.atomic():
        SimulationChange.objects.create(**same, amount_fen_before=1, amount_fen_after=1)


def test_one_simulation_of_a_text_lives_at_a_time():
    draft = make_policy_draft()
    first = make_simulation(draft)
    first.id = uuid4()
    with pytest.raises(IntegrityError, match=r"one_live_simulation|UNIQUE"), transaction.atomic():
        first.save(force_insert=True)
