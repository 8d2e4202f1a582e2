"""What every sandbox does with a request: reads it, checks its signature, answers, or hangs up. Logs nothing."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from portal.wire.signing import SIGNATURE, TIME, is_signature, sign_request

LARGEST_REQUEST = 64 * 1024
HANG_SECONDS = 60.0


class SandboxServer(ThreadingHTTPServer):
    """A server on localhost (port 0: any free one) that shares ``key`` with the portal."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], *, key: str) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.key = key

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A portal that hangs up first is nothing to write about; a mistake of ours is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class SandboxHandler(BaseHTTPRequestHandler):
    """One request."""

    server: SandboxServer
    timeout = 30
    server_version, sys_version = "sandbox", ""

    def log_message(self, *_: object) -> None:
        """Requests are about people: nothing is logged."""

    def read_body(self) -> bytes | None:
        """What was sent; None, and an answer given, where it is too much."""
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or len(size) > 9 or int(size) > LARGEST_REQUEST:
            self.send(413, b"")
            return None
        return self.rfile.read(int(size))

    def is_signed(self, path: str, body: bytes) -> bool:
        """Whether the request carries the portal's signature; if not, it is answered."""
        expected = sign_request(self.server.key, self.headers.get(TIME, ""), path, body)
        if is_signature(expected, self.headers.get(SIGNATURE, "")):
            return True
        self.send_json(401, {"error": "signature"})
        return False

    def hang_up(self) -> None:
        """End the connection without a word."""
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        self.close_connection = True

    def send_json(self, status: int, data: dict[str, Any]) -> None:
        """Answer with JSON."""
        self.send(status, json.dumps(data).encode(), "application/json")

    def send(
        self,
        status: int,
        content: bytes,
        kind: str = "application/json",
        *,
        size: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Answer; ``size`` is what the header says where that is not the truth."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) if size is None else size))
        self.send_header("Cache-Control", "no-store")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
