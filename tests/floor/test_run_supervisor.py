"""The supervisor with small programs, and then the whole portal under it."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from deploy.supervisor import Part, Supervisor, descendants
from tests.real_worker import address_of_database

ROOT = Path(__file__).resolve().parent.parent.parent


def wait_until(is_done: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline, f"it took longer than {seconds} s"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:  # it has just ended
        return ""


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


SLEEP = program("import time; time.sleep(600)")


def test_a_part_that_dies_is_started_again_and_waits_longer_each_time(tmp_path, capfd):
    part = Part("clock", SLEEP)
    supervisor = Supervisor([part], dict(os.environ), tmp_path)
    supervisor.start()
    first = part.process.pid
    part.process.kill()
    part.process.wait()
    supervisor._revive(part)
    assert is_alive(part.process.pid)
    assert part.process.pid != first
    part.process.kill()
    part.process.wait()
    supervisor._revive(part)
    assert part.process is None  # a second death waits
    supervisor.stop()
    assert capfd.readouterr().out == (
        "clock ended (signal 9); starting it again in 0 s.\nclock ended (signal 9); starting it again in 1 s.\n"
    )


def test_parts_end_before_what_they_stand_on(tmp_path):
    note = "import signal, sys, time\ndef end(*_): open('ended', 'a').write('{} '); sys.exit()\n"
    code = note + "signal.signal(signal.SIGTERM, end); open('{}', 'w').close(); time.sleep(600)"
    broker = Part("broker", program(code.replace("{}", "broker")), leave_group=True)
    web = Part("web", program(code.replace("{}", "web")))
    for part in (broker, web):
        part.is_ready = (tmp_path / part.name).exists
    supervisor = Supervisor([broker, web], dict(os.environ), tmp_path)
    supervisor.start()
    supervisor.stop()
    assert (tmp_path / "ended").read_text() == "web broker "


@pytest.mark.slow
def test_a_part_that_will_not_end_is_killed_with_its_own_children(tmp_path, capfd):
    code = (
        "import signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\nopen('up', 'w').close()\n"
        "time.sleep(600)"
    )
    part = Part("mule", program(code), is_ready=(tmp_path / "up").exists)
    supervisor = Supervisor([part], dict(os.environ), tmp_path)
    supervisor.start()
    family = {part.process.pid, *descendants(part.process.pid)}
    assert len(family) == 2
    supervisor.patience = 0.2
    supervisor.stop()
    wait_until(lambda: not any(is_alive(pid) for pid in family))
    assert capfd.readouterr().out == "mule did not end in 0 s and was killed.\n"


def test_a_part_that_cannot_start_is_a_sentence(tmp_path):
    supervisor = Supervisor([Part("web", program("raise SystemExit(3)"), is_ready=lambda: False)], {}, tmp_path)
    with pytest.raises(RuntimeError, match="web did not start"):
        supervisor.start()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port: int, path: str) -> tuple[int, str]:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        asked.request("GET", path)
        answer = asked.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        asked.close()


@pytest.fixture
def own_database(transactional_db: None) -> Iterator[dict[str, str]]:
    """An empty database of the kind this run is on, as variables for another process."""
    if connection.vendor == "sqlite":
        yield {}
        return
    name = f"portal_{os.getpid()}"
    server = address_of_database().rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield {"DATABASE_URL": f"{server}/{name}"}
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Portal:
    """``make run`` without the installing, on a folder and a port of its own."""

    def __init__(self, folder: Path, database: dict[str, str], city: str) -> None:
        self.port = free_port()
        self.log = folder / "log"
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        variables = {**kept, **database, "PORT": str(self.port), "VAR_DIR": str(folder / "var"), "DEMO_CITY": city}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.serve"], cwd=ROOT, env=variables, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return self.log.read_text()

    def wait_until_open(self, seconds: float = 1200) -> None:
        def is_open() -> bool:
            assert self.process.poll() is None, self.said()
            return "Ctrl-C ends it" in self.said()

        wait_until(is_open, seconds)

    def health(self) -> dict[str, str]:
        status, body = get(self.port, "/healthz")
        return json.loads(body) if status == 200 else {"status": str(status)}

    def stop(self, number: int = signal.SIGTERM) -> int:
        os.killpg(self.process.pid, number) if number == signal.SIGINT else self.process.send_signal(number)
        return self.process.wait(timeout=180)


@pytest.fixture
def start_portal(tmp_path: Path, own_database: dict[str, str]) -> Iterator[Callable[..., Portal]]:
    started: list[Portal] = []

    def start(*, city: str = "0") -> Portal:
        started.append(Portal(tmp_path, own_database, city))
        return started[-1]

    yield start
    for portal in started:
        if portal.process.poll() is None:
            portal.process.kill()
            portal.process.wait()


WELL = {"database": "ok", "cache": "ok", "broker": "ok"}


@pytest.mark.slow
def test_the_portal_starts_heals_stops_and_starts_again_with_what_it_had(start_portal, tmp_path):
    began = time.monotonic()
    portal = start_portal(city="1")
    portal.wait_until_open()
    first_took = time.monotonic() - began
    assert f"http://127.0.0.1:{portal.port}" in portal.said()
    registers = int(re.search(r"Register sandbox: http://127\.0\.0\.1:(\d+)", portal.said())[1])
    assert get(registers, "/")[0] == 200
    wait_until(lambda: portal.health() == WELL)

    status, home = get(portal.port, "/")
    assert status == 200, portal.said()
    stylesheet = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', home)
    assert stylesheet, "static files are named by their content"
    assert get(portal.port, stylesheet[1])[0] == 200

    family = descendants(portal.process.pid)
    commands = {pid: command_of(pid) for pid in family}
    for victim in ("valkey-server", "granian", "celery\0--app", "register_sandbox"):
        pid = min(pid for pid, command in commands.items() if victim in command)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda gone=pid: not is_alive(gone))
    wait_until(lambda: portal.health() == WELL)
    for part in ("broker", "web server", "worker", "registers sandbox"):
        wait_until(lambda part=part: f"{part} ended (" in portal.said())
    wait_until(lambda: get(registers, "/")[0] == 200)

    family = descendants(portal.process.pid)
    assert portal.stop(signal.SIGINT) == 0
    stopping = portal.said().partition("Stopping …\n")[2]  # where the parts may say, too, that they end
    assert stopping.endswith("Stopped.\n")
    assert not re.search("was killed|Traceback", stopping)
    wait_until(lambda: not any(is_alive(pid) for pid in family))
    assert get(portal.port, "/healthz") == (0, "")

    began = time.monotonic()
    again = start_portal()
    again.wait_until_open()
    assert time.monotonic() - began < first_took / 2  # what is there already is not made again
    assert again.stop(signal.SIGTERM) == 0


@pytest.mark.slow
def test_nothing_outlives_a_supervisor_that_is_killed_outright(start_portal):
    portal = start_portal()
    portal.wait_until_open()
    family = descendants(portal.process.pid)
    portal.process.kill()
    portal.process.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in family))
