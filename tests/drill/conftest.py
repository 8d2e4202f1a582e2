"""The parts that fail: broker, cache, worker, schedulers, mail server, gateway of text messages, and the database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from celery import Celery
from django.conf import settings as active
from django.db import connections
from kombu.exceptions import OperationalError

from deploy.supervisor import die_with_parent
from deploy.valkey import start_valkey, stop
from portal.accounts import cache as spared
from portal.notifications import nudging
from tests.drill.mail_server import MailServer
from tests.factories import load_policies, move_clock
from tests.real_sms import Gateway
from tests.real_worker import ROOT, Worker, address_of_database

GATE = 6_201  # the advisory lock that a gate in the database waits for


class Parts:
    """The running parts of one portal. What is stopped in a drill is started again at its end."""

    def __init__(self, folder: Path, sms: Gateway) -> None:
        self.folder, self.sms, self.mail = folder, sms, MailServer()
        self.socket = folder / "valkey.sock"
        self.broker_url = f"redis+socket://{self.socket}"
        self.celery = Celery()
        self.celery.conf.update(broker_read_url=self.broker_url, broker_write_url=self.broker_url)
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "tests.drill.settings",
            "DRILL_MAIL_PORT": str(self.mail.port),
            "DRILL_SMS_URL": sms.url,
            "DRILL_BROKER_URL": self.broker_url,
        }
        self.start_broker()
        self.mail.start()
        self.schedulers = [self._scheduler(number) for number in range(2)]
        self.worker = Worker(folder / "worker.log", through=self.celery, concurrency=2, environment=self.environment)

    def _scheduler(self, number: int) -> subprocess.Popen[bytes]:
        words = f"-m celery -A portal.celery beat --loglevel=INFO --pidfile= --schedule={self.folder / f'beat{number}'}"
        with (self.folder / f"beat{number}.log").open("ab") as log:
            scheduler = subprocess.Popen(
                [sys.executable, *words.split()],
                cwd=ROOT,
                env={
                    **os.environ,
                    "TEST_VAR_DIR": str(active.VAR_DIR),
                    "DATABASE_URL": address_of_database(),
                    **self.environment,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )
        scheduler.send_signal(signal.SIGSTOP)
        return scheduler

    def schedule(self, count: int = 1) -> None:
        """Let so many schedulers run."""
        for number, scheduler in enumerate(self.schedulers):
            scheduler.send_signal(signal.SIGCONT if number < count else signal.SIGSTOP)

    def start_broker(self) -> None:
        """Start the Valkey that is broker and cache."""
        self.valkey = start_valkey(self.folder / "valkey", socket=self.socket)

    def stop_broker(self) -> None:
        """Stop it."""
        stop(self.valkey)
        with suppress(OperationalError, redis.ConnectionError):
            self.celery.control.ping(timeout=0.1)  # finds that its connection has ended, and lets go of it

    def make_well(self) -> None:
        """Start whatever a drill left stopped, and empty the queue."""
        if self.valkey.poll() is not None:
            self.start_broker()
        if self.worker.process.poll() is not None:
            self.worker.restart()
        self.celery.control.purge()
        self.mail.stop()
        self.mail.clear()
        self.mail.start()

    def rest(self) -> None:
        """Nobody works on the database any more."""
        self.schedule(0)
        self.make_well()
        self.worker.wait_until_idle()

    def end(self) -> None:
        """Stop everything."""
        for scheduler in self.schedulers:
            scheduler.kill()
            scheduler.wait()
        self.worker.stop()
        self.mail.stop()
        self.stop_broker()


@pytest.fixture(scope="session")
def _parts(django_db_setup: None, _gateway_process: Gateway) -> Iterator[Parts]:
    folder = Path(tempfile.mkdtemp(prefix="harbour-drill-"))  # a short name: the path of a socket has a limit
    parts = Parts(folder, _gateway_process)
    yield parts
    parts.end()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def parts(transactional_db: None, _parts: Parts, sms: Gateway, settings: Any, monkeypatch: Any) -> Iterator[Parts]:
    """All parts, well, with one scheduler; the pages of this process use the same broker, cache and mail server."""
    settings.CELERY_BROKER_URL = _parts.broker_url
    settings.CACHES = {
        "default": {"BACKEND": "portal.accounts.cache.SparableRedisCache", "LOCATION": f"unix://{_parts.socket}?db=1"}
    }
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", _parts.mail.port
    settings.AUDIT_HEADS = [str(active.VAR_DIR / "drill" / "heads")]
    Path(settings.AUDIT_HEADS[0]).unlink(missing_ok=True)  # each drill has a new, empty database
    monkeypatch.setattr(spared._SparableClient, "is_down", False)
    monkeypatch.setattr(nudging, "_quiet_until", 0.0)
    _parts.make_well()
    load_policies()
    move_clock()
    _parts.schedule(1)
    yield _parts
    _parts.rest()


class Gate:
    """Holds whoever writes into one table, in the middle of the transaction."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.session = psycopg.connect(address_of_database(), autocommit=True)
        self.session.execute(f"SELECT pg_advisory_lock({GATE})")
        self.session.execute(
            "CREATE OR REPLACE FUNCTION drill_gate() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $$"
        )
        self.session.execute(
            f"CREATE TRIGGER drill_gate BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION drill_gate()"
        )

    def waiting(self) -> list[int]:
        """The database's own numbers of the connections held."""
        held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        return [pid for (pid,) in self.session.execute(held, [GATE]).fetchall()]

    def cut(self) -> None:
        """Drop the connections held."""
        for pid in self.waiting():
            self.session.execute("SELECT pg_terminate_backend(%s)", [pid])

    def open(self) -> None:
        """Let everybody through."""
        self.session.execute(f"SELECT pg_advisory_unlock({GATE})")

    def remove(self) -> None:
        """Leave the table as it was."""
        self.session.execute("SELECT pg_advisory_unlock_all()")
        self.session.execute(f"DROP TRIGGER drill_gate ON {self.table}")
        self.session.close()


@pytest.fixture
def gate(parts: Parts) -> Iterator[Callable[[str], Gate]]:
    """``gate(table)`` closes one."""
    closed: list[Gate] = []

    def close(table: str) -> Gate:
        closed.append(Gate(table))
        return closed[-1]

    yield close
    for one in closed:
        one.remove()


@pytest.fixture
def meanwhile() -> Callable[[Callable[[], object]], threading.Thread]:
    """Does something in a thread, on a connection of its own."""

    def start(act: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                act()
            finally:
                connections.close_all()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    return start
