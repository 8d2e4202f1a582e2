"""A partner's people: managers invited by the bureau, everybody else added by a manager."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from portal.accounts.models import User, normalise_email
from portal.audit.services import record
from portal.notifications.services import queue_letter
from portal.partners.choices import DEVICE_ROLES, MemberRole, MemberState, PartnerKind
from portal.partners.models import Partner, PartnerMember, PartnerPlace
from portal.partners.services.devices import (
    INVITATION_LASTS,
    LinkIsOver,
    find_link,
    link_is_over,
    lock_member,
    make_link,
    revoke_devices_of,
    use_link,
)

LETTER = "partner_invited"


def invite_manager(*, partner: Partner, email: str, name: str, by: User, at: datetime) -> PartnerMember:
    """Add a manager and send them a link that works once.

    An account is opened for an address that has none. Raises Refused for people of the bureau and for who is already a
    member somewhere.
    """
    with transaction.atomic():
        partner = Partner.objects.select_for_update(of=("self",)).get(pk=partner.pk)
        user = User.objects.filter(email=normalise_email(email)).first()
        if user is None:
            user = User.objects.create_user(email, display_name=name)
        if user.needs_second_factor:
            raise Refused(_("工作人员不能做合作单位的负责人。请换一个邮箱。"))
        if not user.is_active or user.partner_members.exclude(state=MemberState.LEFT).exists():
            raise Refused(_("这个邮箱的账号已经是合作单位的成员，或者已经停用。请换一个邮箱。"))
        member = PartnerMember.objects.create(
            partner=partner, user=user, role=MemberRole.MANAGER, display_name=name, added_at=at
        )
        record(action="partner.invite_manager", actor=by, target=member, at=at)
        send_invitation(member=member, by=by, at=at)
    return member


def send_invitation(*, member: PartnerMember, by: User, at: datetime) -> None:
    """Write the manager a letter with a new link; an earlier one stops working. Raises Refused as ``make_link``."""
    if member.state != MemberState.INVITED:
        raise Refused(_("这位负责人已经接受邀请。"))
    with transaction.atomic():
        token = make_link(member=member, by=by, at=at, lasts=INVITATION_LASTS)
        partner = member.partner
        queue_letter(
            kind=LETTER,
            recipient=member.user,
            reference="",
            context={
                "name": member.display_name,
                "partner": {"zh": partner.name_zh, "en": partner.name_en or partner.name_zh},
                "link": settings.PORTAL_URL + reverse("partner_invited", args=[token]),
                "until": timezone.localdate(at + INVITATION_LASTS).isoformat(),
            },
            key=f"{LETTER}:{member.links.get(used_at=None).pk}",
            at=at,
        )


def accept_invitation(*, token: str, by: User | None, password: str, at: datetime) -> PartnerMember:
    """Make the invited manager a manager. Raises LinkIsOver, and for the account of somebody else too.

    Who came by the link has read their mail: an account without a password gets ``password`` and its address counts as
    verified. An account that has one has to be signed in (``by``).
    """
    found = find_link(token=token, at=at)
    if found is None or not found.member.is_manager:
        raise LinkIsOver(link_is_over())
    has_password = found.member.user.has_usable_password()
    if has_password and by != found.member.user:
        raise LinkIsOver(link_is_over())
    with transaction.atomic():
        _link, member = use_link(token=token, at=at)
        if not has_password:
            user = member.user
            user.set_password(password)
            user.save(update_fields=["password"])
            EmailAddress.objects.update_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )
        record(action="partner.accept_invitation", actor=member.user, target=member, at=at)
    return member


def add_member(
    *, partner: Partner, role: str, name: str, places: Sequence[PartnerPlace], by: User, at: datetime
) -> PartnerMember:
    """Add somebody who will work with a device. Raises Refused for a role or place that the partner does not have."""
    with transaction.atomic():
        partner = Partner.objects.select_for_update(of=("self",)).get(pk=partner.pk)
        _must_fit(partner, role, places)
        member = PartnerMember.objects.create(
            partner=partner, user=_account_that_cannot_sign_in(name), role=role, display_name=name, added_at=at
        )
        member.places.set(places)
        record(action="partner.add_member", actor=by, target=member, at=at, fields=["role", "display_name", "places"])
    return member


def change_member(
    *, member: PartnerMember, name: str, role: str, places: Sequence[PartnerPlace], by: User, at: datetime
) -> None:
    """Change how somebody is called, what they do and where. Raises Refused as ``add_member``."""
    with transaction.atomic():
        member = lock_member(member)
        if member.state == MemberState.LEFT or member.is_manager:
            raise Refused(_("这位成员已经离开，或者合作已经停止。"))
        _must_fit(member.partner, role, places)
        changes = {"display_name": name, "role": role}
        fields = [field for field, value in changes.items() if getattr(member, field) != value]
        if set(member.places.values_list("pk", flat=True)) != {place.pk for place in places}:
            fields.append("places")
        if not fields:
            return
        member.display_name, member.role = name, role
        member.save(update_fields=["display_name", "role"])
        member.places.set(places)
        User.objects.filter(pk=member.user_id).update(display_name=name)
        record(action="partner.change_member", actor=by, target=member, at=at, fields=fields)


def say_goodbye(*, member: PartnerMember, by: User, at: datetime) -> None:
    """Let a member go: their devices and their link die at once. Raises Refused for who has gone before."""
    with transaction.atomic():
        member = lock_member(member)
        if member.state == MemberState.LEFT:
            raise Refused(_("这位成员已经离开，或者合作已经停止。"))
        member.state, member.left_at = MemberState.LEFT, at
        member.save(update_fields=["state", "left_at"])
        revoke_devices_of([member], by=by, at=at)
        record(action="partner.member_left", actor=by, target=member, at=at)


def _must_fit(partner: Partner, role: str, places: Sequence[PartnerPlace]) -> None:
    if role not in DEVICE_ROLES[PartnerKind(partner.kind)]:
        raise Refused(_("这类合作单位没有这个角色。"))
    if not places or any(place.partner_id != partner.pk or place.closed_at for place in places):
        raise Refused(_("请选择工作地点。"))


def _account_that_cannot_sign_in(name: str) -> User:
    """Stands for a member wherever an act names who did it (ADR 0016)."""
    return User.objects.create_user(None, display_name=name, is_active=False)
