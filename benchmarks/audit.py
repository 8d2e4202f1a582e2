"""How much the audit costs: ``advance`` by 16 threads, and the same function with the audit insert left out.

    DEMO=1 .venv/bin/python -m benchmarks.audit [steps per thread and round]

On PostgreSQL: the one that DATABASE_URL names, or a server of its own. Each thread moves a file of its own between
first and second review; rounds with and without the insert take turns, while the sealer seals what was written. The
insert is left out by this benchmark alone: the product has no such switch. Prints the ratio of the throughputs.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

LEAST = 0.7  # of the throughput without the insert
THREADS = 16
ROUNDS = 10  # of each kind
STEPS = 10


def main(steps: int) -> int:
    """Run the rounds, print, and answer 1 where the audit costs more than it may."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection, connections
    from django.utils import timezone

    from portal.audit.models import Entry
    from portal.audit.sealing import seal_entries
    from portal.casework.services import advancing
    from tests.factories import make_application_in, staff

    recorded = advancing.record
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    settings.AUDIT_HEADS = [str(Path(tempfile.mkdtemp(prefix="harbour-audit-")) / "heads")]
    failed: list[BaseException] = []
    try:
        files = [make_application_in("second_review") for _thread in range(THREADS)]
        first, second = staff("first_reviewer"), staff("second_reviewer")

        def move(number: int) -> None:
            row = files[number]
            try:
                for turn in range(steps):
                    step, actor = ("pass_first", first) if turn % 2 else ("send_back", second)
                    row = advancing.advance(
                        row, step, actor=actor, at=timezone.now(), note="-", expected_version=row.version
                    )
                files[number] = row
            except BaseException as error:
                failed.append(error)
            finally:
                connections.close_all()

        def a_round() -> float:
            threads = [threading.Thread(target=move, args=(number,)) for number in range(THREADS)]
            start = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return time.perf_counter() - start

        def left_out(**entry: Any) -> None:
            """In place of the insert."""

        def keep_sealing(stop: threading.Event) -> None:
            while not stop.wait(1):
                seal_entries(at_real=timezone.now())
            connections.close_all()

        stop = threading.Event()
        sealer = threading.Thread(target=keep_sealing, args=(stop,))
        sealer.start()
        taken: dict[bool, list[float]] = {True: [], False: []}
        a_round()
        for number in range(ROUNDS * 2):
            is_audited = number % 4 in (0, 3)
            advancing.record = recorded if is_audited else left_out
            taken[is_audited].append(a_round())
        advancing.record = recorded
        stop.set()
        sealer.join()
        written = Entry.objects.filter(action__in=("application.send_back", "application.pass_first")).count()
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(name, verbosity=0)
    if failed:
        raise failed[0]
    moved = THREADS * steps * ROUNDS
    audited, bare = (moved / sum(taken[kind]) for kind in (True, False))
    # Neighbouring rounds meet the same moods of the machine; the median leaves out the worst of them.
    ratio = median(without / with_audit for with_audit, without in zip(taken[True], taken[False], strict=True))
    sys.stdout.write(
        f"{THREADS} threads of advance on {connection.vendor}: {audited:.0f} steps a second with the audit, "
        f"{bare:.0f} without ({written} entries), ratio of neighbouring rounds {ratio:.2f} (at least {LEAST})\n"
    )
    return int(ratio < LEAST)


if __name__ == "__main__":
    words = sys.argv[1:]
    if "DATABASE_URL" not in os.environ:
        from deploy.suite import environment, postgres

        with postgres() as url:
            sys.exit(subprocess.call([sys.executable, "-m", "benchmarks.audit", *words], env=environment(url)))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.exit(main(int(words[0]) if words else STEPS))
