"""Registers that are connected, for tests that ask an adapter of their own."""

from typing import Any

import pytest


@pytest.fixture
def connected(settings: Any) -> None:
    """Every register is connected, at an address where nobody listens."""
    settings.REGISTER_URL = "http://127.0.0.1:1"
