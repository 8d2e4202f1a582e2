"""A simulation over 100,000 stored applications, and a plain loop that reads the same rows and assesses them.

    DEMO=1 .venv/bin/python -m benchmarks.simulation [applications]

The applications lie in a throw-away database: SQLite, or beside the one that DATABASE_URL names. Prints the time of
each, their ratio, and the peak of memory over a tenth of them and over all.
"""

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta

from benchmarks.policy import LS_2022, people

import yaml  # isort: skip
from django.db import connection  # isort: skip
from django.utils import timezone  # isort: skip

from applicants.people.models import Person  # isort: skip
from portal.accounts.models import RoleGrant, User  # isort: skip
from portal.casework.models import Application, Assessment, Simulation, Submission  # isort: skip
from portal.casework.services.checking import LETTERS  # isort: skip
from portal.casework.services.simulating import BATCH, ground_of, run_batch, run_simulation, start_simulation  # isort: skip
from portal.policy.assessing import assess  # isort: skip
from portal.policy.calendar import shipped_calendar  # isort: skip
from portal.policy.facts import Facts, Provenance  # isort: skip
from portal.policy.models import PolicyDraft, PolicyVersion  # isort: skip
from portal.policy.schema import check_document  # isort: skip
from portal.policy.services import load_policy  # isort: skip

MOST = 2.0  # times the plain loop
MOST_MEMORY = 1.5  # times the peak over a tenth
CHUNK = 1_000
DONE = object()
NOW = timezone.now()


def store(count: int, version: PolicyVersion, user: User, seed: int) -> None:
    """Store ``count`` more applications, each with one sealed assessment; one in ten is still open."""
    calendar, past = shipped_calendar(), Person.objects.create(entered_by=user)
    first = Application.objects.count()
    for start in range(first, first + count, CHUNK):
        applications, submissions, assessments, persons = [], [], [], []
        for number, facts in enumerate(applicants(min(CHUNK, first + count - start), seed + start), start):
            is_open = number % 10 == 0
            person = Person(entered_by=user) if is_open else past
            if is_open:
                persons.append(person)
            row = Application(
                reference=f"LS-2023-{number:06d}",
                programme="living-subsidy",
                policy_version=version,
                applicant=person,
                state="first_review" if is_open else "approved",
                state_at=NOW,
                created_at=NOW,
                submitted_at=NOW,
                submitted_on=facts.on,
            )
            sent = Submission(application=row, number=1, at=NOW, by=user, answers={}, digest="-")
            result = assess(version.parsed, facts, calendar)
            applications.append(row)
            submissions.append(sent)
            assessments.append(
                Assessment(
                    application=row,
                    number=1,
                    submission=sent,
                    policy_version=version,
                    trigger="automatic",
                    at=NOW,
                    verdict=result.verdict,
                    amount_fen=result.amount_fen,
                    answers="".join(LETTERS[finding.answer] for finding in result.findings),
                    facts=facts.as_json(),
                    result=result.as_json(),
                )
            )
        for rows in (persons, applications, submissions, assessments):
            type(rows[0]).objects.bulk_create(rows)


def applicants(count: int, seed: int) -> Iterator[Facts]:
    """Invented applicants: every third as people come, the others meet everything, as most who were approved do."""
    proven = {
        "education": "bachelor",
        "study_mode": "full_time",
        "overseas_certified": "",
        "hukou_code": "350581",
        "employer_kind": "private_enterprise",
        "first_job_in_city": "yes",
        "in_post": "yes",
        "prior_grants": "-",
    }
    for number, facts in enumerate(people(count, seed)):
        if number % 3:
            months = [(facts.on.replace(day=1) - timedelta(days=days)).strftime("%Y-%m") for days in (100, 10)]
            values = proven | {
                "employer": f"企业{number % 97}",
                "insurance": f"{months[0]}/{months[1]}:企业{number % 97}",
                "diploma_on": facts.on - timedelta(days=20 + number % 320),
            }
            facts = Facts.of(facts.on, values, Provenance.PAPER, "paper:contract_or_licence")
        yield facts


def make_draft(version: PolicyVersion, user: User) -> PolicyDraft:
    """A draft that pays more, within half a year, and drops the household: hardly a file stays as it was."""
    data = yaml.safe_load(LS_2022.read_text(encoding="utf-8")) | {"version": "2", "effective_from": "2024-01-01"}
    data["amounts"][0]["yuan"] = 12000
    clauses = {clause["code"]: clause for clause in data["clauses"]}
    clauses["LS-7"]["conditions"] = [{"kind": "within", "anchor": "diploma_on", "months": 6}]
    data["clauses"].remove(clauses["LS-3"])
    return PolicyDraft.objects.create(
        policy=version.policy, based_on=version, data=data, drafted_by=user, drafted_at=NOW, edited_at=NOW
    )


def simulate(draft: PolicyDraft, user: User) -> Simulation:
    """A whole simulation, as administrator and worker do it."""
    simulation = start_simulation(draft=draft, by=user, at=NOW + timedelta(minutes=1))
    while simulation.is_live:
        run_simulation(simulation_id=simulation.pk, at=NOW, at_real=timezone.now())
        simulation.refresh_from_db()
    return simulation


def read_and_assess(draft: PolicyDraft) -> Iterator[None]:
    """The least that a simulation has to do: the same rows, the same assessments, and nothing kept; a batch a turn."""
    document, calendar = check_document(draft.data), shipped_calendar()
    rows = Assessment.objects.order_by().only("id", "facts")
    for number, row in enumerate(rows.iterator(BATCH), start=1):
        assess(document, Facts.from_json(row.facts), calendar)
        if number % BATCH == 0:
            yield


def batches(draft: PolicyDraft, user: User) -> Iterator[None]:
    """A whole simulation, a batch a turn."""
    simulation = start_simulation(draft=draft, by=user, at=NOW + timedelta(minutes=1))
    ground = None
    is_more = True
    while is_more:
        ground = ground or ground_of(simulation.pk)
        is_more = run_batch(simulation_id=simulation.pk, at=NOW, at_real=timezone.now(), ground=ground)
        yield


def taking_turns(*works: Iterator[None]) -> list[float]:
    """The seconds of each; they go on by turns, so that all meet the same moods of the machine."""
    taken, left = [0.0] * len(works), set(range(len(works)))
    while left:
        for number in sorted(left):
            start = time.perf_counter()
            if next(works[number], DONE) is DONE:
                left.discard(number)
            taken[number] += time.perf_counter() - start
    return taken


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak(work: Callable[[], object]) -> float:
    """The most memory that ``work`` holds at a time beyond what there was before, in MB."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1_000_000


def main(count: int) -> int:
    """Store, compare, measure, print; 1 where the simulation is slower than it may be, or its memory grows."""
    version = load_policy(LS_2022.read_text(encoding="utf-8"), at=NOW)
    user = User.objects.create_user("administrator@example.test", "harbour-2023")
    RoleGrant.objects.create(user=user, role="administrator")
    draft = make_draft(version, user)

    tenth = count // 10
    stored = seconds(lambda: store(tenth, version, user, 1))
    simulate(draft, user)  # what is read once and kept belongs to neither
    few = peak(lambda: simulate(draft, user))
    stored += seconds(lambda: store(count - tenth, version, user, 2))
    sys.stdout.write(f"{count} applications stored in {stored:.0f} s on {connection.vendor}\n")

    gc.collect()
    plain, simulated = taking_turns(read_and_assess(draft), batches(draft, user))
    last = Simulation.objects.order_by("-asked_at", "-total").first()
    if last is None or last.state != "done" or last.done != count:
        sys.stdout.write("The simulation did not come to its end.\n")
        return 1
    ratio = simulated / plain
    sys.stdout.write(
        f"{count} applications, {last.results['changed']} change: simulation {simulated:.1f} s, "
        f"reading and assessing {plain:.1f} s, ratio {ratio:.2f} (at most {MOST:.0f})\n"
    )
    many = peak(lambda: simulate(draft, user))
    sys.stdout.write(
        f"peak of memory: {few:.1f} MB over {tenth}, {many:.1f} MB over {count}, "
        f"ratio {many / few:.2f} (at most {MOST_MEMORY})\n"
    )
    return int(ratio > MOST or many / few > MOST_MEMORY)


if __name__ == "__main__":
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        code = main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    sys.exit(code)
