"""What an address or a form field brings that no form reads: numbers, and the place where a list goes on."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import Http404

MOST_DIGITS = 9  # fits an integer column of every database


def number_in(text: str) -> int | None:
    """The whole number that ``text`` writes in at most nine ASCII digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def place_of(row: Model, moment: str) -> str:
    """Where ``row`` stands in a list by its time ``moment`` and its id: ``<time>_<id>``, for ``older_than``."""
    return f"{getattr(row, moment).isoformat()}_{row.pk}"


def older_than(found: QuerySet[Any], place: str, moment: str) -> QuerySet[Any]:
    """Narrow a list, newest first, to what comes after ``place``: a page costs the same however long the list is.

    Raises Http404 for a place that nobody gave out.
    """
    when, _, key = place.partition("_")
    try:
        at, pk = datetime.fromisoformat(when), UUID(key)
        if at.tzinfo is None:
            raise Http404
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):  # the calendar ends somewhere between two zones
        raise Http404 from None
    return found.filter(Q(**{f"{moment}__lt": at}) | Q(**{moment: at, "id__lt": pk}))
