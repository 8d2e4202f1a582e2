"""Lists of schools that policies name; each is a file ``data/<name>.csv`` with a column ``school``."""

import csv
from functools import lru_cache
from pathlib import Path

from portal.policy.facts import same_name

FOLDER = Path(__file__).resolve().parent / "data"


def school_list_names() -> tuple[str, ...]:
    """The names of the lists that are shipped."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


@lru_cache(maxsize=16)
def school_list(name: str) -> frozenset[str]:
    """The schools on a list, in the form in which names are compared (``same_name``).

    Raises:
        KeyError: there is no such list.
    """
    if name not in school_list_names():
        raise KeyError(name)
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(same_name(row["school"]) for row in csv.DictReader(file))
