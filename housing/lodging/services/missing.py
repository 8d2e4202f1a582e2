"""What time does to stays: a guest who has not come loses the bed, one who has not left has left by noon.

The rule only proposes a bar; a person signs it (services/barring.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from applicants.people.linking import known_as
from housing.lodging.models import Bar, BarState, Stay, StayState
from housing.lodging.nights import LEAVES_BY
from housing.lodging.services.arriving import kept_through
from housing.lodging.services.availability import takes_guests
from housing.lodging.services.changing import change_stay, tell_guest, terms_of
from housing.lodging.services.holding import StayRefused, lock_stay
from portal.audit.services import record

logger = logging.getLogger(__name__)

AT_ONCE = 500  # rows that one round reads


def miss_due(*, at: datetime) -> int:
    """Release the beds of guests who have not come; a transaction each. Gives how many."""
    rows = Stay.objects.filter(state=StayState.BOOKED, first_on__lte=timezone.localdate(at)).order_by("first_on", "id")
    rows = rows.select_related("site", "booking__application__policy_version")
    due = [stay.pk for stay in rows[:AT_ONCE] if kept_through(stay) <= at]
    return sum(_alone(miss_stay, pk, at) for pk in due)


def leave_due(*, at: datetime) -> int:
    """Note that guests have left whose last night is over and who did not say so. Gives how many."""
    today = timezone.localdate(at)
    over = Q(leaves_on__lt=today)
    if timezone.localtime(at).time() >= LEAVES_BY:
        over |= Q(leaves_on=today)
    rows = Stay.objects.filter(over, state=StayState.IN).order_by("leaves_on", "id")
    return sum(_alone(_leave, pk, at) for pk in rows.values_list("pk", flat=True)[:AT_ONCE])


def miss_stay(stay_id: UUID, *, at: datetime) -> None:
    """Release the bed of a guest who has not come, say so, and propose a bar where the rule has one.

    A stay that was approved when its bed was kept no longer, or whose site could let nobody in, is cancelled: it is
    nobody's fault. Raises StayRefused.
    """
    with transaction.atomic():
        stay = lock_stay(stay_id)
        kept = kept_through(stay)
        if at < kept or stay.state != StayState.BOOKED:
            return
        if not takes_guests(stay.site, stay.first_on):
            change_stay(stay_id, "turn_away", by=None, at=at)
            return
        if stay.state_at >= kept:
            change_stay(stay_id, "cancel", by=None, at=at)
            return
        stay = change_stay(stay_id, "miss", by=None, at=at)
        bar = _propose(stay, at)
        returns = terms_of(stay).unused_nights_return
        tell_guest(stay, "stay_missed", at=at, bar_days=bar.days if bar else 0, nights_return=returns)


def times_missed(stay: Stay) -> int:
    """Which miss this one is, of the person and of whoever is linked with them; one that somebody excused is none."""
    everyone = known_as(stay.person)
    same = Q(person__in=everyone.ids) | Q(booking__application__number_hash__in=everyone.hashes)
    missed = Stay.objects.filter(same, state=StayState.NO_SHOW, state_at__lte=stay.state_at)
    return missed.exclude(bar__state__in=[BarState.DISMISSED, BarState.LIFTED]).count()


def _propose(stay: Stay, at: datetime) -> Bar | None:
    """The bar that the policy's rule has for this miss; the letter alone is the warning where it has none."""
    rule, times = terms_of(stay).missed, times_missed(stay)
    days = rule[min(times, len(rule)) - 1].bar_days if rule else 0
    if not days:
        return None
    bar = Bar.objects.create(person=stay.person, stay=stay, days=days, times=times, proposed_at=at)
    record(action="lodging_bar.propose", actor=None, target=bar, at=at, note=f"{days} days")
    return bar


def _leave(stay_id: UUID, *, at: datetime) -> None:
    change_stay(stay_id, "leave", by=None, at=at)


def _alone(act: Callable[..., None], stay_id: UUID, at: datetime) -> bool:
    """One row's act: what somebody did a moment ago stands, and a damaged row does not hold up the others."""
    try:
        act(stay_id, at=at)
    except StayRefused:
        return False
    except Exception as error:
        logger.error("Stay %s could not go on (%s).", stay_id, type(error).__name__)
        return False
    return True
