"""Runs the tests: ``python -m deploy.suite all|quick|sqlite|postgres|drill|migrations [pytest's arguments]``."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.browser import ensure_browser
from deploy.compile_translations import compile_translations
from deploy.postgres import temporary_postgres

ROOT = Path(__file__).resolve().parent.parent
IN_PARALLEL = ["-n", "2", "--dist", "loadgroup"]
# Each test runs on one of the two at least (docs/testing.md); tests/floor/test_run_traps.py counts them.
ON_SQLITE = "not (slow and database) or commits"
ON_POSTGRES = "database or postgres"


def main(arguments: list[str]) -> int:
    """Run what the first word asks for; gives the exit code."""
    what, chosen = (arguments or ["all"])[0], arguments[1:]
    compile_translations(ROOT / "locale")
    match what:
        case "quick":
            marks = "not (worker or browser or slow or postgres)"
            return report([pytest("SQLite", [*IN_PARALLEL, "-m", marks, *chosen])])
        case "sqlite":
            return report([pytest("SQLite", chosen)])
        case "postgres":
            with postgres() as url:
                return report([pytest("PostgreSQL", chosen, url)])
        case "drill":
            os.environ["DRILL"] = "whole"  # in `all` they are fewer people, and the scheduler hurries
            with postgres() as url:
                return report([pytest("PostgreSQL", ["-m", "drill", "tests/drill", *chosen], url)])
        case "all":
            ensure_browser()
            with postgres() as url:  # first, so that a missing server is known at once
                return report(
                    [
                        pytest("SQLite", [*IN_PARALLEL, "-m", ON_SQLITE]),
                        pytest("PostgreSQL", [*IN_PARALLEL, "-m", ON_POSTGRES], url),
                    ]
                )
        case "migrations":
            return check_migrations()
    print(__doc__, file=sys.stderr)
    return 2


@contextmanager
def postgres() -> Iterator[str]:
    """The database that DATABASE_URL names, or a server of our own; exits with what to install where there is none."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    try:
        with temporary_postgres() as url:
            yield url
    except RuntimeError as problem:
        sys.exit(str(problem))


def environment(database_url: str = "") -> dict[str, str]:
    """This environment on the database given, or on the suite's own SQLite."""
    given = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**given, "DATABASE_URL": database_url} if database_url else given


def pytest(title: str, arguments: list[str], database_url: str = "") -> tuple[str, int, str]:
    """Run pytest and show what it says; gives the title, the exit code and its last line."""
    print(f"\nOn {title}:", flush=True)
    command = [sys.executable, "-m", "pytest", *arguments]
    running = subprocess.Popen(command, cwd=ROOT, env=environment(database_url), stdout=subprocess.PIPE)
    assert running.stdout is not None
    said = b""
    while chunk := os.read(running.stdout.fileno(), 65536):
        sys.stdout.buffer.write(chunk)
        sys.stdout.flush()
        said = (said + chunk)[-4000:]
    lines = [line for line in said.decode(errors="replace").splitlines() if re.search(r" in [\d.]+s", line)]
    return title, running.wait(), lines[-1] if lines else "pytest gave no summary"


def report(runs: list[tuple[str, int, str]]) -> int:
    """End with pytest's own summary of every run; gives the exit code of the whole."""
    if len(runs) > 1:
        for title, _, summary in runs:
            print(f"\nOn {title}:\n{summary}", flush=True)
    return max(abs(code) for _, code, _ in runs)  # below zero: ended by a signal


def check_migrations() -> int:
    """See that no model change lacks its migration, and that all migrations run on an empty database of each kind."""
    with tempfile.TemporaryDirectory(prefix="harbour-check-") as folder, postgres() as url:
        here = {**environment(), "DEMO": "1", "VAR_DIR": folder}
        on_postgres = {**here, "DATABASE_URL": url}
        command = [sys.executable, "manage.py"]
        if code := subprocess.run([*command, "makemigrations", "--check", "--dry-run"], cwd=ROOT, env=here).returncode:
            return code
        migrating = [
            subprocess.Popen([*command, "migrate", "--verbosity=0"], cwd=ROOT, env=variables)
            for variables in (here, on_postgres)
        ]
        return max([abs(migration.wait()) for migration in migrating])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
