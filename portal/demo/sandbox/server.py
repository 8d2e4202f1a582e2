"""The sandbox over HTTP: plays every register, each as well or as badly as its switch says. Standard library only."""

from __future__ import annotations

import json
import secrets
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

from applicants.registers.catalogue import REGISTERS
from applicants.registers.http import REPLY_SIGNATURE
from portal.demo.sandbox.answers import reply_to
from portal.demo.sandbox.city import City, read_city
from portal.demo.sandbox.handler import HANG_SECONDS, SandboxHandler, SandboxServer
from portal.demo.sandbox.page import page, static_file
from portal.demo.sandbox.switches import Switch, Switchboard, SwitchWrong
from portal.wire.signing import TIME, sign_reply

STATUS_OF_FAULT = {"unavailable": 503, "error": 500, "quota": 429, "pending": 202, "redirect": 307}


class Sandbox(SandboxServer):
    """A server on localhost (port 0: any free one), signing with ``key``, answering from the file ``city``."""

    def __init__(self, port: int, *, key: str, city: Path, switchboard: Switchboard) -> None:
        super().__init__(port, Handler, key=key)
        self.path, self.switchboard = city, switchboard
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


class Handler(SandboxHandler):
    """One request."""

    server: Sandbox
    hosts: ClassVar = ("127.0.0.1", "localhost")

    def do_GET(self) -> None:
        """The page of switches, and what it looks like."""
        address = urlsplit(self.path)
        if not self._is_local():
            return self.send(421, b"")
        if address.path == "/":
            return self._show_page(parse_qs(address.query).get("language", [""])[0])
        found = static_file(address.path)
        return self.send(200, found[1], found[0]) if found else self.send(404, b"")

    def do_POST(self) -> None:
        """A question to a register (``/<code>``), a signed change of switches (``/control``), or the page's form."""
        path = urlsplit(self.path).path
        body = self.read_body()
        if body is None:
            return None
        if path == "/":
            return self._take_form(body)
        if not self.is_signed(path, body):
            return None
        try:
            asked = json.loads(body)
            if path == "/control":
                return self._control(asked)
            today = timezone.localdate(datetime.fromisoformat(self.headers.get(TIME, "")))
            texts = [asked["request"], asked["name"], asked["number"], asked["purpose"], asked["basis"]]
            if not all(isinstance(text, str) and text for text in texts):
                raise TypeError
        except (ValueError, TypeError, KeyError):
            return self.send_json(400, {"error": "request"})
        register = path.removeprefix("/")
        if register not in REGISTERS:
            return self.send_json(404, {"error": "register"})
        return self._answer(register, path, asked, today)

    def _answer(self, register: str, path: str, asked: dict[str, Any], today: Any) -> None:
        switch = self.server.switchboard.for_question(register, asked["number"])
        threading.Event().wait(switch.latency)
        if switch.fault == "hang":
            threading.Event().wait(HANG_SECONDS)
        if switch.fault in ("hang", "refuse"):
            return self.hang_up()
        fault = "pending" if self.server.city().is_pending(register, asked["number"]) else switch.fault
        if status := STATUS_OF_FAULT.get(fault):
            return self.send(status, b"", headers=self._headers_of(switch))
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
        return self.send(200, content, size=size, headers={REPLY_SIGNATURE: signature})

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
            return self.send_json(422, {"error": str(error)})
        return self.send_json(200, {"done": True})

    def _take_form(self, body: bytes) -> None:
        fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=20)
        form = {name: values[-1] for name, values in fields.items()}
        if not self._is_local() or not secrets.compare_digest(form.pop("token", ""), self.server.form_token):
            return self.send(403, b"")
        language, register = form.pop("language", ""), form.pop("register", "")
        try:
            if form.pop("reset", ""):
                self.server.switchboard.reset()
            else:
                self.server.switchboard.set(register, form.pop("number", "").strip(), **form)
        except (SwitchWrong, TypeError):
            return self._show_page(language, is_wrong=True)
        return self.send(303, b"", headers={"Location": f"/?language={language}" if language == "en" else "/"})

    def _show_page(self, language: str, *, is_wrong: bool = False) -> None:
        server = self.server
        content = page(server.switchboard, server.city(), server.form_token, language=language, is_wrong=is_wrong)
        self.send(422 if is_wrong else 200, content, "text/html; charset=utf-8")

    def _is_local(self) -> bool:
        """Whether the browser was sent to this machine by its own name."""
        return self.headers.get("Host", "").rpartition(":")[0] in self.hosts
