"""``assess``: facts and a date in, a verdict with a finding for every clause out. No database, no clock, no request.

A fact decides only when it is proven as well as the clause demands; below that it is as good as unknown. So a declared
fact can neither grant nor refuse: the clause is unproven, and its reasons say what the declared value would lead to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from portal.policy.calendar import Calendar, add_years
from portal.policy.conditions import Answer, Outcome, Reason, View, all_hold
from portal.policy.facts import Facts, Provenance, write_value
from portal.policy.schema import Clause, PolicyDocument


class Verdict(StrEnum):
    """What the clauses come to together."""

    ELIGIBLE = "eligible"
    UNDETERMINED = "undetermined"
    INELIGIBLE = "ineligible"


@dataclass(frozen=True, slots=True)
class FactSeen:
    """A fact as it was when a clause was decided; ``value`` is its text."""

    name: str
    value: str
    provenance: Provenance
    as_of: date | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one clause, why, and the facts it was decided on."""

    clause: str
    answer: Answer
    reasons: tuple[Reason, ...]
    facts: tuple[FactSeen, ...]

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

    @property
    def is_declared(self) -> bool:
        """Whether the clause is unproven because what was declared has not been checked yet."""
        return any(reason.kind == "provenance" for reason in self.reasons)

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
            tuple(
                FactSeen(
                    row["name"],
                    row["value"],
                    Provenance[row["provenance"].upper()],
                    date.fromisoformat(row["as_of"]) if row["as_of"] else None,
                    row["source"],
                )
                for row in data["facts"]
            ),
        )


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of the amount in whole fen and the day before which it is not paid."""

    number: int
    amount_fen: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Assessment:
    """A verdict, the amount in whole fen (0 when ineligible, ``None`` while undetermined), a finding per clause."""

    verdict: Verdict
    amount_fen: int | None
    instalments: tuple[Instalment, ...]
    findings: tuple[Finding, ...]

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
                {"number": part.number, "amount_fen": part.amount_fen, "due_on": part.due_on.isoformat()}
                for part in self.instalments
            ],
            "findings": [finding.as_json() for finding in self.findings],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The assessment that ``as_json`` wrote."""
        return cls(
            Verdict(data["verdict"]),
            data["amount_fen"],
            tuple(
                Instalment(row["number"], row["amount_fen"], date.fromisoformat(row["due_on"]))
                for row in data["instalments"]
            ),
            tuple(Finding.from_json(row) for row in data["findings"]),
        )


def assess(document: PolicyDocument, facts: Facts, calendar: Calendar, *, trust_declared: bool = False) -> Assessment:
    """What ``document`` gives to somebody about whom ``facts`` are known, applying on ``facts.on``.

    With ``trust_declared`` everything counts as proven: the pre-check of a draft, never the ground of a decision.
    """
    findings = tuple(_find(clause, facts, calendar, trust_declared) for clause in document.clauses)
    answers = {finding.answer for finding in findings}
    if Answer.UNMET in answers:
        return Assessment(Verdict.INELIGIBLE, 0, (), findings)
    if Answer.UNPROVEN in answers:
        return Assessment(Verdict.UNDETERMINED, None, (), findings)
    if not document.makes_payable:
        return Assessment(Verdict.ELIGIBLE, 0, (), findings)
    amount_fen = _amount(document, facts, calendar, trust_declared)
    if amount_fen is None:
        return Assessment(Verdict.UNDETERMINED, None, (), findings)
    return Assessment(Verdict.ELIGIBLE, amount_fen, split_amount(document, amount_fen, facts.on), findings)


def split_amount(document: PolicyDocument, amount_fen: int, on: date) -> tuple[Instalment, ...]:
    """The instalments of ``amount_fen`` for an application of the day ``on``; the last takes what rounding leaves."""
    parts: list[Instalment] = []
    left = amount_fen
    for rule in document.instalments:
        is_last = rule is document.instalments[-1]
        share = left if is_last else amount_fen * rule.percent // 100
        left -= share
        parts.append(Instalment(rule.number, share, add_years(on, rule.years_after_application)))
    return tuple(parts)


def _find(clause: Clause, facts: Facts, calendar: Calendar, trust_declared: bool) -> Finding:
    seen = tuple(
        FactSeen(name, write_value(fact.value), fact.provenance, fact.as_of, fact.source)
        for name in clause.reads
        if (fact := facts.known.get(name)) is not None
    )
    outcome = _decide(clause, facts, calendar, Provenance.DECLARED if trust_declared else clause.floor)
    if outcome.answer is not Answer.UNPROVEN or trust_declared:
        return Finding(clause.code, outcome.answer, outcome.reasons, seen)
    reasons = outcome.reasons
    if unchecked := [it.name for it in seen if it.value != "?" and it.provenance < clause.floor]:
        as_declared = _decide(clause, facts, calendar, Provenance.DECLARED)
        values = {"would_be": as_declared.answer.value, "facts": unchecked, "proven_by": clause.proven_by}
        if as_declared != outcome:  # otherwise checking them would not settle the clause
            reasons = (*as_declared.reasons, Reason("provenance", "declared", values))
    return Finding(clause.code, outcome.answer, reasons, seen)


def _decide(clause: Clause, facts: Facts, calendar: Calendar, floor: Provenance) -> Outcome:
    return all_hold(clause.conditions, View(facts.on, calendar, facts.known, floor))


def _amount(document: PolicyDocument, facts: Facts, calendar: Calendar, trust_declared: bool) -> int | None:
    """The first row that fits; ``None`` where that is not proven, or no row fits."""
    floor = Provenance.DECLARED if trust_declared else Provenance.PAPER
    view = View(facts.on, calendar, facts.known, floor)
    for row in document.amounts:
        answer = all_hold(row.when, view).answer if row.when else Answer.MET
        if answer is Answer.MET:
            return row.amount_fen
        if answer is Answer.UNPROVEN:
            return None
    return None
