"""The sandbox over HTTP: plays every register, each as well or as badly as its switch says. Standard library only."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import struct
import sys
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

from applicants.registers.catalogue import REGISTERS
from applicants.registers.signing import REPLY_SIGNATURE, SIGNATURE, TIME, is_signature, sign_reply, sign_request
from portal.demo.sandbox.answers import reply_to
from portal.demo.sandbox.city import City, read_city
from portal.demo.sandbox.page import page, static_file
from portal.demo.sandbox.switches import Switch, Switchboard, SwitchWrong

LARGEST_REQUEST = 64 * 1024
HANG_SECONDS = 60.0
STATUS_OF_FAULT = {"unavailable": 503, "error": 500, "quota": 429, "pending": 202, "redirect": 307}


class Sandbox(ThreadingHTTPServer):
    """A server on localhost (port 0: any free one), signing with ``key``, answering from the file ``city``."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, *, key: str, city: Path, switchboard: Switchboard) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.key, self.path, self.switchboard = key, city, switchboard
        self.form_token = secrets.token_urlsafe(16)  # a page of another site cannot know it
        self._city, self._seen, self._lock = City(), (0, 0), threading.Lock()

    def city(self) -> City:
        """The city as the file has it now; read again where the file has changed."""
        with self._lock:
            try:
                found = self.path.stat()
                seen = (found.st_mtime_ns, found.st_ino)
            except FileNotFoundError:
                seen = (0, 0)
            if seen != self._seen:
                self._city, self._seen = read_city(self.path), seen
            return self._city

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A portal that hangs up first is nothing to write about; a mistake of ours is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Sandbox
    timeout = 30
    server_version, sys_version = "register-sandbox", ""
    hosts: ClassVar = ("127.0.0.1", "localhost")

    def log_message(self, *_: object) -> None:
        """Requests are about people: nothing is logged."""

    def do_GET(self) -> None:
        """The page of switches, and what it looks like."""
        address = urlsplit(self.path)
        if not self._is_local():
            return self._send(421, b"")
        if address.path == "/":
            return self._show_page(parse_qs(address.query).get("language", [""])[0])
        found = static_file(address.path)
        return self._send(200, found[1], found[0]) if found else self._send(404, b"")

    def do_POST(self) -> None:
        """A question to a register (``/<code>``), a signed change of switches (``/control``), or the page's form."""
        path = urlsplit(self.path).path
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or len(size) > 9 or int(size) > LARGEST_REQUEST:
            return self._send(413, b"")
        body = self.rfile.read(int(size))
        if path == "/":
            return self._take_form(body)
        expected = sign_request(self.server.key, self.headers.get(TIME, ""), path, body)
        if not is_signature(expected, self.headers.get(SIGNATURE, "")):
            return self._send_json(401, {"error": "signature"})
        try:
            asked = json.loads(body)
            if path == "/control":
                return self._control(asked)
            today = timezone.localdate(datetime.fromisoformat(self.headers.get(TIME, "")))
            texts = [asked["request"], asked["name"], asked["number"], asked["purpose"], asked["basis"]]
            if not all(isinstance(text, str) and text for text in texts):
                raise TypeError
        except (ValueError, TypeError, KeyError):
            return self._send_json(400, {"error": "request"})
        register = path.removeprefix("/")
        if register not in REGISTERS:
            return self._send_json(404, {"error": "register"})
        return self._answer(register, path, asked, today)

    def _answer(self, register: str, path: str, asked: dict[str, Any], today: Any) -> None:
        switch = self.server.switchboard.for_question(register, asked["number"])
        threading.Event().wait(switch.latency)
        if switch.fault == "hang":
            threading.Event().wait(HANG_SECONDS)
        if switch.fault in ("hang", "refuse"):
            return self._hang_up()
        fault = "pending" if self.server.city().is_pending(register, asked["number"]) else switch.fault
        if status := STATUS_OF_FAULT.get(fault):
            return self._send(status, b"", headers=self._headers_of(switch))
        reply = reply_to(self.server.city(), register, asked, today=today, lag=switch.lag)
        if switch.fault == "other_person":
            reply["person"] = "000X"
        elif switch.fault == "other_request":
            reply["request"] = "00000000-0000-4000-8000-000000000000"
        elif switch.fault == "future":
            reply["as_of"] = (today + timedelta(days=2)).isoformat()
        elif switch.fault == "schema":
            reply["found"] = "perhaps"
        content = json.dumps(reply, ensure_ascii=False).encode()
        if switch.fault == "not_json":
            content = "<html>系统维护</html>".encode()
        elif switch.fault == "huge":
            content = json.dumps({**reply, "padding": "0" * 3_000_000}).encode()
        signature = sign_reply(self.server.key, path, content)
        if switch.fault == "bad_signature":
            signature = "0" * len(signature)
        size = len(content)
        if switch.fault == "truncated":
            content = content[: size // 2]
        return self._send(200, content, size=size, headers={REPLY_SIGNATURE: signature})

    @staticmethod
    def _headers_of(switch: Switch) -> dict[str, str]:
        headers = {"Retry-After": str(switch.retry_after)} if switch.retry_after else {}
        return headers | ({"Location": "/elsewhere"} if switch.fault == "redirect" else {})

    def _control(self, asked: Any) -> None:
        """``{"reset": true}`` and/or ``{"register": …, "number": …, "fault": …, "latency": …, "lag": …, …}``."""
        try:
            if asked.pop("reset", False):
                self.server.switchboard.reset()
            if asked:
                self.server.switchboard.set(asked.pop("register"), str(asked.pop("number", "")), **asked)
        except (SwitchWrong, KeyError, AttributeError, TypeError) as error:
            return self._send_json(422, {"error": str(error)})
        return self._send_json(200, {"done": True})

    def _take_form(self, body: bytes) -> None:
        fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=20)
        form = {name: values[-1] for name, values in fields.items()}
        if not self._is_local() or not secrets.compare_digest(form.pop("token", ""), self.server.form_token):
            return self._send(403, b"")
        language, register = form.pop("language", ""), form.pop("register", "")
        try:
            if form.pop("reset", ""):
                self.server.switchboard.reset()
            else:
                self.server.switchboard.set(register, form.pop("number", "").strip(), **form)
        except (SwitchWrong, TypeError):
            return self._show_page(language, is_wrong=True)
        return self._send(303, b"", headers={"Location": f"/?language={language}" if language == "en" else "/"})

    def _show_page(self, language: str, *, is_wrong: bool = False) -> None:
        server = self.server
        content = page(server.switchboard, server.city(), server.form_token, language=language, is_wrong=is_wrong)
        self._send(422 if is_wrong else 200, content, "text/html; charset=utf-8")

    def _is_local(self) -> bool:
        """Whether the browser was sent to this machine by its own name."""
        return self.headers.get("Host", "").rpartition(":")[0] in self.hosts

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        self.close_connection = True

    def _send_json(self, status: int, data: dict[str, Any]) -> None:
        self._send(status, json.dumps(data).encode(), "application/json")

    def _send(
        self,
        status: int,
        content: bytes,
        kind: str = "application/json",
        *,
        size: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) if size is None else size))
        self.send_header("Cache-Control", "no-store")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
