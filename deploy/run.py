"""``make run``: from a fresh clone to a running portal. Standard library only; ``deploy.serve`` goes on from here."""

import errno
import os
import socket
import sys

import bootstrap


def check_port(port: str) -> None:
    """Exit with one sentence where the portal could not listen."""
    if not port.isdecimal() or not 0 < int(port) < 65536:
        sys.exit(f"PORT is {port!r}, which is not a port number. Choose one: make run PORT=8001")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError as error:
            if error.errno == errno.EACCES:
                sys.exit(f"Port {port} may only be used by root. Choose another: make run PORT=8001")
            sys.exit(f"Port {port} is in use. Stop what uses it, or choose another: make run PORT={int(port) + 1}")


if __name__ == "__main__":
    bootstrap.check_python()
    check_port(os.environ.get("PORT") or "8000")
    bootstrap.prepare(bootstrap.ROOT / "requirements.txt")
    bootstrap.become("-m", "deploy.serve")
