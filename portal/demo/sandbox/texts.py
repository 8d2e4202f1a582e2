"""The operator's gateway of the demo: takes signed messages, keeps them in a file, and fails as its switch says."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from portal.demo.sandbox.handler import HANG_SECONDS, SandboxHandler, SandboxServer
from portal.sms.gateway import REPLY_SIGNATURE, SEND
from portal.sms.templates import text_of
from portal.wire.signing import sign_reply

# Whether a message is taken before the gateway fails.
FAULTS = {
    "": True,
    "unavailable": False,
    "error": False,
    "quota": False,
    "refuse": False,
    "hang": False,
    "hang_up": False,
    "lost": True,  # taken, but nobody is told
    "bad_signature": True,
}
STATUS_OF_FAULT = {"unavailable": 503, "error": 500, "quota": 429, "refuse": 422}
LONGEST_LATENCY = 60.0
REMEMBERED = 1000  # messages whose ids are known again


class Gateway(SandboxServer):
    """The gateway; messages are lines of JSON in ``file``, each message id once."""

    def __init__(self, port: int, *, key: str, file: Path) -> None:
        super().__init__(port, GatewayHandler, key=key)
        self.file = file
        self.fault, self.latency = "", 0.0
        self._lock = threading.Lock()

    def take(self, message: dict[str, Any]) -> None:
        """Keep a message that has not come before."""
        with self._lock:
            if message["message"] not in {one["message"] for one in newest_texts(self.file, REMEMBERED)}:
                self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with self.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(message, ensure_ascii=False) + "\n")


class GatewayHandler(SandboxHandler):
    """One request."""

    server: Gateway

    def do_GET(self) -> None:
        """Say that somebody is there, and how the switch stands."""
        self.send_json(200, {"fault": self.server.fault, "latency": self.server.latency})

    def do_POST(self) -> None:
        """A message (``/send``), or a change of the switch (``/control``), both signed."""
        body = self.read_body()
        if body is None or not self.is_signed(self.path, body):
            return None
        try:
            asked = json.loads(body)
            if self.path == "/control":
                return self._control(asked)
            text = text_of(asked["template"], asked["values"], asked["signature"])
            message = {"message": str(asked["message"]), "phone": str(asked["phone"]), "text": text}
        except (ValueError, TypeError, KeyError, AttributeError):
            return self.send_json(422, {"error": "message"})
        if self.path != SEND:
            return self.send_json(404, {"error": "address"})
        return self._answer(message | {"template": asked["template"], "at": timezone.now().isoformat()})

    def _answer(self, message: dict[str, Any]) -> None:
        fault = self.server.fault
        threading.Event().wait(self.server.latency)
        if FAULTS[fault]:
            self.server.take(message)
        if fault == "hang":
            threading.Event().wait(HANG_SECONDS)
        if fault in ("hang", "hang_up", "lost"):
            return self.hang_up()
        if status := STATUS_OF_FAULT.get(fault):
            return self.send(status, b"")
        content = json.dumps({"message": message["message"]}).encode()
        signature = sign_reply(self.server.key, self.path, content)
        if fault == "bad_signature":
            signature = "0" * len(signature)
        return self.send(200, content, headers={REPLY_SIGNATURE: signature})

    def _control(self, asked: Any) -> None:
        """``{"fault": …, "latency": seconds}``; what is not named is as usual again."""
        try:
            fault, latency = str(asked.get("fault", "")), float(asked.get("latency", 0))
        except (TypeError, ValueError):
            fault, latency = "?", 0.0
        if fault not in FAULTS or not 0 <= latency <= LONGEST_LATENCY:
            return self.send_json(422, {"error": f"fault is one of {', '.join(filter(None, FAULTS))}"})
        self.server.fault, self.server.latency = fault, latency
        return self.send_json(200, {"done": True})


def newest_texts(file: Path, count: int) -> list[dict[str, Any]]:
    """The newest ``count`` messages in a gateway's file; ``at`` as a datetime. Empty where there are none yet."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = [json.loads(line) for line in lines[-count:][::-1]]
    return [message | {"at": datetime.fromisoformat(message["at"])} for message in found]
