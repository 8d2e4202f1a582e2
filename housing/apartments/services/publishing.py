"""What everybody may read of a round: the list as it was frozen, and the result once it is public."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.db.models import QuerySet

from housing.apartments.models import PUBLIC_ROUNDS, Round, RoundFile, RoundState, UnitType

PAGE = 100  # lines
WITH_RESULT = (RoundState.PUBLISHED, RoundState.CLOSED, RoundState.SUPERSEDED)


@dataclass(frozen=True)
class Line:
    """An entrant as the list says it; ``rank`` is None before the result is public."""

    number: int
    tier: str
    household: int
    types: tuple[str, ...]
    label: str
    rank: int | None = None


@dataclass(frozen=True)
class ListPage:
    """A page of the list: in the order of ranks once there are any, else of numbers."""

    lines: list[Line]
    number: int  # from 1
    count: int  # pages
    total: int  # entrants


def public_rounds() -> QuerySet[Round]:
    """Every round that was announced, the newest first."""
    return Round.objects.filter(state__in=PUBLIC_ROUNDS).order_by("-opens_at", "-pk")


def public_file(row: Round, kind: str) -> RoundFile | None:
    """The file of this kind, where it is public: the list from the freeze on, the result once published."""
    if kind == RoundFile.Kind.RESULT and row.state not in WITH_RESULT:
        return None
    return RoundFile.objects.filter(round=row, kind=kind).first()


def list_page(row: Round, *, page: int = 1, only: int | None = None) -> ListPage | None:
    """A page of the frozen list (kept within the pages there are), or the one entrant with number ``only``.

    None before the list is public. Read from the published files, so that page and file never differ.
    """
    stored = public_file(row, RoundFile.Kind.ENTRANTS)
    if stored is None:
        return None
    _head, _gap, body = bytes(stored.content).decode().partition("\n\n")
    found = {int(line[: line.index("\t")]): line for line in body.splitlines()}
    result = public_file(row, RoundFile.Kind.RESULT)
    ranking: list[int] = json.loads(bytes(result.content))["ranking"] if result else []
    if only is not None:
        rank = ranking.index(only) + 1 if only in ranking else None
        return ListPage([_line(found[only], rank)] if only in found else [], 1, 1, len(found))
    count = -(-len(found) // PAGE)
    number = min(max(page, 1), count)
    start = (number - 1) * PAGE
    if ranking:
        lines = [_line(found[one], rank) for rank, one in enumerate(ranking[start : start + PAGE], start + 1)]
    else:
        lines = [_line(line) for line in list(found.values())[start : start + PAGE]]
    return ListPage(lines, number, count, len(found))


def titles_of(row: Round) -> dict[str, str]:
    """The words for the codes of tiers and of unit types, in the active language."""
    tiers = {rung.code: str(rung.title) for rung in row.policy_version.parsed.ladder}
    return tiers | {type.code: type.title for type in UnitType.objects.all()}


def _line(text: str, rank: int | None = None) -> Line:
    number, tier, household, types, label = text.split("\t")
    return Line(int(number), tier, int(household), tuple(types.split(",")), label, rank)
