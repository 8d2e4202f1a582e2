"""A policy document as YAML that people can read and ``parse_document`` reads back."""

from datetime import date
from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes in full what stands twice: an alias is hard to read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write_yaml(data: Any) -> str:
    """Plain data in the order it has. Days are written without quotes, as people write them."""
    return yaml.dump(_with_days(data), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def _with_days(data: Any, name: str = "") -> Any:
    if isinstance(data, dict):
        return {key: _with_days(value, key) for key, value in data.items()}
    if isinstance(data, list):
        return [_with_days(it) for it in data]
    if isinstance(data, str) and name in ("effective_from", "effective_to", "day", "first", "last"):
        return date.fromisoformat(data)
    return data
