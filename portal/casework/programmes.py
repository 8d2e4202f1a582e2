"""What every programme must supply, and the registry its app fills in ``AppConfig.ready()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

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


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    return None


def _no_facts(_application: Application) -> Mapping[str, Any]:
    return {}


def _no_outlook(_applications: Iterable[Application], _on: date) -> Mapping[UUID, Outlook]:
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
    is_one_off: bool = False  # whoever was granted it once is not offered it again
    sections: tuple[str, ...] = ()  # of the task list, before papers and declaration
    declaration_form: Callable[..., Any] | None = None  # form class bound to an application: (data, application=)
    declaration_is_complete: Callable[[Application], bool] = field(default=lambda _application: True)
    declaration_answers: Callable[[Application], Mapping[str, Any]] = field(default=lambda _application: {})
    facts: Callable[[Application], Mapping[str, Any]] = _no_facts  # declared facts beyond the profile's
    on_approved: Callable[[Application, Assessment, datetime], None] = _nothing
    on_withdrawn: Callable[[Application, datetime], None] = _nothing
    on_register_answer: Callable[[Application, datetime], None] = _nothing  # after approval; a transaction of its own
    grants_of: Callable[[Person], Iterable[Grant]] = _no_grants
    # What follows approval, by application, on a day: for the applicant's pages. A constant number of queries.
    outlook: Callable[[Iterable[Application], date], Mapping[UUID, Outlook]] = _no_outlook


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
