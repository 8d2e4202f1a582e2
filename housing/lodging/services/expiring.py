"""Holds and offers that nobody took up in time: they end by themselves, and who waits is served."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from housing.lodging.models import Stay, StayState
from housing.lodging.services.changing import change_stay
from housing.lodging.services.holding import lock_stay
from housing.lodging.services.waiting import lock_offer, pass_on, serve_everybody

logger = logging.getLogger(__name__)
BATCH = 500


def end_overdue_holds(*, at: datetime) -> int:
    """End every hold whose time is over, each in its own transaction; gives how many. Safe to run twice."""
    overdue = Stay.objects.filter(state=StayState.HELD, held_until__lte=at).order_by("held_until", "id")
    return sum(_end(pk, at) for pk in list(overdue.values_list("pk", flat=True)[:BATCH]))


def pass_beds_on(*, at: datetime) -> int:
    """End what is overdue, then offer free beds to who waits; gives how many offers were made."""
    end_overdue_holds(at=at)
    return serve_everybody(at=at)


def _end(pk: UUID, at: datetime) -> bool:
    try:
        with transaction.atomic():
            place = lock_offer(pk)
            stay = lock_stay(pk)
            if stay.state != StayState.HELD or stay.held_until is None or stay.held_until > at:
                return False  # held on meanwhile
            change_stay(pk, "lapse" if place is None else "pass_on", by=None, at=at)
            if place is not None:
                pass_on(place, at=at)
            return True
    except Exception as error:  # one damaged stay must not hold up the others, nor put its words in a log
        logger.error("The hold of stay %s could not be ended (%s).", pk, type(error).__name__)
        return False
