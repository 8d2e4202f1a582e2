"""A real broker and a real Celery worker, started when a test asks for them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection

from deploy.supervisor import die_with_parent
from deploy.valkey import start_valkey, stop
from portal.celery import app
from portal.notifications import nudging

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """A real Valkey on the socket the settings name; gives its URL."""
    server = start_valkey(settings.VAR_DIR / "valkey", socket=settings.VAR_DIR / "valkey.sock")
    yield settings.CELERY_BROKER_URL
    app.close()
    stop(server)


class Worker:
    """A Celery worker process on the test database."""

    def __init__(
        self, log: Path, *, through: Celery = app, concurrency: int = 1, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log, self.app, self.concurrency, self.environment = log, through, concurrency, environment or {}
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        words = "-m celery -A portal.celery worker --loglevel=INFO --without-gossip --without-mingle"
        with self.log.open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, *words.split(), f"--concurrency={self.concurrency}", "--hostname=test@localhost"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "TEST_VAR_DIR": str(settings.VAR_DIR),
                    "DATABASE_URL": address_of_database(),
                    **self.environment,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        deadline = time.monotonic() + 120
        while not self.app.control.ping(timeout=0.3, limit=1):
            assert started.poll() is None, f"the worker did not start:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"the worker does not answer:\n{self.log.read_text()}"
        return started

    def restart(self) -> None:
        """Start a new worker after ``kill``."""
        self.process = self._start()

    def kill(self) -> None:
        """End the worker and its processes at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def sleep(self) -> None:
        """Let the worker do nothing: what other tests nudge it for is none of its business, nor is their database."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the worker after the task it is at."""
        if self.process.poll() is None:
            self.wake()
            stop(self.process, seconds=20)

    def wait_until(self, is_done: Callable[[], object], *, seconds: float = 120) -> None:
        """Wait until the worker's doings show; fails with the worker's log."""
        deadline = time.monotonic() + seconds
        while not is_done():
            if time.monotonic() > deadline:
                pytest.fail(f"the worker did not get there in {seconds} s:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)

    def wait_until_idle(self) -> None:
        """Wait for the task in hand, so that it does not write into the next test's database."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            busy = self.app.control.inspect(timeout=0.5, limit=1).active() or {}
            if not any(busy.values()):
                return


def address_of_database() -> str:
    """The address of the database the tests run on, for a process of its own."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user = f"{database['USER']}:{database['PASSWORD']}" if database["PASSWORD"] else database["USER"]
    host = database["HOST"].replace("/", "%2F")
    return f"postgresql://{user}@{host}:{database['PORT'] or 5432}/{database['NAME']}"


@pytest.fixture(scope="session")
def _worker_process(django_db_setup: None, broker: str) -> Iterator[Worker]:
    running = Worker(settings.VAR_DIR / "worker.log")
    yield running
    running.stop()


@pytest.fixture
def worker(transactional_db: None, _worker_process: Worker) -> Iterator[Worker]:
    """The running worker; its queue is empty at the start of the test."""
    app.control.purge()
    if _worker_process.process.poll() is not None:
        _worker_process.restart()
    else:
        _worker_process.wake()
    nudging._quiet_until = 0.0  # an earlier test without a broker may have silenced the nudges for a while
    yield _worker_process
    app.control.purge()
    if _worker_process.process.poll() is None:
        _worker_process.wait_until_idle()
        _worker_process.sleep()
