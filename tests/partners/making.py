"""Partners, their people and their phones, made by the real services."""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client
from django.urls import reverse

from portal.accounts.models import Role
from portal.notifications.models import Letter
from portal.partners.choices import MemberRole, PartnerKind
from portal.partners.models import Partner, PartnerDevice, PartnerMember, PartnerPlace
from portal.partners.scopes import managers
from portal.partners.services.devices import enrol_device, make_link
from portal.partners.services.members import accept_invitation, add_member, invite_manager
from portal.partners.services.partners import add_partner, save_place
from tests.factories import SHANGHAI, make_credit_code, make_user, move_clock, staff

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
PIN = "402917"
_serial = count(1)


def partner_values(**changes: Any) -> dict[str, Any]:
    """What PartnerForm hands on."""
    return {
        "kind": PartnerKind.HOTEL,
        "name_zh": "石狮海港酒店",
        "name_en": "Seaport Hotel",
        "credit_code": make_credit_code(next(_serial)),
        "contact_name": "施海平",
        "contact_phone": "13800006820",
        "active_from": date(2020, 1, 1),
        "active_to": None,
    } | changes


def make_partner(**changes: Any) -> Partner:
    """A hotel that works with the city, without places and people."""
    return add_partner(values=partner_values(**changes), by=staff(Role.ADMINISTRATOR), at=MORNING)


def make_place(partner: Partner, name: str = "狮城店") -> PartnerPlace:
    """An open place."""
    values = {"name_zh": name, "name_en": "", "address": "狮城大道 88 号", "town": "fengli", "is_closed": False}
    return save_place(partner=partner, place=None, values=values, by=staff(Role.ADMINISTRATOR), at=MORNING)


def token_in_letter(member: PartnerMember) -> str:
    """The secret of the newest invitation."""
    letter = Letter.objects.filter(recipient=member.user, kind="partner_invited").order_by("created_at", "id").last()
    return letter.context["link"].rstrip("/").rpartition("/")[2]


def make_manager(partner: Partner) -> PartnerMember:
    """A manager who has accepted, with an account of their own."""
    user = make_user(display_name="施海平")
    member = invite_manager(partner=partner, email=user.email, name="施海平", by=staff(Role.ADMINISTRATOR), at=MORNING)
    return accept_invitation(token=token_in_letter(member), by=user, password="", at=MORNING)


def make_operator(
    manager: PartnerMember, *places: PartnerPlace, name: str = "陈前台", role: str = MemberRole.SITE_OPERATOR
) -> PartnerMember:
    """Somebody who works with a device, which is not enrolled yet."""
    return add_member(
        partner=manager.partner,
        role=role,
        name=name,
        places=places or [make_place(manager.partner)],
        by=manager.user,
        at=MORNING,
    )


def a_hotel() -> tuple[PartnerMember, PartnerMember]:
    """A manager and an operator of the same hotel, on the morning of 2 March 2026."""
    move_clock(MORNING)
    manager = make_manager(make_partner())
    return manager, make_operator(manager)


def link_for(member: PartnerMember, *, at: datetime = MORNING) -> str:
    """The secret of a new link, made by a manager."""
    manager = managers().get(partner=member.partner_id)
    return make_link(member=member, by=manager.user, at=at)


def enrolled(member: PartnerMember, *, at: datetime = MORNING) -> tuple[PartnerDevice, str]:
    """A device of the member and its token."""
    new = enrol_device(token=link_for(member, at=at), pin=PIN, name="Android · Chrome", at=at)
    return new.device, new.token


def phone_of(member: PartnerMember) -> Client:
    """The member's phone, just enrolled over its pages."""
    phone = Client()
    phone.post(reverse("partner_enrol", args=[link_for(member)]), {"pin": PIN, "again": PIN})
    return phone


def signed_in(member: PartnerMember) -> Client:
    """A browser that the manager has signed in to."""
    browser = Client()
    browser.force_login(member.user)
    return browser


def later(**time: int) -> datetime:
    """Move the portal's clock to that long after the morning."""
    at = MORNING + timedelta(**time)
    move_clock(at)
    return at
