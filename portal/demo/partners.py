"""The demo's partners: a hotel, an apartment company and a merchant, each with a manager and one operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from portal.accounts.models import User
from portal.demo.accounts import DemoAccount, create_account
from portal.demo.inventing import credit_code
from portal.notifications.models import Letter
from portal.partners.choices import MemberRole, MemberState, PartnerKind
from portal.partners.models import PartnerMember
from portal.partners.scopes import managers
from portal.partners.services.members import accept_invitation, add_member, invite_manager
from portal.partners.services.partners import add_partner, save_place

# Kind, names, place (name, English name, address, town), manager, operator (name, role).
PARTNERS: tuple[tuple[Any, ...], ...] = (
    (
        PartnerKind.HOTEL,
        ("石狮海港酒店有限公司", "Shishi Seaport Hotel Co."),
        ("海港酒店狮城店", "Seaport Hotel Shicheng", "狮城大道 88 号", "fengli"),
        ("hotel", "施海平"),
        ("陈前台", MemberRole.SITE_OPERATOR),
    ),
    (
        PartnerKind.APARTMENTS,
        ("石狮安居公寓管理有限公司", "Shishi Anju Apartments"),
        ("安居人才公寓一期", "Anju Talent Apartments, phase 1", "香江路 6 号", "hubin"),
        ("apartments", "邱安居"),
        ("黄管家", MemberRole.APARTMENT_OPERATOR),
    ),
    (
        PartnerKind.MERCHANT,
        ("石狮书港文化有限公司", "Shishi Bookharbour"),
        ("书港书店八七路店", "Bookharbour, Baqi Road", "八七路 120 号", "hubin"),
        ("merchant", "卢书港"),
        ("小林", MemberRole.CARD_VERIFIER),
    ),
)


def seed_partners(*, by: User, at: datetime, partners: tuple[tuple[Any, ...], ...] = PARTNERS) -> None:
    """Bring them in by the services that the bureau and the managers use."""
    for kind, names, place, manager, operator in partners:
        partner = add_partner(
            values={
                "kind": kind,
                "name_zh": names[0],
                "name_en": names[1],
                "credit_code": credit_code(names[0]),
                "contact_name": manager[1],
                "contact_phone": "13800006820",
                "active_from": timezone.localdate(at),
                "active_to": timezone.localdate(at) + timedelta(days=730),
            },
            by=by,
            at=at,
        )
        where = dict(zip(("name_zh", "name_en", "address", "town"), place, strict=True)) | {"is_closed": False}
        stored = save_place(partner=partner, place=None, values=where, by=by, at=at)
        user = create_account(DemoAccount(f"{manager[0]}@shishi.example", manager[1]))
        member = invite_manager(partner=partner, email=user.email or "", name=manager[1], by=by, at=at)
        letter = Letter.objects.get(kind="partner_invited", recipient=user)
        token = letter.context["link"].rstrip("/").rpartition("/")[2]
        accept_invitation(token=token, by=member.user, password="", at=at)
        add_member(partner=partner, role=operator[1], name=operator[0], places=[stored], by=user, at=at)


def operators() -> list[PartnerMember]:
    """Who works with a device in this demo."""
    found = PartnerMember.objects.select_related("partner").prefetch_related("places")
    return list(found.exclude(role=MemberRole.MANAGER).exclude(state=MemberState.LEFT).order_by("added_at", "id"))


def manager_of(member: PartnerMember) -> PartnerMember:
    """Who makes links for this operator."""
    return managers().select_related("user").filter(partner=member.partner_id).earliest("added_at")
