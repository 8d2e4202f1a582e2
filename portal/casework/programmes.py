"""What every programme must supply, and the registry its app fills in ``AppConfig.ready()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from applicants.people.models import Person
    from portal.casework.models import Application, Assessment


@dataclass(frozen=True)
class Grant:
    """Something a person was already given: what exclusion clauses look at."""

    scheme: str  # policy code
    area_code: str
    amount_fen: int
    granted_on: date


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    return None


def _no_facts(_application: Application) -> Mapping[str, Any]:
    return {}


def _no_grants(_person: Person) -> Iterable[Grant]:
    return ()


@dataclass(frozen=True)
class Programme:
    """One programme as the shared floor sees it. Hooks run inside ``advance``'s own transaction."""

    code: str
    prefix: str  # of reference numbers
    title: Any  # lazy string
    summary: Any  # lazy string, one sentence
    icon: str
    is_open: bool = False
    sections: tuple[str, ...] = ()  # of the task list, before papers and declaration
    declaration_form: Callable[..., Any] | None = None  # form class bound to an application: (data, application=)
    declaration_is_complete: Callable[[Application], bool] = field(default=lambda _application: True)
    declaration_answers: Callable[[Application], Mapping[str, Any]] = field(default=lambda _application: {})
    facts: Callable[[Application], Mapping[str, Any]] = _no_facts  # declared facts beyond the profile's
    on_approved: Callable[[Application, Assessment, datetime], None] = _nothing
    on_withdrawn: Callable[[Application, datetime], None] = _nothing
    grants_of: Callable[[Person], Iterable[Grant]] = _no_grants
    outlook: Callable[[Application], Any] = _nothing  # what follows approval, for the applicant's page


_PROGRAMMES: dict[str, Programme] = {}


def register(programme: Programme) -> None:
    """Add ``programme``; called once by its app when Django is ready."""
    _PROGRAMMES[programme.code] = programme


def programme(code: str) -> Programme:
    """The programme with ``code``. Raises KeyError where there is none."""
    return _PROGRAMMES[code]


def all_programmes() -> list[Programme]:
    """Every registered programme, the open ones first."""
    return sorted(_PROGRAMMES.values(), key=lambda item: not item.is_open)


def grants_of(person: Person) -> list[Grant]:
    """What any programme of this portal has already granted ``person``."""
    return [grant for item in _PROGRAMMES.values() for grant in item.grants_of(person)]
