"""What a site's operator does for guests, and which stays they see: those of today and of tomorrow, no others."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applicants.people.linking import lock_everyone
from housing.lodging.limits import limits_of, most_nights
from housing.lodging.models import Bed, Site, Stay, StayState
from housing.lodging.nights import ONE_DAY, Nights, night_of
from housing.lodging.services.availability import fitting_beds
from housing.lodging.services.changing import change_stay, tell_guest, works_at
from housing.lodging.services.counting import taken_by
from housing.lodging.services.holding import StayRefused, extend_stay, lock_stay, move_stay
from portal.partners.models import PartnerMember
from portal.partners.scopes import places_of

SEEN_AFTER = timedelta(days=1)  # once a stay is over, for a note about it


def stays_of(member: PartnerMember, *, at: datetime) -> QuerySet[Stay]:
    """The stays that an operator sees: in house, coming tonight or tomorrow, over since a day at most."""
    is_coming = Q(state=StayState.BOOKED, first_on__lte=night_of(at) + ONE_DAY)
    is_over = Q(state__in=[StayState.LEFT, StayState.NO_SHOW], state_at__gt=at - SEEN_AFTER)
    rows = Stay.objects.filter(is_coming | Q(state=StayState.IN) | is_over, site__place__in=places_of(member))
    return rows.select_related("site__place", "bed__room", "booking__application__policy_version")


def leave(*, stay_id: UUID, member: PartnerMember, at: datetime, expected_version: int) -> Stay:
    """The guest has left; nights not slept go back. Raises StayRefused."""
    return change_stay(stay_id, "leave", by=member.user, at=at, member=member, expected_version=expected_version)


def most_more_nights(stay: Stay) -> int:
    """By how many nights the stay may grow within the limits of its policy, whatever beds there are."""
    limits = limits_of(stay.booking.application.policy_version.parsed)
    taken = taken_by(stay.person, without=stay.booking)
    return max(0, most_nights(limits, taken, stay.first_on) - stay.planned.count)


def extend(*, stay_id: UUID, count: int, member: PartnerMember, at: datetime, expected_version: int) -> Stay:
    """Add ``count`` nights in the same bed, within the policy's limits. Raises StayRefused, NoBedFree."""
    person = Stay.objects.select_related("person").get(pk=stay_id).person
    with transaction.atomic():
        lock_everyone(person)  # who books for the same person meanwhile waits: both count against one limit
        stay = _lock_guest(stay_id, member, expected_version)
        if stay.state != StayState.IN:
            raise StayRefused(_("客人入住以后才能续住。"))
        most = most_more_nights(stay)
        if count > most:
            raise StayRefused(_too_many(most))
        if not Site.objects.working(Nights(stay.leaves_on, count)).filter(pk=stay.site_id).exists():
            raise StayRefused(_("您单位和人社局的合作在这之前到期，不能续住。"))
        extended = extend_stay(stay_id=stay_id, count=count, by=member.user, at=at)
        tell_guest(extended, "stay_extended", at=at)
        return extended


def beds_to_move_to(stay: Stay, *, at: datetime) -> QuerySet[Bed]:
    """The beds of the site that the guest could have from tonight to the last night."""
    first = max(night_of(at), stay.first_on)
    if first > stay.planned.last:
        return Bed.objects.none()
    beds = fitting_beds(stay.site, Nights.between(first, stay.planned.last), stay.sex)
    return beds.exclude(pk=stay.bed_id).select_related("room")


def move(*, stay_id: UUID, bed: Bed, member: PartnerMember, at: datetime, expected_version: int, reason: str) -> Stay:
    """Give the guest another bed from tonight on. Raises StayRefused, NoBedFree."""
    with transaction.atomic():
        stay = _lock_guest(stay_id, member, expected_version)
        if stay.state not in (StayState.BOOKED, StayState.IN):
            raise StayRefused(_("这次住宿已经结束，不能再改。"))
        if not reason.strip():
            raise StayRefused(_("请写明理由。"))
        return move_stay(stay_id=stay_id, bed=bed, from_on=night_of(at), by=member.user, at=at, reason=reason.strip())


def _lock_guest(stay_id: UUID, member: PartnerMember, expected_version: int) -> Stay:
    stay = lock_stay(stay_id)
    if stay.version != expected_version:
        raise StayRefused(_("这次住宿刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
    if not works_at(member, stay) or member.user_id == stay.person.user_id:
        raise StayRefused(_("您没有办理这一步的权限。"))
    return stay


def _too_many(most: int) -> str:
    if not most:
        return _("按政策，这位客人的免费晚数已经用完，不能再续住。")
    return ngettext("按政策，最多还能续 %(count)d 晚。", "按政策，最多还能续 %(count)d 晚。", most) % {"count": most}
