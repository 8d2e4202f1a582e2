"""``assess``: facts and a date in, a verdict with a finding for every clause out. No database, no clock, no request.

A fact decides only when it is proven as well as the clause demands; below that it is as good as unknown. So a declared
fact can neither grant nor refuse: the clause is unproven, and its reasons say what the declared value would lead to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Self

from portal.policy.calendar import Calendar, add_months, add_years
from portal.policy.conditions import Answer, Outcome, Reason, View, all_hold
from portal.policy.facts import Absence, Fact, Facts, FactUnreadable, Provenance, Value, read_value, write_value
from portal.policy.offering import NO_OFFER, Offer, offer_of, tier_of
from portal.policy.schema import PolicyDocument

LEVELS = max(Provenance) + 1


class Verdict(StrEnum):
    """What the clauses come to together."""

    ELIGIBLE = "eligible"
    UNDETERMINED = "undetermined"
    INELIGIBLE = "ineligible"


class FactSeen(NamedTuple):
    """A fact as it was when a clause was decided."""

    name: str
    fact: Fact

    @property
    def value(self) -> str:
        """The value as text."""
        return write_value(self.fact.value)

    @property
    def provenance(self) -> Provenance:
        """How well it was proven."""
        return self.fact.provenance

    @property
    def as_of(self) -> date | None:
        """The date of the evidence."""
        return self.fact.as_of

    @property
    def source(self) -> str:
        """Where it came from."""
        return self.fact.source


class Finding:
    """The answer to one clause, why, and the facts it was decided on.

    The facts are picked out of all that was known only when somebody asks: most findings are only counted.
    """

    __slots__ = ("_known", "_reads", "answer", "clause", "reasons")

    def __init__(
        self,
        clause: str,
        answer: Answer,
        reasons: tuple[Reason, ...],
        reads: Sequence[str],
        known: Mapping[str, Fact],
    ) -> None:
        self.clause, self.answer, self.reasons = clause, answer, reasons
        self._reads, self._known = reads, known

    @property
    def facts(self) -> tuple[FactSeen, ...]:
        """The facts that the clause reads, as far as there are any."""
        return tuple(FactSeen(name, self._known[name]) for name in self._reads if name in self._known)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Finding):
            return NotImplemented
        mine, theirs = ((it.clause, it.answer, it.reasons, it.facts) for it in (self, other))
        return mine == theirs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Finding({self.clause!r}, {self.answer!r}, {self.reasons!r})"

    @property
    def kind(self) -> str:
        """The kind of the condition that decided."""
        return self.reasons[0].kind

    @property
    def code(self) -> str:
        """The code of the first reason."""
        return self.reasons[0].code

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of the first reason."""
        return self.reasons[0].values

    def as_json(self) -> dict[str, Any]:
        """Plain values only; ``from_json`` reads them back."""
        return {
            "clause": self.clause,
            "answer": self.answer.value,
            "reasons": [{"kind": it.kind, "code": it.code, "values": dict(it.values)} for it in self.reasons],
            "facts": [
                {
                    "name": seen.name,
                    "value": seen.value,
                    "provenance": seen.provenance.name.lower(),
                    "as_of": seen.as_of.isoformat() if seen.as_of else None,
                    "source": seen.source,
                }
                for seen in self.facts
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The finding that ``as_json`` wrote."""
        return cls(
            data["clause"],
            Answer(data["answer"]),
            tuple(Reason(row["kind"], row["code"], dict(row["values"])) for row in data["reasons"]),
            tuple(row["name"] for row in data["facts"]),
            {
                row["name"]: Fact(
                    _stored_value(row["name"], row["value"]),
                    Provenance[row["provenance"].upper()],
                    date.fromisoformat(row["as_of"]) if row["as_of"] else None,
                    row["source"],
                )
                for row in data["facts"]
            },
        )


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of the amount in whole fen and the day before which it is not paid.

    ``rule`` is the number of the document's instalment rule: a rule may make several parts, one a month.
    """

    number: int
    amount_fen: int
    due_on: date
    rule: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """A verdict, the amount in whole fen (0 when ineligible, ``None`` while undetermined), a finding per clause."""

    verdict: Verdict
    amount_fen: int | None
    instalments: tuple[Instalment, ...]
    findings: tuple[Finding, ...]
    offer: Offer = NO_OFFER

    def finding(self, clause: str) -> Finding:
        """The finding for that clause (``KeyError`` where there is none)."""
        for finding in self.findings:
            if finding.clause == clause:
                return finding
        raise KeyError(clause)

    def clauses(self, answer: str) -> tuple[str, ...]:
        """The numbers of the clauses with that answer, in the document's order."""
        return tuple(finding.clause for finding in self.findings if finding.answer == answer)

    def as_json(self) -> dict[str, Any]:
        """Plain values only; ``from_json`` reads them back."""
        return {
            "verdict": self.verdict.value,
            "amount_fen": self.amount_fen,
            "instalments": [
                {
                    "number": part.number,
                    "amount_fen": part.amount_fen,
                    "due_on": part.due_on.isoformat(),
                    "rule": part.rule,
                }
                for part in self.instalments
            ],
            "findings": [finding.as_json() for finding in self.findings],
        } | ({"offer": self.offer.as_json()} if self.offer != NO_OFFER else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The assessment that ``as_json`` wrote."""
        return cls(
            Verdict(data["verdict"]),
            data["amount_fen"],
            tuple(
                # As long as no rule was kept, every rule made one part.
                Instalment(
                    row["number"],
                    row["amount_fen"],
                    date.fromisoformat(row["due_on"]),
                    row.get("rule", row["number"]),
                )
                for row in data["instalments"]
            ),
            tuple(Finding.from_json(row) for row in data["findings"]),
            Offer.from_json(data.get("offer", {})),
        )


def assess(document: PolicyDocument, facts: Facts, calendar: Calendar, *, trust_declared: bool = False) -> Assessment:
    """What ``document`` gives to somebody about whom ``facts`` are known, applying on ``facts.on``.

    With ``trust_declared`` everything counts as proven: the pre-check of a draft, never the ground of a decision.
    """
    views = Views(document, facts, calendar, trust_declared)
    findings = tuple([_find(views, clause.plan) for clause in document.clauses])
    answers = [finding.answer for finding in findings]
    if Answer.UNMET in answers:
        return Assessment(Verdict.INELIGIBLE, 0, (), findings)
    if Answer.UNPROVEN in answers or (document.ladder and tier_of(document, views.for_money).is_open):
        return Assessment(Verdict.UNDETERMINED, None, (), findings)
    if not document.makes_payable:
        return Assessment(Verdict.ELIGIBLE, 0, (), findings, offer_of(document, views.for_money))
    gross_fen = gross_amount(document, views.for_money)
    if not gross_fen:
        return Assessment(Verdict.UNDETERMINED, None, (), findings)
    amount_fen = _less_earlier_grants(document, gross_fen, facts)
    return Assessment(Verdict.ELIGIBLE, amount_fen, split_amount(document, amount_fen, facts.on), findings)


class Views:
    """The facts of one person as clauses of each floor may see them, made once per assessment."""

    def __init__(self, document: PolicyDocument, facts: Facts, calendar: Calendar, trust_declared: bool) -> None:
        self.document, self.facts, self.calendar, self.trust_declared = document, facts, calendar, trust_declared
        self.known = facts.known
        self._made: list[View | None] = [None] * LEVELS
        if trust_declared:
            self._made = [self.of(Provenance.DECLARED)] * LEVELS

    def of(self, floor: Provenance) -> View:
        """The view of that floor."""
        view = self._made[floor]
        if view is None:
            view = self._made[floor] = View(self.facts.on, self.calendar, self.known, floor, self._gross)
        return view

    @property
    def for_money(self) -> View:
        """What amounts and tiers rest on: at least papers."""
        return self.of(Provenance.PAPER)

    def _gross(self) -> int | None:
        return gross_amount(self.document, self.for_money)


def gross_amount(document: PolicyDocument, view: View) -> int | None:
    """What amount table, scales and cap give, in whole fen; 0 where no row fits, ``None`` where that is not proven."""
    for row in document.amounts:
        answer = all_hold(row.when, view).answer if row.when else Answer.MET
        if answer is Answer.UNPROVEN:
            return None
        if answer is Answer.MET:
            amount_fen: int | None = row.amount_fen
            if row.at_most_paid:
                paid = view.value(row.at_most_paid)
                if not isinstance(paid, Decimal):
                    return 0 if paid is Absence.NONE else None
                amount_fen = int(min(paid, row.yuan) * 100) * row.months
            return _scaled(document, amount_fen, view)
    return 0


def split_amount(document: PolicyDocument, amount_fen: int, on: date) -> tuple[Instalment, ...]:
    """The instalments of ``amount_fen`` for an application of the day ``on``; the last takes what rounding leaves."""
    parts: list[Instalment] = []
    left = amount_fen
    for rule in document.instalments:
        whole = left if rule is document.instalments[-1] else amount_fen * rule.percent // 100
        left -= whole
        each = whole // rule.monthly
        first = add_years(on, rule.years_after_application)
        for month in range(rule.monthly):
            is_last = month == rule.monthly - 1
            share = whole - each * month if is_last else each
            due_on = add_months(first, rule.months_after_application + month)
            parts.append(Instalment(len(parts) + 1, share, due_on, rule.number))
    return tuple(parts)


def _scaled(document: PolicyDocument, amount_fen: int | None, view: View) -> int | None:
    for scale in document.scales:
        answer = all_hold(scale.when, view).answer
        if answer is Answer.UNPROVEN or amount_fen is None:
            return None
        if answer is Answer.MET:
            amount_fen = amount_fen * scale.percent // 100
    if amount_fen is not None and document.amount_cap_yuan is not None:
        return min(amount_fen, int(document.amount_cap_yuan * 100))
    return amount_fen


def _less_earlier_grants(document: PolicyDocument, gross_fen: int, facts: Facts) -> int:
    grants = facts.known["prior_grants"].value if document.earlier_grants and "prior_grants" in facts.known else ()
    for condition in document.earlier_grants:
        gross_fen = condition.reduce(gross_fen, grants)
    return gross_fen


def _find(views: Views, plan: tuple[str, Provenance, tuple[str, ...], Callable[[View], Outcome]]) -> Finding:
    code, floor, reads, decide = plan
    known = views.known
    answer, reasons = decide(views.of(floor))
    if answer is Answer.UNPROVEN and not views.trust_declared:
        seen = [(name, known[name]) for name in reads if name in known]
        unchecked = [name for name, it in seen if it.value is not Absence.UNKNOWN and it.provenance < floor]
        if unchecked:
            as_declared = decide(views.of(Provenance.DECLARED))
            values = {"would_be": as_declared.answer.value, "facts": unchecked, "proven_by": floor.name.lower()}
            if as_declared != (answer, reasons):  # otherwise checking them would not settle the clause
                reasons = (*as_declared.reasons, Reason("provenance", "declared", values))
    return Finding(code, answer, reasons, reads, known)


def _stored_value(name: str, text: str) -> Value:
    """A stored value, typed; the text itself where today's catalogue cannot read it any more."""
    try:
        return read_value(name, text)
    except FactUnreadable:
        return text
