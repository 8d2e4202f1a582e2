"""What every test stands on: traps, markers that set themselves, and the real parts (threads, worker, browser …)."""

import gc
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections

from tests import traps

pytest_plugins = [
    "tests.real_database",
    "tests.real_worker",
    "tests.real_browser",
    "tests.real_registers",
    "tests.real_sms",
]

COMMITTING = {"transactional_db", "live_server"}


def pytest_configure(config: pytest.Config) -> None:
    traps.forbid_network()
    traps.reverse_unordered_querysets()
    traps.record_forced_sign_ins()
    config.pluginmanager.register(NothingIsSkippedSilently(config), "nothing-is-skipped-silently")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they use, and leave out what this run's database cannot show (counted as deselected)."""
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    kept, left_out = [], []
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        django_db = item.get_closest_marker("django_db")
        is_committed = bool((django_db and django_db.kwargs.get("transaction")) or COMMITTING.intersection(fixtures))
        if django_db or is_committed or "db" in fixtures:
            item.add_marker("database")
        if is_committed:
            item.add_marker("commits")
        if "worker" in fixtures:
            item.add_marker("worker")
        if "chromium" in fixtures:
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))  # one Chromium, while the other process goes on
        names = {mark.name for mark in item.iter_markers()}
        is_journey_elsewhere = "browser" in names and "journey_sqlite" not in names
        (left_out if is_sqlite and ("postgres" in names or is_journey_elsewhere) else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now stays: looking through it for garbage again and again costs a twelfth of the time."""
    gc.collect()
    gc.freeze()


class NothingIsSkippedSilently:
    """A skipped test fails the run: a part that cannot run has to say what to install."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        is_controller = not hasattr(self.config, "workerinput")
        if self.skipped and is_controller and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section("tests were skipped, so this run fails", red=True)
            for nodeid in self.skipped:
                terminalreporter.line(nodeid)


@pytest.fixture(autouse=True)
def _cache_starts_empty(request: pytest.FixtureRequest) -> Iterator[None]:
    """Committed tests leave their rate limits in the database cache; a rolled-back test does not."""
    is_committed = not COMMITTING.isdisjoint(request.fixturenames)
    if is_committed:
        request.getfixturevalue("transactional_db")
    yield
    if is_committed:
        cache.clear()
        wait_for_others()


def wait_for_others(seconds: float = 20) -> None:
    """Wait for what a browser's last request is still doing: emptying the tables meanwhile would end in a deadlock."""
    deadline = time.monotonic() + seconds
    while connection.vendor == "postgresql" and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
            )
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.05)


@pytest.fixture
def race(transactional_db: None) -> Callable[[int, Callable[[int], object]], list[object]]:
    """``race(n, act)`` calls ``act(0) … act(n-1)`` in threads released together, each on a connection of its own.

    Gives what each call returned, or the exception it raised, in the order of the numbers.
    """

    def run(n: int, act: Callable[[int], object]) -> list[object]:
        outcomes: list[object] = [None] * n
        barrier = threading.Barrier(n)

        def one(number: int) -> None:
            try:
                barrier.wait(timeout=30)
                outcomes[number] = act(number)
            except Exception as error:
                outcomes[number] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=(number,)) for number in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert not any(thread.is_alive() for thread in threads), "a racing thread never came back"
        return outcomes

    return run
