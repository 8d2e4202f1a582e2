"""The nights of a stay that is over, put right by a reviewer: what the counter forgot, or noted and was not so."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.people.linking import lock_everyone
from housing.lodging.machine import change_named
from housing.lodging.models import ForfeitedNight, Settlement, Stay
from housing.lodging.nights import Nights, night_of
from housing.lodging.services.barring import forget_miss
from housing.lodging.services.changing import change_stay, may_change
from housing.lodging.services.holding import StayRefused, lock_stay, set_slept
from housing.lodging.services.operating import most_more_nights
from housing.lodging.services.settling import month_of
from portal.accounts.models import User


def may_correct(stay: Stay, by: User) -> bool:
    """Whether ``by`` may set the nights of this stay: it is over, and they are a reviewer of its town."""
    change = change_named("correct", stay.state)
    return change is not None and may_change(change, stay, by)


def correct_nights(*, stay_id: UUID, count: int, reason: str, by: User, at: datetime, expected_version: int) -> Stay:
    """Let the guest have slept the first ``count`` nights, and no others; 0 of who never came, though noted so.

    A miss of who was there is none any more. Raises StayRefused (limits, nights to come, a statement that is signed),
    NoBedFree where others have the beds, BarRefused.
    """
    person = Stay.objects.select_related("person").get(pk=stay_id).person
    with transaction.atomic():
        lock_everyone(person)  # who books for the same person meanwhile waits: both count against one limit
        stay = lock_stay(stay_id)
        if change_named("correct" if count else "strike", stay.state) is None:
            raise StayRefused(_("这次住宿现在不能这样办理。"))
        _refuse_signed(stay, count)
        if count:
            nights = Nights(stay.first_on, count)
            if nights.last >= night_of(at):
                raise StayRefused(_("还没有过完的晚上不能记为住过。"))
            most = stay.planned.count + most_more_nights(stay)
            if count > most:
                raise StayRefused(_("按政策，最多记 %(count)s 晚。") % {"count": most})
            set_slept(stay, nights)
            ForfeitedNight.objects.filter(stay=stay, on__in=nights.dates).delete()
            forget_miss(stay, reason=reason, by=by, at=at)
        name = "correct" if count else "strike"
        return change_stay(stay_id, name, by=by, at=at, expected_version=expected_version, reason=reason)


def _refuse_signed(stay: Stay, count: int) -> None:
    """What a site has signed stays as it is: the office sends it back first, as long as it has not signed too."""
    known = set(stay.nights.values_list("on", flat=True))
    wanted: set[date] = set(Nights(stay.first_on, count).dates) if count else set()
    months = {month_of(on) for on in known ^ wanted}
    rows = Settlement.objects.select_for_update().filter(site=stay.site_id, month__in=months)
    for row in rows.order_by("month"):
        if row.signed_by_office_id is not None:
            raise StayRefused(_("这个月的结算单双方都已确认，不能再更正。"))
        if row.signed_by_site_id is not None:
            raise StayRefused(_("这个月的结算单住宿单位已经确认。请先退回结算单，再更正。"))
