"""The state's registers, played by the real sandbox server in a process of its own, with a city file of its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from applicants.registers.http import HttpAdapter
from tests.real_process import Simulator


class Sandbox(Simulator):
    """A running sandbox: its address, its city file, its switches."""

    def __init__(self, folder: Path) -> None:
        self.city_file = folder / "city.json"
        super().__init__(folder, django_settings.REGISTER_KEY, "register_sandbox", "--city", str(self.city_file))

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

    def know(self, people: dict[str, Any], businesses: dict[str, Any] | None = None) -> None:
        """Put a city in place, whole, as the seeding does."""
        unfinished = self.city_file.with_suffix(".new")
        unfinished.write_text(json.dumps({"people": people, "businesses": businesses or {}}, default=str))
        unfinished.replace(self.city_file)


@pytest.fixture(scope="session")
def _sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("registers"))
    yield running
    running.end()


@pytest.fixture
def sandbox(_sandbox_process: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """The running sandbox with nothing switched on and nobody known, connected in this process's settings."""
    _sandbox_process.reset()
    _sandbox_process.know({})
    settings.REGISTER_URL, settings.REGISTER_TIMEOUT = _sandbox_process.url, 1.0
    yield _sandbox_process
    _sandbox_process.reset()
