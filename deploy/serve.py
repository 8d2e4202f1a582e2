"""Prepares the portal and runs its parts as one foreground process group, until Ctrl-C."""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from deploy import valkey
from deploy.supervisor import Part, Supervisor, die_with_parent

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


def main() -> None:
    """Run the portal; exits 0 after a clean stop, and with a sentence where it cannot start."""
    environment = with_defaults(dict(os.environ))
    var = Path(environment["VAR_DIR"])
    lock = claim(var)
    broker = [] if environment.get("CELERY_BROKER_URL") else [embedded_broker(var / "valkey", environment)]
    registers = [register_sandbox(var / "registers", environment)] if plays_registers(environment) else []
    texts = [sms_sandbox(environment)] if plays_gateway(environment) else []
    prepare(environment)
    port = environment["PORT"]
    parts = [*broker, *registers, *texts, web_server(port), *celery_parts(environment)]
    supervisor = Supervisor(parts, environment, ROOT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, supervisor.ask_to_stop)
    code = 0
    try:
        sign_ins = demo_accounts(environment)
        supervisor.start()
        if not supervisor.is_stopping:
            sandbox = environment["REGISTER_URL"] if registers else ""
            greet(environment["PORTAL_URL"], sign_ins.communicate()[0], sandbox)
        supervisor.watch()
    except RuntimeError as problem:
        print(problem, file=sys.stderr, flush=True)
        code = 1
    print("Stopping …", flush=True)
    supervisor.stop()
    lock.close()
    print("Stopped.", flush=True)
    sys.exit(code)


def with_defaults(environment: dict[str, str]) -> dict[str, str]:
    """The environment of every part: what is set, and the demo's values for what is not."""
    environment["PORT"] = environment.get("PORT") or "8000"
    environment.setdefault("DEMO", "1")
    environment.setdefault("PORTAL_URL", f"http://{HOST}:{environment['PORT']}")
    environment["VAR_DIR"] = str(Path(environment.get("VAR_DIR") or ROOT / "var").resolve())
    environment.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def claim(var: Path) -> TextIO:
    """Make the data folder, and hold it: two portals on one folder would share its broker and its files."""
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (var / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(
            f"A portal already runs from {var}. Stop it, or give this one a folder of its own: VAR_DIR=/some/folder"
        )
    return lock


def prepare(environment: dict[str, str]) -> None:
    """Bring folder and database up to date in a process of its own; exits where that fails (it has said why)."""
    try:
        command = [sys.executable, "-m", "deploy.prepare"]
        done = subprocess.run(command, cwd=ROOT, env=environment, preexec_fn=die_with_parent)
    except KeyboardInterrupt:
        sys.exit(130)
    if done.returncode:
        sys.exit(1)


def embedded_broker(folder: Path, environment: dict[str, str]) -> Part:
    """A Valkey of the portal's own. It leaves the process group, so that it outlives the others on Ctrl-C."""
    socket = valkey.socket_path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    valkey.end_orphan(socket)
    environment["CELERY_BROKER_URL"] = f"redis+socket://{socket}"
    return Part("broker", valkey.command(folder, socket), leave_group=True, is_ready=lambda: valkey.answers(socket))


def plays_registers(environment: dict[str, str]) -> bool:
    """Whether this is a demo that has no registers to ask."""
    return environment["DEMO"] == "1" and not environment.get("REGISTER_URL")


def register_sandbox(folder: Path, environment: dict[str, str]) -> Part:
    """The state's registers of the demo, a thousand ports above the portal (8001 is where a second portal goes)."""
    port = free_port(int(environment["PORT"]) + 1000)
    environment["REGISTER_URL"] = f"http://{HOST}:{port}"
    command = [sys.executable, "manage.py", "register_sandbox", "--verbosity=0", f"--port={port}"]
    command.append(f"--city={folder / 'city.json'}")
    return Part("registers sandbox", command, is_ready=lambda: answers(str(port), "/"))


def plays_gateway(environment: dict[str, str]) -> bool:
    """Whether this is a demo that has no gateway for its text messages."""
    return environment["DEMO"] == "1" and not environment.get("SMS_URL")


def sms_sandbox(environment: dict[str, str]) -> Part:
    """The gateway of text messages of the demo, two thousand ports above the portal."""
    port = free_port(int(environment["PORT"]) + 2000)
    environment["SMS_URL"] = f"http://{HOST}:{port}"
    command = [sys.executable, "manage.py", "sms_sandbox", "--verbosity=0", f"--port={port}"]
    return Part("gateway sandbox", command, is_ready=lambda: answers(str(port), "/"))


def free_port(wanted: int) -> int:
    """``wanted``, where nobody listens there; else a port of the system's choice."""
    for port in (wanted if wanted < 65536 else 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("No port is free for the sandboxes of the demo.")


def web_server(port: str) -> Part:
    """Granian: two processes of four threads."""
    words = f"--interface wsgi --host {HOST} --port {port} --workers 2 --blocking-threads 4 --no-ws --log-level warning"
    command = [sys.executable, "-m", "granian", *words.split(), "--respawn-failed-workers", "portal.wsgi:application"]
    return Part("web server", command, is_ready=lambda: answers(port))


def celery_parts(environment: dict[str, str]) -> list[Part]:
    """Worker and scheduler."""
    # Whoever tries the portal as root need not read Celery's warning of it; whoever runs it in earnest should.
    warnings = ["-W", "ignore:::celery.platforms"] if environment["DEMO"] == "1" else []
    celery = [sys.executable, *warnings, "-m", "celery", "--app", "portal.celery", "--quiet"]
    worker = ["worker", "--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]
    return [
        Part("worker", [*celery, *worker]),
        Part("scheduler", [*celery, "beat", "--loglevel=WARNING", "--pidfile="]),
    ]


def answers(port: str, path: str = "/healthz") -> bool:
    """Whether a server gives any answer at all; what it says is for whoever watches it."""
    connection = http.client.HTTPConnection(HOST, int(port), timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def demo_accounts(environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start writing the table of sign-ins (empty where the portal is no demo) while the parts start."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo_accounts"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=die_with_parent,
    )


def greet(address: str, sign_ins: str, sandbox: str = "") -> None:
    """Say where the portal is, who may sign in, where the demo's registers are switched, and how it ends."""
    print(f"\n人才港湾 Talent Harbour: {address}\n", flush=True)
    if sandbox:
        print(f"登记部门沙盒 Register sandbox: {sandbox}\n", flush=True)
    if sign_ins.strip():
        print(sign_ins, flush=True)
    print("Ctrl-C ends it; what was entered is kept.", flush=True)


if __name__ == "__main__":
    main()
