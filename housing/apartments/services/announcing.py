"""Letters to entrants about their round: the rank once the result is public, that they were not served, that the
round is void, and that it is run again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from housing.apartments.models import Entrant, EntrantState, Lease, LeaseState, Round, RoundAnnulment, RoundState
from housing.apartments.services.rounds import for_each
from portal.casework.letters import tell_applicant
from portal.casework.states import State
from portal.notifications.models import Letter

BATCH = 500  # rows of one transaction


def title_words(row: Round) -> dict[str, str]:
    """The title of the round in both languages."""
    return {"zh": row.title_zh, "en": row.title_en or row.title_zh}


def tell_due(*, at: datetime) -> int:
    """Tell everybody, once, what has become of their round; gives how many letters were written.

    The rank of a published one, that theirs is void, and that it may be entered anew where another is run in its place.
    """
    ranked = Round.objects.filter(state=RoundState.PUBLISHED)
    void = Round.objects.filter(state__in=[RoundState.ANNULLED, RoundState.SUPERSEDED])
    again = void.filter(
        redrawn_as__state=RoundState.OPEN, redrawn_as__opens_at__lte=at, redrawn_as__freezes_at__gt=at
    ).select_related("redrawn_as")
    written = for_each(ranked, lambda row: _tell_ranks(row, at=at))
    written += for_each(void, lambda row: _tell_void(row, at=at))
    return written + for_each(again, lambda row: _tell_again(row.redrawn_as, row, at=at))


def tell_unserved(row: Round, ids: Collection[UUID], *, at: datetime) -> None:
    """Tell these entrants of a closed round that they were not served, in the transaction of that."""
    _tell(ids, "round_over", lambda entrant: {"round_title": title_words(row)}, at=at)


def _tell_ranks(row: Round, *, at: datetime) -> int:
    ranked = Entrant.objects.filter(round=row, rank__isnull=False).order_by("rank")
    last = ranked.last()

    def words(entrant: Entrant) -> dict[str, Any]:
        place = {"number": entrant.shown_number, "rank": entrant.rank, "total": last.rank if last else 0}
        return {"round_title": title_words(row), **place}

    return _tell_all(ranked.exclude(state=EntrantState.LEFT), "round_ranked", words, at=at)


def _tell_void(row: Round, *, at: datetime) -> int:
    annulled = RoundAnnulment.objects.filter(round=row, confirmed_by__isnull=False).first()

    def words(entrant: Entrant) -> dict[str, Any]:
        return {
            "round_title": title_words(row),
            "reason": annulled.reason if annulled else "",
            "is_housed": entrant.state == EntrantState.HOUSED,
        }

    return _tell_all(_entered(row), "round_void", words, at=at)


def _tell_again(row: Round, void: Round, *, at: datetime) -> int:
    """Nobody is entered without their consent: they get the way to enter."""
    rented = Lease.objects.exclude(state=LeaseState.CANCELLED).values("application")
    here = Entrant.objects.filter(round=row).values("application")
    free = _entered(void).filter(application__state=State.APPROVED)
    free = free.exclude(application__in=rented).exclude(application__in=here)

    def words(entrant: Entrant) -> dict[str, Any]:
        return {
            "round_title": title_words(row),
            "void_title": title_words(void),
            "enter_by": row.freezes_at.isoformat(),
            "link": settings.PORTAL_URL + reverse("own_apartment_enter", args=[entrant.application_id, row.pk]),
        }

    return _tell_all(free, "round_again", words, at=at)


def _entered(row: Round) -> QuerySet[Entrant]:
    return Entrant.objects.filter(round=row).exclude(state=EntrantState.LEFT).order_by("number")


def _tell_all(
    entrants: QuerySet[Entrant], kind: str, words: Callable[[Entrant], dict[str, Any]], *, at: datetime
) -> int:
    """One letter of the kind for each, from the first to the last, so that where the last has one all have."""
    last = entrants.last()
    if last is None or Letter.objects.filter(key=_key(kind, last.pk)).exists():
        return 0
    ids, written = list(entrants.values_list("pk", flat=True)), 0
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            keys = {_key(kind, pk): pk for pk in ids[start : start + BATCH]}
            known = Letter.objects.filter(key__in=keys).values_list("key", flat=True)
            fresh = [keys[key] for key in keys.keys() - set(known)]
            _tell(fresh, kind, words, at=at)
            written += len(fresh)
    return written


def _tell(ids: Collection[UUID], kind: str, words: Callable[[Entrant], dict[str, Any]], *, at: datetime) -> None:
    wanted = ("application__applicant__user", "application__policy_version__policy")
    for entrant in Entrant.objects.filter(pk__in=ids).select_related(*wanted).order_by("rank", "number"):
        tell_applicant(entrant.application, kind, key=_key(kind, entrant.pk), at=at, **words(entrant))


def _key(kind: str, entrant_id: UUID) -> str:
    return f"{kind}:{entrant_id}"
