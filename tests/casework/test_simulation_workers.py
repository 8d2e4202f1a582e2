"""Workers of a simulation: killed, late, racing on a real PostgreSQL, lost and found by the sweep."""

from datetime import timedelta

import pytest
from django.db import connection

from portal.audit.models import Entry
from portal.casework import tasks
from portal.casework.models import Simulation, SimulationChange
from portal.casework.services.simulating import run_batch, run_simulation, silent_simulations, start_simulation
from tests.casework.simulated import REAL, give_more, make_judged, make_policy_draft, make_simulation, run
from tests.casework.test_simulation import LATER, amend, six_files
from tests.factories import AT, make_staff

pytestmark = pytest.mark.django_db


def test_batches_of_two_come_to_the_same_as_one_batch():
    six_files()
    draft = make_policy_draft(amend)
    whole = run(make_simulation(draft))
    parts = run(make_simulation(draft), size=2)
    assert parts.results == whole.results
    assert parts.changes.count() == whole.changes.count() == 4


def test_a_batch_whose_worker_was_killed_is_done_again(monkeypatch):
    for _file in range(5):
        make_judged()
    simulation = make_simulation()
    assert run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL, size=2) is True

    class PowerCut(BaseException):
        pass

    def cut(*_args, **_kwargs):
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(SimulationChange.objects, "bulk_create", cut)  # after the row has moved on, before the commit
        with pytest.raises(PowerCut):
            run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL, size=2)
    simulation.refresh_from_db()
    assert (simulation.done, simulation.changes.count()) == (2, 2)
    done = run(simulation, size=2)
    assert (done.done, done.results["changed"], done.changes.count()) == (5, 5, 5)


def test_a_worker_that_comes_second_with_a_batch_writes_nothing():
    for _file in range(4):
        make_judged()
    simulation = make_simulation()
    inner = []

    def somebody_faster(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and not inner:
            inner.append(True)
            inner.append(run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL, size=2))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(somebody_faster):
        outer = run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL, size=2)
    simulation.refresh_from_db()
    assert (inner, outer) == ([True, True], False)
    assert (simulation.done, simulation.results["changed"], simulation.changes.count()) == (2, 2, 2)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_workers_of_one_moment_count_every_file_once(race):
    for _file in range(12):
        make_judged()
    simulation = make_simulation()

    def work(_number: int) -> int:
        turns = 0
        while Simulation.objects.get(pk=simulation.pk).is_live:
            run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL, size=1)
            turns += 1
        return turns

    outcomes = race(4, work)
    assert [type(outcome) for outcome in outcomes] == [int] * 4
    simulation.refresh_from_db()
    assert (simulation.state, simulation.done, simulation.results["changed"]) == ("done", 12, 12)
    assert simulation.results["cost/past/after"] == 14_400_000
    assert simulation.changes.count() == 12
    assert Entry.objects.filter(action="simulation.finish").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_text_asked_for_twice_at_once_runs_once(race):
    draft, administrators = make_policy_draft(give_more), [make_staff("administrator") for _one in range(4)]
    outcomes = race(4, lambda n: start_simulation(draft=draft, by=administrators[n], at=AT).pk)
    assert len(set(outcomes)) == Simulation.objects.count() == 1


def test_the_sweep_goes_on_where_a_heartbeat_stopped():
    for _file in range(3):
        make_judged()
    simulation = make_simulation()
    assert silent_simulations(at_real=REAL) == [simulation.pk]  # nobody has begun
    run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL, size=1)
    assert silent_simulations(at_real=REAL + timedelta(seconds=30)) == []
    assert silent_simulations(at_real=REAL + timedelta(seconds=31)) == [simulation.pk]
    Simulation.objects.update(heartbeat=REAL - timedelta(hours=1))
    tasks.sweep_simulations()
    simulation.refresh_from_db()
    assert (simulation.state, simulation.done, simulation.changes.count()) == ("done", 3, 3)
    assert silent_simulations(at_real=REAL + timedelta(days=1)) == []


def test_a_task_does_one_simulation_and_is_safe_to_run_again():
    make_judged()
    simulation = make_simulation()
    for _turn in range(3):
        tasks.simulate(simulation_id=str(simulation.pk))
    simulation.refresh_from_db()
    assert (simulation.state, simulation.changes.count()) == ("done", 1)
    entries = Entry.objects.filter(action__startswith="simulation.").order_by("recorded_at")
    assert [entry.action for entry in entries] == ["simulation.start", "simulation.finish"]


def test_a_run_that_breaks_three_times_is_given_up():
    make_judged()
    simulation = make_simulation()
    Simulation.objects.update(document="{}")  # what today's schema cannot read any more
    for turn in range(1, 4):
        run_simulation(simulation_id=simulation.pk, at=LATER, at_real=REAL)
        simulation.refresh_from_db()
        assert (simulation.failures, simulation.state) == (turn, "failed" if turn == 3 else "waiting")
    assert simulation.finished_at == LATER


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_takes_a_simulation_up_after_the_commit(worker):
    make_judged()
    simulation = make_simulation()
    worker.wait_until(lambda: Simulation.objects.get(pk=simulation.pk).state == "done")
    assert simulation.changes.count() == 1
