"""The state's registers, played by the real sandbox server in a process of its own, with a city file of its own."""

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

from applicants.registers.http import HttpAdapter
from deploy.supervisor import die_with_parent
from deploy.valkey import stop
from portal.wire.signing import SIGNATURE, TIME, sign_request

ROOT = Path(__file__).resolve().parent.parent


class Sandbox:
    """A running sandbox: its address, its city file, its switches."""

    def __init__(self, folder: Path) -> None:
        self.city_file = folder / "city.json"
        command = [sys.executable, "manage.py", "register_sandbox", "--city", str(self.city_file)]
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
        assert found, f"the sandbox did not start: {line!r}"
        self.url = found.group()

    @property
    def adapter(self) -> HttpAdapter:
        """An adapter that asks this sandbox and has little patience."""
        return HttpAdapter(self.url, django_settings.REGISTER_KEY, 1.0)

    def switch(self, register: str = "*", **values: Any) -> None:
        """Switch something on, e.g. ``switch("insurance", lag=3)``; ``number`` limits it to one person."""
        assert self.control({"register": register, **values}) == 200

    def reset(self) -> None:
        """Everything answers again."""
        assert self.control({"reset": True}) == 200

    def control(self, values: dict[str, Any], key: str = "") -> int:
        """The status of a signed change."""
        body, moment = json.dumps(values).encode(), datetime.now(UTC).isoformat()
        signature = sign_request(key or django_settings.REGISTER_KEY, moment, "/control", body)
        headers = {TIME: moment, SIGNATURE: signature}
        return urllib3.request("POST", f"{self.url}/control", body=body, headers=headers).status

    def know(self, people: dict[str, Any], businesses: dict[str, Any] | None = None) -> None:
        """Put a city in place, whole, as the seeding does."""
        unfinished = self.city_file.with_suffix(".new")
        unfinished.write_text(json.dumps({"people": people, "businesses": businesses or {}}, default=str))
        unfinished.replace(self.city_file)


@pytest.fixture(scope="session")
def _sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("registers"))
    yield running
    stop(running.process)
    running.process.stdout.close()


@pytest.fixture
def sandbox(_sandbox_process: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """The running sandbox with nothing switched on and nobody known, connected in this process's settings."""
    _sandbox_process.reset()
    _sandbox_process.know({})
    settings.REGISTER_URL, settings.REGISTER_TIMEOUT = _sandbox_process.url, 1.0
    yield _sandbox_process
    _sandbox_process.reset()
