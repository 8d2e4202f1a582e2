"""Issuing a roll of 100,000 lines beside its writers alone, and the memory that issuing takes.

    DEMO=1 .venv/bin/python -m benchmarks.rolls [lines] [lines of the largest roll]

On PostgreSQL: the one that DATABASE_URL names, or a server of its own; with a broker and a worker of two processes, as
`make run` starts them. The roll is ordered as finance orders it, and timed until it is issued. The writers (XLSX, both
CSV files, PDF) get the same rows from a list in memory and write to memory. Prints the ratio of the times, and for a
tenth of the lines and for the largest roll what a process that does all of it by itself holds at most beyond what it
holds when it has nothing to do.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

MOST = 1.5  # times the writers alone
MOST_MEMORY = 150.0  # MB above idle
LINES, LARGEST = 100_000, 500_000
INSTALMENTS = 50  # that the largest roll pays to each of its people
DATABASE = "HARBOUR_BENCH_DATABASE"


def set_up(name: str = "") -> Any:
    """Start Django on the database of this name; gives the connection."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.db import connection

    if name:
        connection.settings_dict["NAME"] = name
    return connection


def issue(roll: Any, by: Any) -> None:
    """Order, and wait until the workers have issued."""
    from django.utils import timezone

    from subsidies.services.issuing import issue_roll

    issue_roll(roll=roll, by=by, at=timezone.now())
    roll.refresh_from_db()
    while roll.state == "issuing":
        time.sleep(0.1)
        roll.refresh_from_db()


def issue_here(roll: Any, by: Any) -> None:
    """Issue in this process, from the first line to the last file."""
    from django.utils import timezone

    from subsidies.services.issuing import issue_roll, run_issuing

    now = timezone.now()
    issue_roll(roll=roll, by=by, at=now)
    run_issuing(roll_id=roll.pk, at=now, at_real=now, seconds=None)
    roll.refresh_from_db()


def writers(roll: Any, rows: list[dict[str, Any]]) -> dict[str, Callable[[], object]]:
    """What makes the files, on rows in memory."""
    from subsidies.exports.columns import Totals
    from subsidies.exports.roll_csv import RollCsv
    from subsidies.exports.roll_pdf import LINES_PER_VOLUME, roll_pdf, volumes_of
    from subsidies.exports.roll_xlsx import write_roll_xlsx
    from subsidies.services.filing import head_of

    def csv(is_for_bank: bool) -> None:
        file = RollCsv(BytesIO(), is_for_bank=is_for_bank)
        for row in rows:
            file.add(row)
        file.finish()

    def pdf() -> None:
        left, totals = iter(rows), Totals()
        last = volumes_of(len(rows))
        for volume in range(1, last + 1):
            head = head_of(roll, is_last=volume == last)
            roll_pdf(head, islice(left, LINES_PER_VOLUME), volume=volume, before=totals)

    return {
        "XLSX": lambda: write_roll_xlsx(BytesIO(), roll.number, rows),
        "CSV": lambda: csv(False),
        "CSV for banks": lambda: csv(True),
        "PDF": pdf,
    }


@contextmanager
def workers() -> Iterator[None]:
    """A broker, and a worker of two processes that has nothing to do yet."""
    from django.conf import settings

    from deploy.valkey import socket_path, start_valkey, stop
    from tests.real_worker import Worker

    folder = settings.VAR_DIR / "valkey"
    server = start_valkey(folder, socket=socket_path(folder))
    worker = Worker(settings.VAR_DIR / "worker.log", concurrency=2)
    try:
        yield
    finally:
        worker.stop()
        stop(server)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory_of(roll: Any) -> float:
    """What a process of its own holds at most while it issues the roll, in MB beyond idle."""
    name = roll._meta.model._default_manager.db
    from django.db import connections

    there = {**os.environ, DATABASE: connections[name].settings_dict["NAME"]}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.rolls", "--issue", str(roll.pk)], env=there, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(done.stdout)


def issue_alone(pk: str) -> int:
    """In the child: issue, and print the peak."""
    set_up(os.environ[DATABASE])
    from subsidies import tasks  # noqa: F401 (what a worker has loaded before its first task)
    from subsidies.models import Roll

    roll = Roll.objects.select_related("collected_by").get(pk=pk)
    before = held("VmRSS")
    issue_here(roll, roll.collected_by)
    if roll.state != "issued":
        raise SystemExit("The roll was not issued.")
    sys.stdout.write(f"{held('VmHWM') - before:.1f}")
    return 0


def held(kind: str) -> float:
    """Memory of this process in MB: VmRSS now, VmHWM at most so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) * 1024 / 1_000_000


def main(count: int, largest: int) -> int:
    """Store, issue, write, measure, print; 1 where it is slower or takes more than it may."""
    connection = set_up()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        return compare(count, largest)
    finally:
        from django.db import connections

        connections.close_all()
        connection.creation.destroy_test_db(name, verbosity=0)


def compare(count: int, largest: int) -> int:
    """The measuring itself."""
    from benchmarks.crowd import NOW, collect, office, store_approved
    from benchmarks.policy import LS_2022
    from portal.policy.services import load_policy

    version = load_policy(LS_2022.read_text(encoding="utf-8"), at=NOW)
    staff = office("clerk", "first_reviewer", "second_reviewer", "approver", "finance")
    finance, tenth = staff["finance"], count // 10
    store_approved(count, version=version, staff=staff)
    roll = collect(count, finance, NOW)
    with workers():
        issued = seconds(lambda: issue(roll, finance))
    if roll.state != "issued":
        raise SystemExit("The roll was not issued.")
    rows = [dict(line.payee) for line in roll.lines.order_by("position").iterator()]
    alone = {kind: seconds(work) for kind, work in writers(roll, rows).items()}
    ratio = issued / sum(alone.values())
    parts = ", ".join(f"{kind} {taken:.1f} s" for kind, taken in alone.items())
    sys.stdout.write(
        f"{count} lines on {roll._state.db and 'PostgreSQL'}: issued in {issued:.1f} s, writers alone "
        f"{sum(alone.values()):.1f} s ({parts}), ratio {ratio:.2f} (at most {MOST})\n"
    )
    sys.stdout.flush()
    del rows
    peaks = {}
    for lines, each in ((tenth, 1), (largest, INSTALMENTS)):
        store_approved(-(-lines // each), version=version, staff=staff, instalments=each)
        peaks[lines] = memory_of(collect(lines, finance, NOW))
        sys.stdout.write(f"peak of memory above idle: {peaks[lines]:.0f} MB at {lines} (at most {MOST_MEMORY:.0f})\n")
    return int(ratio > MOST or max(peaks.values()) > MOST_MEMORY)


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["--issue"]:
        sys.exit(issue_alone(words[1]))
    if words[:1] == ["--run"]:
        sys.exit(main(*(int(word) for word in (words[1:] + [str(LINES), str(LARGEST)][len(words) - 1 :]))))
    from deploy.suite import environment, postgres

    with postgres() as url, TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.rolls", "--run", *words]
        sys.exit(subprocess.call(command, env={**environment(url), "VAR_DIR": folder}))
