"""The operator's gateway of text messages, played by the real sandbox in a process of its own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from django.conf import settings as django_settings

from deploy.supervisor import die_with_parent
from deploy.valkey import stop
from portal.demo.sandbox.texts import newest_texts
from portal.wire.signing import SIGNATURE, TIME, sign_request

ROOT = Path(__file__).resolve().parent.parent


class Gateway:
    """A running gateway: its address, what it has taken, its switch."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "messages.jsonl"
        self.key = django_settings.SMS_KEY
        command = [sys.executable, "manage.py", "sms_sandbox", "--file", str(self.file)]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "VAR_DIR": str(folder), "DEMO": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, f"the gateway did not start: {line!r}"
        self.url = found.group()

    def switch(self, fault: str = "", *, latency: float = 0) -> None:
        """Let it fail, or answer again."""
        assert self.control({"fault": fault, "latency": latency}) == 200

    def control(self, values: dict[str, Any], key: str = "") -> int:
        """The status of a signed change."""
        body, moment = json.dumps(values).encode(), datetime.now(UTC).isoformat()
        signature = sign_request(key or self.key, moment, "/control", body)
        headers = {TIME: moment, SIGNATURE: signature}
        return urllib3.request("POST", f"{self.url}/control", body=body, headers=headers).status

    def taken(self) -> list[dict[str, Any]]:
        """The messages taken, newest first."""
        return newest_texts(self.file, 1000)

    def texts(self) -> list[tuple[str, str]]:
        """Number and words of the messages taken, oldest first."""
        return [(message["phone"], message["text"]) for message in self.taken()[::-1]]

    def code(self, phone: str) -> str:
        """The newest code sent to a number in E.164."""
        words = next(message["text"] for message in self.taken() if message["phone"] == phone)
        return re.search(r"\d{6}", words).group()


@pytest.fixture(scope="session")
def _gateway_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway(tmp_path_factory.mktemp("sms"))
    yield running
    stop(running.process)
    running.process.stdout.close()


@pytest.fixture
def sms(_gateway_process: Gateway, settings: Any) -> Iterator[Gateway]:
    """The running gateway, well, with nothing taken, connected in this process's settings."""
    _gateway_process.switch()
    _gateway_process.file.unlink(missing_ok=True)
    settings.SMS_URL, settings.DEMO_TEXTS = _gateway_process.url, _gateway_process.file
    yield _gateway_process
    _gateway_process.switch()
