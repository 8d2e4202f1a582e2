"""The one function that writes a stay's state."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from housing.lodging.machine import FORFEITING, GUEST, OPERATOR, PURPOSES, SYSTEM, Change, change_named
from housing.lodging.models import BedNight, ForfeitedNight, Stay, StayState
from housing.lodging.nights import EVENING, LEAVES_BY, on_day
from housing.lodging.services.holding import StayRefused, give_back, leave_early, lock_stay, note_event
from portal.accounts.models import User
from portal.casework.letters import appeal_to, tell_applicant
from portal.partners.choices import MemberRole
from portal.partners.models import PartnerMember
from portal.partners.scopes import places_of
from portal.policy.offers import LodgingTerms


def change_stay(
    stay_id: UUID,
    name: str,
    *,
    by: User | None,
    at: datetime,
    member: PartnerMember | None = None,
    expected_version: int | None = None,
    reason: str = "",
) -> Stay:
    """Make one change of the stay's table, whole or not at all: state, nights, event, audit entry, letter.

    ``by`` is None for the portal itself; for a site's operator it is ``member.user``. Raises StayRefused.
    """
    with transaction.atomic():
        stay = lock_stay(stay_id)
        if expected_version is not None and stay.version != expected_version:
            raise StayRefused(_("这次住宿刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
        change = change_named(name, stay.state)
        if change is None:
            raise StayRefused(_("这次住宿现在不能这样办理。"))
        if not may_change(change, stay, by, member):
            raise StayRefused(_("您没有办理这一步的权限。"))
        if change.needs_reason and not reason.strip():
            raise StayRefused(_("请写明理由。"))
        _write(stay, change, by=by, at=at, reason=reason.strip())
        return stay


def may_change(change: Change, stay: Stay, by: User | None, member: PartnerMember | None = None) -> bool:
    """Whether whoever acts holds a role of this row for this stay. Nobody but the guest acts on an own stay."""
    if by is None:
        return SYSTEM in change.roles
    if by.pk == stay.person.user_id:
        return GUEST in change.roles
    if member is not None:
        return OPERATOR in change.roles and works_at(member, stay)
    application = stay.booking.application
    return any(by.may_act_as(role, application.programme, stay.site.place.town) for role in change.roles)


def works_at(member: PartnerMember, stay: Stay) -> bool:
    """Whether ``member`` is one of the operators of the stay's site."""
    return member.role == MemberRole.SITE_OPERATOR and places_of(member).filter(pk=stay.site.place_id).exists()


def terms_of(stay: Stay) -> LodgingTerms:
    """What the policy of the stay's application says of staying."""
    terms = stay.booking.application.policy_version.parsed.lodging
    if terms is None:
        raise ValueError("A policy that gives stays has terms of lodging.")
    return terms


def _write(stay: Stay, change: Change, *, by: User | None, at: datetime, reason: str) -> None:
    source, target = stay.state, StayState(change.target)
    stay.state, stay.state_at, stay.held_until = target, at, None
    stay.version += 1
    if target == StayState.IN:
        stay.arrived_at = at
    elif change.name == "correct":  # nobody noted when
        stay.arrived_at = stay.arrived_at or on_day(stay.first_on, EVENING)
        stay.left_at = on_day(stay.leaves_on, LEAVES_BY)
    elif target == StayState.LEFT:
        stay.left_at = at
    else:
        stay.arrived_at = stay.left_at = None
    stay.save(update_fields=["state", "state_at", "held_until", "arrived_at", "left_at", "version"])
    if change.name == "correct":
        unused = []
    elif target == StayState.LEFT:
        unused = leave_early(stay, from_on=timezone.localdate(at))  # the night that has begun is used
    elif target in PURPOSES:
        unused = []
        BedNight.objects.filter(stay=stay).update(purpose=PURPOSES[target])
    else:
        unused = give_back(stay)
    if unused and target in FORFEITING and not terms_of(stay).unused_nights_return:
        ForfeitedNight.objects.bulk_create(ForfeitedNight(stay=stay, on=on) for on in unused)
    note_event(stay, change.name, from_state=source, by=by, at=at, reason=reason)
    if change.letter:
        way_back = appeal_to(stay.booking.application.policy_version.parsed) if change.needs_reason else {}
        tell_guest(stay, change.letter, at=at, reason=reason, **way_back)


def tell_guest(stay: Stay, kind: str, *, at: datetime, reason: str = "", **details: object) -> None:
    """Queue one letter about the stay to its guest: one per change."""
    place, last = stay.site.place, stay.planned.last
    tell_applicant(
        stay.booking.application,
        kind,
        key=f"stay:{stay.pk}:{stay.version}:{kind}",
        at=at,
        site={"zh": place.name_zh, "en": place.name_en or place.name_zh},
        address=place.address,
        first_on=stay.first_on.isoformat(),
        last_on=last.isoformat(),
        leaves_on=stay.leaves_on.isoformat(),
        night_count=stay.planned.count,
        reason=reason,
        **details,
    )
