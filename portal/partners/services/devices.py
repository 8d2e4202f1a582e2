"""Links, devices and PINs.

Whoever changes a member's links or devices locks the member first, so two acts on one member never wait in a circle.
Hashing a PIN is slow on purpose and is done outside of transactions.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applicants.people.refusals import Refused
from portal.accounts.models import User
from portal.audit.services import record
from portal.partners.choices import MemberState
from portal.partners.models import MOST_WRONG_PINS, EnrolmentLink, PartnerDevice, PartnerMember
from portal.prepared import Prepared

LINK_LASTS = timedelta(hours=24)
INVITATION_LASTS = timedelta(hours=72)
SEEN_EVERY = timedelta(seconds=60)  # a device that is being used is written down this often
ROTATION_RESTS = timedelta(minutes=1)  # for a form that was sent twice


class LinkIsOver(Refused):
    """The link was used, replaced, has run out, or never was."""


class PinIsWrong(Refused):
    """Not the PIN of this device."""


class DeviceIsLocked(Refused):
    """Too many wrong PINs; only the manager unlocks it."""


@dataclass(frozen=True)
class Enrolled:
    """A device that was let in, and the token for its cookie, which is known only now."""

    device: PartnerDevice
    token: str


def hash_of(token: str) -> str:
    """What is kept of a token: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def lock_member(member: PartnerMember) -> PartnerMember:
    """The member as it is now, locked for this transaction, with its partner."""
    return PartnerMember.objects.select_for_update(of=("self",)).select_related("partner").get(pk=member.pk)


def make_link(*, member: PartnerMember, by: User, at: datetime, lasts: timedelta = LINK_LASTS) -> str:
    """A new link's secret, which is known only now; the member's earlier link that nobody used stops working.

    Raises Refused for a member who has left and for a partner that is closed.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        member = lock_member(member)
        if not member.is_live_on(timezone.localdate(at)):
            raise Refused(_("这位成员已经离开，或者合作已经停止。"))
        member.links.filter(used_at=None).delete()
        EnrolmentLink.objects.create(
            member=member, token_hash=hash_of(token), made_by=by, made_at=at, expires_at=at + lasts
        )
        record(action="partner.make_link", actor=by, target=member, at=at)
    return token


def find_link(*, token: str, at: datetime) -> EnrolmentLink | None:
    """The link of this secret if it can still be used, with member and partner. Looking does not use it up."""
    found = EnrolmentLink.objects.select_related("member__partner", "member__user").filter(
        token_hash=hash_of(token), used_at=None, expires_at__gt=at
    )
    link = found.first()
    return link if link is not None and link.member.is_live_on(timezone.localdate(at)) else None


def use_link(*, token: str, at: datetime) -> tuple[EnrolmentLink, PartnerMember]:
    """Use the link up, in the caller's transaction; gives it and its locked member. Raises LinkIsOver."""
    found = find_link(token=token, at=at)
    if found is None:
        raise LinkIsOver(link_is_over())
    member = lock_member(found.member)
    link = find_link(token=token, at=at)  # somebody may have been quicker
    if link is None:
        raise LinkIsOver(link_is_over())
    link.used_at = at
    link.save(update_fields=["used_at"])
    if member.state == MemberState.INVITED:
        member.state = MemberState.ACTIVE
        member.save(update_fields=["state"])
    return link, member


def enrol_device(*, token: str, pin: str, name: str, at: datetime, replaces: PartnerDevice | None = None) -> Enrolled:
    """Let a browser in for the link's member, once, with a PIN that was checked before.

    ``replaces`` is the device whose token the browser loses by it: it goes. Raises LinkIsOver.
    """
    if find_link(token=token, at=at) is None:
        raise LinkIsOver(link_is_over())
    pin_hash, device_token = make_password(pin), secrets.token_urlsafe(32)
    with transaction.atomic():
        link, member = use_link(token=token, at=at)
        if replaces is not None:
            _revoke(PartnerDevice.objects.filter(pk=replaces.pk), by=member.user, at=at)
        device = PartnerDevice.objects.create(
            member=member,
            link=link,
            name=name,
            token_hash=hash_of(device_token),
            pin_hash=pin_hash,
            enrolled_at=at,
            pin_entered_at=at,
            seen_at=at,
        )
        record(action="partner.enrol_device", actor=member.user, target=device, at=at)
    return Enrolled(device, device_token)


def _with_token(hashed: str) -> QuerySet[PartnerDevice]:
    found = PartnerDevice.objects.select_related("member__partner").order_by()
    return found.filter(Q(token_hash=hashed) | Q(former_token_hash=hashed), revoked_at=None)


_by_token = Prepared(_with_token, PartnerDevice._meta.get_field("token_hash"))  # asked at every page of every device


def find_device(*, token: str) -> PartnerDevice | None:
    """The device that has this token and was not revoked, with member and partner."""
    if not token:
        return None
    hashed = hash_of(token)
    device = next(iter(_by_token(hashed)), None)
    if device is not None:
        device.is_by_former_token = device.token_hash != hashed
    return device


def note_seen(*, device: PartnerDevice, at: datetime) -> None:
    """Note that the device is used, once a minute; its newest token having come back, the former one ends."""
    is_former_over = bool(device.former_token_hash) and not device.is_by_former_token
    if at - device.seen_at >= SEEN_EVERY or is_former_over:
        changes = {"seen_at": at} | ({"former_token_hash": ""} if is_former_over else {})
        PartnerDevice.objects.filter(pk=device.pk, token_hash=device.token_hash).update(**changes)


def enter_pin(*, device: PartnerDevice, pin: str, at: datetime) -> str:
    """Open the device for the next while; gives its new token, or "" where it keeps the one it has.

    A try is counted before it is judged, so any number of tries at once are five. Raises PinIsWrong and DeviceIsLocked.
    """
    mine = PartnerDevice.objects.filter(pk=device.pk, revoked_at=None, locked_at=None)
    if not mine.filter(wrong_pins__lt=MOST_WRONG_PINS).update(wrong_pins=F("wrong_pins") + 1):
        raise DeviceIsLocked(device_is_locked())
    if not check_password(pin, device.pin_hash):
        raise _wrong(device, at)
    changes = {"wrong_pins": 0, "pin_entered_at": at, "seen_at": at, "is_closed_by_hand": False}
    # Sent twice, the form's first answer may be lost, and with it the token in it: the former one then still opens.
    is_sent_twice = device.is_by_former_token and at - device.pin_entered_at < ROTATION_RESTS
    token = "" if is_sent_twice else secrets.token_urlsafe(32)
    if token:
        presented = device.former_token_hash if device.is_by_former_token else device.token_hash
        changes |= {"token_hash": hash_of(token), "former_token_hash": presented}
    if not mine.update(**changes):
        raise DeviceIsLocked(device_is_locked())
    return token


def change_pin(*, device: PartnerDevice, pin: str, new: str, at: datetime) -> str:
    """Give the device another PIN, checked before, for whoever knows the one it has; gives what ``enter_pin`` gives.

    A wrong ``pin`` counts as at any other time. Raises PinIsWrong and DeviceIsLocked.
    """
    token = enter_pin(device=device, pin=pin, at=at)
    pin_hash = make_password(new)
    with transaction.atomic():
        if PartnerDevice.objects.filter(pk=device.pk, revoked_at=None).update(pin_hash=pin_hash):
            record(action="partner.change_pin", actor=device.member.user, target=device, at=at)
    return token


def _wrong(device: PartnerDevice, at: datetime) -> Refused:
    with transaction.atomic():
        spent = PartnerDevice.objects.filter(pk=device.pk, wrong_pins__gte=MOST_WRONG_PINS)
        if spent.filter(locked_at=None).update(locked_at=at):
            record(action="partner.lock_device", actor=device.member.user, target=device, at=at)
        if spent.exists():
            return DeviceIsLocked(device_is_locked())
    left = MOST_WRONG_PINS - PartnerDevice.objects.values_list("wrong_pins", flat=True).get(pk=device.pk)
    said = ngettext("PIN 不对。还可以试 %(count)s 次。", "PIN 不对。还可以试 %(count)s 次。", left)
    return PinIsWrong(said % {"count": left})


def put_away(*, device: PartnerDevice) -> None:
    """Ask for the PIN at the next page, because the person said so."""
    PartnerDevice.objects.filter(pk=device.pk).update(is_closed_by_hand=True)


def unlock_device(*, device: PartnerDevice, by: User, at: datetime) -> None:
    """Let a locked device try its PIN again. Raises Refused where it is not locked (any more)."""
    with transaction.atomic():
        locked = PartnerDevice.objects.filter(pk=device.pk, revoked_at=None, locked_at__isnull=False)
        if not locked.update(locked_at=None, wrong_pins=0):
            raise Refused(_("这部设备没有锁定，或者已经停用。"))
        record(action="partner.unlock_device", actor=by, target=device, at=at)


def revoke_device(*, device: PartnerDevice, by: User, at: datetime) -> None:
    """End the device at once; its next page is refused. Doing it again changes nothing."""
    with transaction.atomic():
        _revoke(PartnerDevice.objects.filter(pk=device.pk), by=by, at=at)


def revoke_devices_of(members: list[PartnerMember], *, by: User, at: datetime) -> None:
    """End every device and every unused link of these locked members, in the caller's transaction."""
    EnrolmentLink.objects.filter(member__in=members, used_at=None).delete()
    _revoke(PartnerDevice.objects.filter(member__in=members), by=by, at=at)


def _revoke(devices: QuerySet[PartnerDevice], *, by: User, at: datetime) -> None:
    for device in devices.filter(revoked_at=None).order_by("pk"):
        if PartnerDevice.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=at):
            record(action="partner.revoke_device", actor=by, target=device, at=at)


def link_is_over() -> str:
    """What a link that no longer works says."""
    return _("这个链接已经用过、换过或者过期了。请向负责人要一个新的。")


def device_is_locked() -> str:
    """What a locked device says."""
    return _("PIN 错了太多次，这部设备已锁定。请负责人解锁。")
