"""100,000 invented people against LS-2022: the engine with a finding per clause, and the same clauses written by hand.

    DEMO=1 .venv/bin/python -m benchmarks.policy [people]

Prints the time of each and their ratio, the best of five rounds. Both see the same facts; every answer is compared.
"""

import gc
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from portal.policy.assessing import assess  # noqa: E402
from portal.policy.calendar import Calendar, shipped_calendar  # noqa: E402
from portal.policy.facts import Absence, Fact, Facts, Provenance, month_text  # noqa: E402
from portal.policy.schema import parse_document  # noqa: E402

LS_2022 = Path(__file__).resolve().parents[1] / "subsidies" / "policy" / "LS-2022.yaml"
MOST = 5.0  # times the hand-written function
MET, UNMET, UNPROVEN = "met", "unmet", "unproven"
SILENT = (Absence.UNKNOWN, Absence.NOT_APPLICABLE)


def people(count: int, seed: int = 2022) -> list[Facts]:
    """Invented people, most of them close to what the policy asks for; every tenth fact is unknown or only declared."""
    pick = random.Random(seed)  # noqa: S311 (repeatable inventions)
    found = []
    for _number in range(count):
        on = date(2023, 1, 1) + timedelta(days=pick.randrange(360))
        last = on.year * 12 + on.month - 1 - pick.choice([1, 1, 2, 2, 3])
        first = last - pick.randrange(1, 8)
        values = {
            "education": pick.choice(["bachelor", "bachelor", "master", "technician", "diploma"]),
            "study_mode": pick.choice(["full_time", "full_time", "full_time", "part_time"]),
            "overseas_certified": pick.choice(["", "", "", "yes", "no"]),
            "diploma_on": on - timedelta(days=pick.randrange(100, 450)),
            "hukou_code": pick.choice(["350581", "350581", "350582"]),
            "hukou_collective": pick.choice(["yes", "no"]),
            "employer_kind": pick.choice(["private_enterprise", "self_employed", "state_enterprise"]),
            "employer": "A",
            "first_job_in_city": pick.choice(["yes", "yes", "no"]),
            "insurance": f"{month_text(first)}/{month_text(last)}:{pick.choice('AAB')}{pick.choice(['', '', '!'])}",
            "in_post": pick.choice(["yes", "yes", "no"]),
            "prior_grants": pick.choice(["-", "-", "-", "LS-2022@350581@10000@2022-12-01"]),
        }
        known = {
            name: Fact("?" if pick.random() < 0.05 else value, pick.choice(list(Provenance)[pick.random() > 0.1 :]))
            for name, value in values.items()
        }
        found.append(Facts(on, known))
    return found


def by_hand(facts: Facts, calendar: Calendar) -> tuple[str, ...]:
    """LS-1 to LS-8 for one person, as somebody would write them who writes one city's policy into the code."""
    on = facts.on

    def seen(name: str, floor: Provenance = Provenance.PAPER):
        fact = facts.known.get(name)
        return Absence.UNKNOWN if fact is None or fact.provenance < floor else fact.value

    def is_in(name: str, values: tuple[str, ...]) -> str:
        value = seen(name)
        if value in SILENT:
            return UNPROVEN
        return MET if value in values else UNMET

    def together(*answers: str) -> str:
        return UNMET if UNMET in answers else UNPROVEN if UNPROVEN in answers else MET

    certified = seen("overseas_certified")
    study = together(
        is_in("education", ("doctor", "master", "bachelor", "technician")),
        is_in("study_mode", ("full_time",)),
        MET if certified == "yes" or certified is Absence.NOT_APPLICABLE else UNPROVEN,
    )

    diploma = seen("diploma_on")
    if isinstance(diploma, date):
        graduated = MET if diploma.year >= 2022 else UNMET
        try:
            last = diploma.replace(year=diploma.year + 1)
        except ValueError:
            last = diploma.replace(year=diploma.year + 1, day=28)
        while (working := calendar.is_working(last)) is False:
            last += timedelta(days=1)
        if on < diploma:
            window = UNMET
        elif on <= last:
            window = MET
        else:
            window = UNPROVEN if working is None and on <= last + timedelta(days=10) else UNMET
    else:
        graduated = window = UNMET if diploma is Absence.NONE else UNPROVEN

    code = seen("hukou_code")
    household = UNPROVEN if code in SILENT else MET if isinstance(code, str) and code.startswith("350581") else UNMET

    job = together(
        is_in("employer_kind", ("private_enterprise", "private_non_enterprise", "self_employed")),
        is_in("first_job_in_city", ("yes",)),
    )

    ranges, employer = seen("insurance"), seen("employer")
    if ranges in SILENT:
        insured = UNPROVEN
    else:
        rows = ranges if isinstance(ranges, tuple) else ()
        this_month = on.year * 12 + on.month - 1

        def count(name: object) -> str:
            months = {
                month
                for row in rows
                if not row.is_late and row.employer == name
                for month in range(row.first, min(row.last + 1, this_month))
            }
            month = this_month - 1 if this_month - 1 in months else this_month - 2
            run = 0
            while month - run in months:
                run += 1
            if run >= 3:
                return MET
            is_silent = not any(row.first <= this_month - 1 <= row.last for row in rows)
            return UNPROVEN if is_silent and run + 1 >= 3 else UNMET

        if employer in SILENT:
            answers = {count(name) for name in {"", *(row.employer for row in rows)}}
            insured = answers.pop() if len(answers) == 1 else UNPROVEN
        else:
            insured = count(employer)

    grants = seen("prior_grants", Provenance.DECLARED)
    if grants in SILENT:
        granted = UNPROVEN
    else:
        granted = MET
        for grant in grants if isinstance(grants, tuple) else ():
            if grant.scheme in ("LS-2022", "YTE-2024") or (
                grant.scheme == "living-subsidy" and grant.area.startswith("3505")
            ):
                granted = UNMET
    return study, graduated, household, job, insured, is_in("in_post", ("yes",)), window, granted


def best_of(rounds: int, *works: Callable[[], object]) -> list[float]:
    """The shortest time of each in seconds; they take turns, so that both meet the same moods of the machine."""
    times: list[list[float]] = [[] for _work in works]
    for _round in range(rounds):
        for taken, work in zip(times, works, strict=True):
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return [min(taken) for taken in times]


def main(count: int) -> int:
    """Compare, measure, print; 1 where the engine is slower than it may be."""
    document, calendar = parse_document(LS_2022.read_text(encoding="utf-8")), shipped_calendar()
    crowd = people(count)
    for facts in crowd:
        answers = tuple(finding.answer.value for finding in assess(document, facts, calendar).findings)
        if answers != by_hand(facts, calendar):
            sys.stdout.write(f"{facts}: {answers} {by_hand(facts, calendar)}\n")
            return 1

    gc.collect()
    gc.freeze()  # the crowd is the ground on which both stand, not a part of what is measured

    def engine() -> None:
        for facts in crowd:
            assess(document, facts, calendar)

    def hand() -> None:
        for facts in crowd:
            by_hand(facts, calendar)

    by_engine, written = best_of(5, engine, hand)
    ratio = by_engine / written
    each = by_engine / count * 1_000_000
    sys.stdout.write(
        f"{count} people: engine {by_engine:.2f} s ({each:.0f} µs each), "
        f"by hand {written:.2f} s, ratio {ratio:.2f} (at most {MOST:.0f})\n"
    )
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
