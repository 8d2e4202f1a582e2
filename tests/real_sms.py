"""The operator's gateway of text messages, played by the real sandbox in a process of its own."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from portal.demo.sandbox.texts import newest_texts
from tests.real_process import Simulator


class Gateway(Simulator):
    """A running gateway: its address, what it has taken, its switch."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "messages.jsonl"
        super().__init__(folder, django_settings.SMS_KEY, "sms_sandbox", "--file", str(self.file))

    def switch(self, fault: str = "", *, latency: float = 0) -> None:
        """Let it fail, or answer again."""
        assert self.control({"fault": fault, "latency": latency}) == 200

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
    running.end()


@pytest.fixture
def sms(_gateway_process: Gateway, settings: Any) -> Iterator[Gateway]:
    """The running gateway, well, with nothing taken, connected in this process's settings."""
    _gateway_process.switch()
    _gateway_process.file.unlink(missing_ok=True)
    settings.SMS_URL, settings.DEMO_TEXTS = _gateway_process.url, _gateway_process.file
    yield _gateway_process
    _gateway_process.switch()
