"""One condition on its own: what it answers to a few facts. And a document with one clause written anew."""

import json
from datetime import date
from typing import Any

from portal.policy.assessing import Assessment, assess
from portal.policy.calendar import shipped_calendar
from portal.policy.conditions import Outcome, View, walk
from portal.policy.facts import Facts, Provenance
from portal.policy.schema import PolicyDocument, check_document
from tests.policy.qualifying import document

TITLE = {"zh": "生活补贴", "en": "the living subsidy"}


def with_clause(code: str, clause: str, *conditions: dict[str, Any], **changes: Any) -> PolicyDocument:
    """The shipped document with other conditions in one clause, and other fields."""
    data = json.loads(document(code).model_dump_json()) | changes
    next(it for it in data["clauses"] if it["code"] == clause)["conditions"] = list(conditions)
    return check_document(data)


def answered(policy: PolicyDocument, person: dict[str, str], **changes: str) -> Assessment:
    """What that document answers to this person with these changes."""
    known = person | changes
    facts = Facts.of(date.fromisoformat(known.pop("on")), known, Provenance.REGISTER)
    return assess(policy, facts, shipped_calendar())


def judged(condition: dict[str, Any], on: str = "2023-11-20", gross_fen: int | None = None, **facts: str) -> Outcome:
    """What one condition answers."""
    read = with_clause("LS-2022", "LS-8", condition).clause("LS-8").conditions[0]
    known = Facts.of(date.fromisoformat(on), facts, Provenance.REGISTER).known
    return read.holds(View(date.fromisoformat(on), shipped_calendar(), known, Provenance.DECLARED, lambda: gross_fen))


def kinds_of(policy: PolicyDocument) -> set[str]:
    """Every kind of condition a document uses, in clauses, amounts, scales and the ladder."""
    rows = (*policy.amounts, *policy.scales, *policy.ladder)
    return {it.kind for it in policy.all_conditions()} | {it.kind for row in rows for it in walk(row.when)}
