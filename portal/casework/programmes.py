"""What every programme must supply, and the registry its app fills in ``AppConfig.ready()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.timezone import localdate

from portal.city import city
from portal.policy.facts import Grant, write_value

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from applicants.people.models import Person
    from portal.accounts.models import User
    from portal.casework.models import Application, Assessment


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
class Issued:
    """What an approval gave that is not money, as it stands."""

    label: str
    text: str  # one sentence: how it stands
    is_over: bool  # nothing of it is left
    href: str = ""  # where its holder finds it
    act: str = ""  # what the way there says
    desk_href: str = ""  # where staff find it
    desk_act: str = ""
    todo: str = ""  # what its holder has to do now
    is_urgent: bool = False  # there is a last day for it


@dataclass(frozen=True)
class Outlook:
    """What follows an approval: payments in their order, what the applicant has to do for them; or what was issued."""

    payments: tuple[Payment, ...] = ()
    issued: Issued | None = None
    is_renewable: bool = False  # what was issued ends soon, and may be applied for again
    is_account_needed: bool = False  # the bank rejected the account, and no other was given since
    is_account_unsettled: bool = False  # another was given, and a reviewer has yet to compare it with its paper
    evidence_kind: str = ""  # the kind of paper that a payment waits for and that nobody handed in yet
    may_get_back: bool = False  # money of their own may come back (a deposit), so an account may be given

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
        """Whether all of the money was taken back."""
        return bool(self.payments) and all(payment.state == "cancelled" for payment in self.payments)

    @property
    def is_over(self) -> bool:
        """Whether nothing of the grant is left, or not for long, so that it may be granted again."""
        return self.is_cancelled or self.is_renewable or (self.issued is not None and self.issued.is_over)


DECLARATION = "declaration"


def _no_picture(_answers: Mapping[str, Any]) -> str:
    return ""


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
    picture: Callable[[Mapping[str, Any]], str] = _no_picture  # where a picture that belongs to the answers is shown


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    return None


def _no_facts(*_about: Any) -> Mapping[str, Any]:
    return {}


def _no_outlook(_applications: Iterable[Application], _on: date) -> Mapping[UUID, Outlook]:
    return {}


@dataclass(frozen=True)
class Programme:
    """One programme as the shared floor sees it.

    Hooks run inside ``advance``'s own transaction, and may raise ``StepRefused`` to stop the step.
    """

    code: str
    prefix: str  # of reference numbers
    title: Any  # lazy string
    summary: Any  # lazy string, one sentence
    icon: str
    is_open: bool = False
    is_one_off: bool = False  # whoever was granted it once is not offered it again
    is_approved_when_proven: bool = False  # the portal approves by itself what is proven clause by clause
    sections: tuple[str, ...] = ()  # of the shared profile, in the order of the task list
    own_sections: tuple[OwnSection, ...] = ()  # after those; papers stand before the last, which is the declaration
    facts: Callable[[Application], Mapping[str, Any]] = _no_facts  # declared facts beyond the profile's
    facts_about: Callable[[Person, date], Mapping[str, Any]] = _no_facts  # those that hold whatever is applied for
    # What it has given somebody that other programmes read, by fact: asked only where a policy reads it.
    gives: Mapping[str, Callable[[Person, date], str]] = field(default_factory=dict)
    on_approved: Callable[[Application, Assessment, datetime], None] = _nothing
    on_withdrawn: Callable[[Application, datetime], None] = _nothing
    on_refused: Callable[[Application, datetime], None] = _nothing  # refused, or lapsed in a correction
    on_submitted: Callable[[Application, datetime], None] = _nothing  # also when a correction is sent
    on_discarded: Callable[[Application, User, datetime], None] = _nothing  # before a draft is deleted
    # Where an application belongs by town; without it the employer's.
    town_of: Callable[[Application], str] | None = None
    on_register_answer: Callable[[Application, datetime], None] = _nothing  # after approval; a transaction of its own
    # What it has granted somebody: a query of (policy code, amount in fen, when), so that all are asked in one.
    # With a day, what may be renewed by an application of that day is left out.
    grants_of: Callable[[Person, date | None], QuerySet[Any, Any]] | None = None
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


def held_facts(person: Person, on: date, names: Iterable[str]) -> dict[str, str]:
    """What this portal has given ``person`` and they hold on ``on``: those of ``names``; ``-`` where they hold none."""
    wanted = set(names)
    ways = {name: way for item in _PROGRAMMES.values() for name, way in item.gives.items() if name in wanted}
    return {name: way(person, on) or "-" for name, way in ways.items()}


def own_sections() -> dict[str, OwnSection]:
    """The own sections of all programmes by name; the declaration, which each has, once."""
    return {section.name: section for item in _PROGRAMMES.values() for section in item.own_sections}


def grants_of(person: Person, *, on: date | None = None) -> list[Grant]:
    """What any programme of this portal has already granted ``person``, the first granted first; one query.

    With the date of an application, ``on``, what that application may renew is left out.
    """
    queries = [item.grants_of(person, on) for item in _PROGRAMMES.values() if item.grants_of]
    if not queries:
        return []
    rows = queries[0].union(*queries[1:], all=True)
    return [Grant(scheme, city().code, fen, localdate(at)) for scheme, fen, at in sorted(rows, key=lambda row: row[2])]


def prior_grants(person: Person, *declared: Grant, on: date | None = None) -> str:
    """The fact ``prior_grants``: what this portal has granted ``person``, and what they declare themselves.

    ``on`` as of ``grants_of``.
    """
    return write_value((*grants_of(person, on=on), *declared)) or "-"
