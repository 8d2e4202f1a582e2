"""How bodies are read."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class JSONBody(JSONParser):
    """JSON, also where it is nested deeper than anybody means."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """Read the body. Raises ParseError."""
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError from None
