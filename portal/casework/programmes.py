"""What every programme must supply, and the registry its app fills in ``AppConfig.ready()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.timezone import localdate

from portal.city import city

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from applicants.people.models import Person
    from portal.casework.models import Application, Assessment


@dataclass(frozen=True)
class Grant:
    """Something a person was already given: what exclusion clauses look at."""

    scheme: str  # policy code
    area_code: str
    amount_fen: int
    granted_on: date


@dataclass(frozen=True)
class Payment:
    """One part of what an approval pays, as the applicant's page tells it."""

    label: str
    amount_fen: int
    due_on: date
    state: str  # waiting, arranging, paid, rejected, cancelled
    text: str  # one sentence: how it stands
    on: date | None = None  # paid: the day it was posted


@dataclass(frozen=True)
class Outlook:
    """What follows an approval: payments in their order, and what the applicant has to do for them."""

    payments: tuple[Payment, ...] = ()
    is_account_needed: bool = False  # the bank rejected the account, and no other was given since
    is_account_unsettled: bool = False  # another was given, and a reviewer has yet to compare it with its paper
    evidence_kind: str = ""  # the kind of paper that a payment waits for and that nobody handed in yet

    @property
    def is_paid_out(self) -> bool:
        """Whether nothing is left to pay."""
        return all(payment.state in ("paid", "cancelled") for payment in self.payments)

    @property
    def amount_fen(self) -> int:
        """What was paid or still is to be paid, in whole fen: what was cancelled is left out."""
        return sum(payment.amount_fen for payment in self.payments if payment.state != "cancelled")

    @property
    def has_cancelled(self) -> bool:
        """Whether a part of the grant was taken back."""
        return any(payment.state == "cancelled" for payment in self.payments)

    @property
    def is_cancelled(self) -> bool:
        """Whether the whole grant was taken back."""
        return bool(self.payments) and all(payment.state == "cancelled" for payment in self.payments)


DECLARATION = "declaration"


@dataclass(frozen=True)
class OwnSection:
    """A part of the task list that only one programme asks; the declaration, which comes last, is one of them.

    ``form`` is a class called with (data, application=, only=) that has ``labels`` (answer → lazy label),
    ``save(by=, at=)`` and ``rows_of(answers)`` giving (answer, label, words). Its answers are kept with a submission
    under ``name``, in plain JSON.
    """

    name: str
    label: Any  # lazy string
    form: Any
    is_complete: Callable[[Application], bool]
    answers: Callable[[Application], Mapping[str, Any]]
    page: str = "application_section"  # URL name; a page of its own takes the application's id only


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    return None


def _no_facts(_application: Application) -> Mapping[str, Any]:
    return {}


def _no_outlook(_applications: Iterable[Application], _on: date) -> Mapping[UUID, Outlook]:
    return {}


@dataclass(frozen=True)
class Programme:
    """One programme as the shared floor sees it. Hooks run inside ``advance``'s own transaction."""

    code: str
    prefix: str  # of reference numbers
    title: Any  # lazy string
    summary: Any  # lazy string, one sentence
    icon: str
    is_open: bool = False
    is_one_off: bool = False  # whoever was granted it once is not offered it again
    sections: tuple[str, ...] = ()  # of the shared profile, in the order of the task list
    own_sections: tuple[OwnSection, ...] = ()  # after those; papers stand before the last, which is the declaration
    facts: Callable[[Application], Mapping[str, Any]] = _no_facts  # declared facts beyond the profile's
    on_approved: Callable[[Application, Assessment, datetime], None] = _nothing
    on_withdrawn: Callable[[Application, datetime], None] = _nothing
    on_register_answer: Callable[[Application, datetime], None] = _nothing  # after approval; a transaction of its own
    # What it has granted somebody: a query of (policy code, amount in fen, when), so that all are asked in one.
    grants_of: Callable[[Person], QuerySet[Any, Any]] | None = None
    # What follows approval, by application, on a day: for the applicant's pages. A constant number of queries.
    outlook: Callable[[Iterable[Application], date], Mapping[UUID, Outlook]] = _no_outlook

    def own_section(self, name: str) -> OwnSection | None:
        """The own section of this name, or None where the shared profile asks it (or nobody)."""
        return next((section for section in self.own_sections if section.name == name), None)

    @property
    def asked_sections(self) -> tuple[OwnSection, ...]:
        """The own sections before the declaration: what reviewers read, compare and mark beside the profile."""
        return self.own_sections[:-1]

    def section_names(self) -> tuple[str, ...]:
        """Every section of the task list in its order, papers left out."""
        return (*self.sections, *(section.name for section in self.own_sections))

    def own_answers(self, application: Application) -> dict[str, dict[str, Any]]:
        """What the own sections hold now, by section."""
        return {section.name: dict(section.answers(application)) for section in self.own_sections}


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
    """What any programme of this portal has already granted ``person``, the first granted first; one query."""
    queries = [item.grants_of(person) for item in _PROGRAMMES.values() if item.grants_of]
    if not queries:
        return []
    rows = queries[0].union(*queries[1:], all=True)
    return [Grant(scheme, city().code, fen, localdate(at)) for scheme, fen, at in sorted(rows, key=lambda row: row[2])]
