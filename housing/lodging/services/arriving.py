"""Arrivals, by a site's operator: on the first night, as long as the bed is kept."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.cards.services.codes import CodeRefused, Fault
from housing.lodging.models import Stay, StayState
from housing.lodging.nights import held_through, night_of
from housing.lodging.services.changing import change_stay, terms_of, works_at
from housing.lodging.services.codes import read_code
from housing.lodging.services.holding import StayRefused, lock_stay
from portal.partners.models import PartnerMember
from portal.ui.figures import day_text, day_time_text


def kept_through(stay: Stay) -> datetime:
    """When the bed of a guest who has not come is kept no longer: by the site's hour, else by the policy's."""
    until = stay.site.hold_until or time.fromisoformat(terms_of(stay).hold_until)
    return held_through(stay.first_on, until)


def may_arrive(stay: Stay, *, at: datetime) -> bool:
    """Whether the guest may check in now: booked, on the first night (at 00:20 still that of the evening), in time."""
    return stay.state == StayState.BOOKED and night_of(at) == stay.first_on and at < kept_through(stay)


def stay_by_code(text: str, *, member: PartnerMember, at: datetime) -> Stay:
    """The stay whose code the guest's phone shows. Raises CodeRefused, and StayRefused for a guest of another site."""
    rows = Stay.objects.select_related("site__place", "bed__room", "booking__application__policy_version")
    stay = rows.filter(opaque_id=read_code(text, at=at)).first()
    if stay is None:
        raise CodeRefused(Fault.GARBAGE)
    if not works_at(member, stay):
        raise StayRefused(_("这位客人预订的不是您这里。请他看手机上的地址。"))
    return stay


def check_in(
    *,
    stay_id: UUID,
    member: PartnerMember,
    at: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Stay:
    """The guest has come. ``reason`` says why there was no code, and stays in the history. Raises StayRefused."""
    with transaction.atomic():
        stay = lock_stay(stay_id)
        if stay.state == StayState.BOOKED and not may_arrive(stay, at=at):
            raise StayRefused(_why_not(stay, at))
        return change_stay(
            stay_id,
            "check_in",
            by=member.user,
            at=at,
            member=member,
            expected_version=expected_version,
            reason=reason,
        )


def _why_not(stay: Stay, at: datetime) -> str:
    if night_of(at) < stay.first_on:
        return _("这位客人从 %(day)s晚上起入住，现在还不能办理。") % {"day": day_text(stay.first_on)}
    return _("床位保留到 %(moment)s，已经过了，不能再办理入住。") % {"moment": day_time_text(kept_through(stay))}
