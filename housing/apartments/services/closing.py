"""The end of a round: closed, annulled or superseded. Open offers are withdrawn, who still stands was not served.

Ending is a matter of a moment; the rest is done by the sweep, however many there are.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction

from housing.apartments.models import (
    STANDING,
    Entrant,
    EntrantAdult,
    EntrantState,
    Offer,
    OfferState,
    Round,
    RoundState,
)
from housing.apartments.services.announcing import tell_unserved
from housing.apartments.services.offering import end_offer
from housing.apartments.services.refusals import OfferRefused
from housing.apartments.services.rounds import OVER, change_round, for_each, lock_round
from portal.accounts.models import User

BATCH = 500  # rows of one transaction


def close_round(round_id: UUID, *, by: User, at: datetime, expected_version: int | None = None) -> Round:
    """Close a published round; who was not served may enter another. Raises RoundRefused."""
    return change_round(round_id, "close", by=by, at=at, expected_version=expected_version)


def finish_due(*, at: datetime) -> int:
    """Finish the rounds that are over and have somebody standing; gives how many entrants were not served."""
    standing = Entrant.objects.filter(state__in=STANDING).values("round")
    rounds = Round.objects.filter(state__in=OVER, pk__in=standing)
    return for_each(rounds, lambda row: finish_round(row.pk, at=at))


def finish_round(round_id: UUID, *, at: datetime) -> int:
    """Withdraw the open offers of a round that is over, then let go who still stands; of a closed one, with a letter.

    Safe to run twice; gives how many were let go.
    """
    for offer in list(Offer.objects.filter(round=round_id, state=OfferState.OPEN).values_list("pk", flat=True)):
        with suppress(OfferRefused):  # answered meanwhile
            end_offer(offer_id=offer, state=OfferState.WITHDRAWN, by=None, at=at)
    unserved = 0
    waiting = Entrant.objects.filter(round=round_id, state__in=[EntrantState.ENTERED, EntrantState.RANKED])
    while True:
        with transaction.atomic():
            row = lock_round(round_id)
            rows = waiting.select_for_update(no_key=True).order_by("number").values_list("pk", flat=True)
            ids = list(rows[:BATCH])
            if not ids:
                return unserved
            EntrantAdult.objects.filter(entrant__in=ids).delete()
            unserved += Entrant.objects.filter(pk__in=ids).update(state=EntrantState.UNSERVED, state_at=at)
            if row.state == RoundState.CLOSED:  # a void round is told to everybody who was in it
                tell_unserved(row, ids, at=at)
