"""The line for a bed: joined for one site and its nights, served in its order, left at any time.

An offer is a stay held for the booking, for the hours that the policy says; not taken up, it lapses and the next in
line is served (expiring.py). Locks: application, places in the line, stay, rooms. Whoever serves a line has all of it,
then all rooms of the site: a bed that is freed meanwhile is freed before or after, and never for who stands behind.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from housing.lodging.limits import limits_of
from housing.lodging.models import Site, StayState, WaitingPlace, WaitingState
from housing.lodging.nights import Nights, night_of
from housing.lodging.services.applying import (
    Wish,
    days_to_arrive,
    detail_of,
    held_until,
    hold,
    kept_stay,
    lodging_terms,
    waiting_place,
    while_in_time,
    why_not,
    write_wish,
)
from housing.lodging.services.changing import change_stay, tell_guest
from housing.lodging.services.finding import beds_to_hold
from housing.lodging.services.holding import NoBedFree, StayRefused, lock_rooms, lock_stay, step_on
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.letters import tell_applicant
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, lock_application

MOST_SERVED = 500  # places looked at in one turn
IN_LINE = (WaitingState.WAITING, WaitingState.OFFERED)


def join_line(application: Application, wish: Wish, *, by: User, at: datetime) -> WaitingPlace:
    """Wait for what is wished, instead of any bed held now; the very same wish again is the place there is.

    Where a bed is free after all it is offered at once. Raises StepRefused.
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        detail = write_wish(row, wish, by=by, at=at)
        asked = {
            "site": wish.site,
            "first_on": wish.nights.first,
            "leaves_on": wish.nights.leaves_on,
            "sex": wish.sex,
            "needs_accessible": wish.needs_accessible,
        }
        place = waiting_place(row)
        if place is None or any(getattr(place, name) != value for name, value in asked.items()):
            leave_line(row, by=by, at=at)
            held = kept_stay(row)
            if held is not None:
                change_stay(held.pk, "cancel", by=None, at=at, reason=_("改为排队候补。"))
            place = WaitingPlace.objects.create(booking=detail, since=at, state_at=at, **asked)
            record(action="waiting.join", actor=by, target=row, at=at, note=f"place {place.pk}")
    serve_line(wish.site, wish.nights, at=at)
    place.refresh_from_db()
    return place


def leave_line(row: Application, *, by: User | None, at: datetime) -> None:
    """Take a locked application out of the line it stands in, with what was offered to it."""
    for place in _locked(WaitingPlace.objects.filter(booking=row.pk, state__in=IN_LINE)):
        if place.stay_id is not None:  # what is offered
            change_stay(place.stay_id, "cancel", by=None, at=at, reason=_("没有要这张床位。"))
        _set(place, WaitingState.LEFT, at=at)
        record(action="waiting.leave", actor=by, target=row, at=at, note=f"place {place.pk}")


def leave(application: Application, *, by: User, at: datetime) -> None:
    """The same for an application that nobody has locked; twice is once. Raises StepRefused where it is gone."""
    with transaction.atomic():
        leave_line(lock_application(application.pk), by=by, at=at)


def accept_offer(application: Application, *, by: User, at: datetime) -> None:
    """Take the bed that is offered: from now on it is held as one chosen is. Raises StepRefused."""
    with transaction.atomic():
        row = lock_application(application.pk)
        if not take_offer(row, by=by, at=at):
            raise StepRefused(_("现在没有给您保留的床位。可能已经到期，轮到下一位了。"))


def take_offer(row: Application, *, by: User | None, at: datetime) -> bool:
    """The same within a locked application; whether there was an offer that still stands. Raises StepRefused."""
    place = _locked(WaitingPlace.objects.filter(booking=row.pk, state=WaitingState.OFFERED)).first()
    if place is None or place.stay_id is None:
        return False
    stay = lock_stay(place.stay_id)
    if stay.state != StayState.HELD or stay.held_until is None or stay.held_until <= at:
        return False
    if why := why_not(row, place.nights, at=at):
        raise StepRefused(why)
    _set(place, WaitingState.TAKEN, at=at)
    stay.held_until = max(stay.held_until, held_until(row, place.nights, at))
    step_on(stay, "take", by=by, at=at, fields=["held_until"])
    return True


def place_in_line(place: WaitingPlace) -> int:
    """How many wait before for nights that meet these, and one: the place as its holder counts."""
    before = Q(since__lt=place.since) | Q(since=place.since, id__lt=place.pk)
    return 1 + _meeting(place.site, place.nights).filter(before).count()


def serve_line(site: Site, nights: Nights | None = None, *, at: datetime) -> int:
    """Offer free beds of the site to who waits, in their order; only where somebody waits for ``nights``, if given.

    Each offer is a transaction of its own. Gives how many were offered a bed; one query where nobody waits.
    """
    if nights and not _meeting(site, nights).exists():
        return 0
    for pk in _come_too_near(site, at):
        _end_wait(pk, at)
    offered = 0
    while _offer_beds(site, at, most=1):
        offered += 1
    return offered


def serve_before(site: Site, nights: Nights, *, at: datetime) -> None:
    """Offer beds to who waits, within a transaction that goes on to take one of what is left.

    All in one turn: another would lock places while it has the rooms.
    """
    if _meeting(site, nights).exists():
        _offer_beds(site, at, most=MOST_SERVED)


def serve_everybody(*, at: datetime) -> int:
    """Serve the line of every site that has one; gives how many were offered a bed."""
    waiting = WaitingPlace.objects.filter(state=WaitingState.WAITING).order_by()
    sites = Site.objects.filter(pk__in=waiting.values("site"))
    return sum(serve_line(site, at=at) for site in sites.order_by("pk"))


def pass_on(place: WaitingPlace, *, at: datetime) -> None:
    """Note that a locked place's offer was not taken up; the stay is ended by the caller."""
    _set(place, WaitingState.PASSED, at=at)


def lock_offer(stay_id: UUID) -> WaitingPlace | None:
    """The locked place whose offer this stay is, if it is one."""
    return _locked(WaitingPlace.objects.filter(stay=stay_id, state=WaitingState.OFFERED)).first()


def _come_too_near(site: Site, at: datetime) -> list[UUID]:
    """Who waits for nights that may not be asked for any more: over, or with too few days left to apply."""
    rows = _waiting(site).select_related("booking__application__policy_version").order_by("first_on", "id")
    earliest: dict[tuple[int, date | None], date] = {}
    found = []
    for place in rows[:MOST_SERVED]:
        application = place.booking.application
        alike = application.policy_version_id, application.submitted_on
        if alike not in earliest:
            limits = limits_of(application.policy_version.parsed)
            earliest[alike], _last = days_to_arrive(application, limits, at=at)
        if place.first_on < earliest[alike]:
            found.append(place.pk)
    return found


def _offer_beds(site: Site, at: datetime, *, most: int) -> int:
    """Offer beds to the first in line for whom there are some; gives how many."""
    line = _waiting(site).filter(first_on__gte=night_of(at)).order_by("since", "id")
    asked = {(place.nights, place.sex, place.needs_accessible) for place in line[:MOST_SERVED]}
    if not any(beds_to_hold(site, *wish[:2], needs_accessible=wish[2]).exists() for wish in asked):
        return 0  # mostly so, and nothing was locked
    offered = 0
    with transaction.atomic():
        places = list(_locked(line)[:MOST_SERVED])
        lock_rooms(site.rooms.values_list("pk", flat=True))
        in_vain = set()
        for place in places:
            wish = place.nights, place.sex, place.needs_accessible
            if wish in in_vain or why_not(place.booking.application, place.nights, at=at):
                continue
            if not _offer(place, at):
                in_vain.add(wish)
                continue
            offered += 1
            if offered == most:
                break
    return offered


def _offer(place: WaitingPlace, at: datetime) -> bool:
    """Offer the locked place a bed; whether there was one."""
    application = place.booking.application
    ends = at + timedelta(hours=lodging_terms(application).offer_hours)
    until = while_in_time(ends, application, place.nights, at)
    try:
        stay = hold(detail_of(application), until=until, by=None, at=at)
    except (NoBedFree, StayRefused):
        return False
    place.stay = stay
    _set(place, WaitingState.OFFERED, at=at)
    tell_guest(lock_stay(stay.pk), "bed_offered", at=at, held_until=until.isoformat())
    return True


def _end_wait(pk: UUID, at: datetime) -> None:
    """Nothing can come of it any more. Whoever works on the place just now sees to it."""
    with transaction.atomic():
        place = _locked(WaitingPlace.objects.filter(pk=pk, state=WaitingState.WAITING), skip_locked=True).first()
        if place is not None:
            _set(place, WaitingState.LEFT, at=at)
            _tell_over(place, at=at)


def _tell_over(place: WaitingPlace, *, at: datetime) -> None:
    where = place.site.place
    tell_applicant(
        place.booking.application,
        "waiting_over",
        key=f"waiting:{place.pk}:over",
        at=at,
        site={"zh": where.name_zh, "en": where.name_en or where.name_zh},
        first_on=place.first_on.isoformat(),
    )


def _waiting(site: Site) -> QuerySet[WaitingPlace]:
    return WaitingPlace.objects.filter(site=site, state=WaitingState.WAITING)


def _meeting(site: Site, nights: Nights) -> QuerySet[WaitingPlace]:
    """Who waits for any of these nights."""
    return _waiting(site).filter(first_on__lt=nights.leaves_on, leaves_on__gt=nights.first)


def _locked(places: QuerySet[WaitingPlace], *, skip_locked: bool = False) -> QuerySet[WaitingPlace]:
    rows = places.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    return rows.select_related(
        "site__place", "booking__application__applicant__user", "booking__application__policy_version__policy"
    )


def _set(place: WaitingPlace, state: str, *, at: datetime) -> None:
    place.state, place.state_at = state, at
    place.save(update_fields=["state", "state_at", "stay"])
