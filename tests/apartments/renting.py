"""Leases that are lived in, paid for, and given back: walked by the services, with the contract signed by hand."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256

from housing.apartments.models import (
    Contract,
    ContractTemplate,
    Handover,
    HandoverLine,
    Lease,
    LeaseSignature,
)
from housing.apartments.services.changing import change_lease
from housing.apartments.services.handing_over import digest_of, inventory_for, sign_handover, write_handover
from portal.accounts.models import Role
from portal.partners.choices import MemberRole
from portal.partners.models import PartnerMember
from tests.apartments.making import AT, DAY, FIRST, make_lease
from tests.factories import SHANGHAI, staff
from tests.partners.making import make_manager, make_operator


def on(day: date, hour: int = 10) -> datetime:
    """That day, in the morning."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


def operator_of(lease: Lease) -> PartnerMember:
    """An operator of the lease's building."""
    place = lease.unit.building.place
    found = PartnerMember.objects.filter(partner=place.partner, role=MemberRole.APARTMENT_OPERATOR).first()
    return found or make_operator(make_manager(place.partner), place, role=MemberRole.APARTMENT_OPERATOR)


def sign_by_hand(lease: Lease, *, at: datetime = AT) -> Lease:
    """The lease signed by both sides, over a contract whose file is only named."""
    admin = staff(Role.ADMINISTRATOR)
    text = ContractTemplate.objects.order_by("-number").first() or ContractTemplate.objects.create(
        number=1, body_zh="合同", made_by=admin, made_at=at
    )
    digest = sha256(lease.number.encode()).hexdigest()
    Contract.objects.create(
        lease=lease, template=text, stored_as=f"contracts/{lease.pk.hex}", sha256=digest, size=1, text={}, made_at=at
    )
    member = operator_of(lease)
    for side, by, with_member in (("tenant", lease.person.user, None), ("operator", member.user, member)):
        LeaseSignature.objects.create(
            lease=lease,
            side=side,
            contract_sha256=digest,
            by=by,
            member=with_member,
            signed_at=at,
            proved_at=at,
            proved_with="pin",
        )
    return change_lease(lease.pk, "sign", by=lease.person.user, at=at)


def make_signed(**fields: object) -> Lease:
    """A signed lease of somebody new from 1 April 2026 on, 60 m² for 2,000 yuan, half of it paid in the first year."""
    return sign_by_hand(make_lease(**fields))


def make_running(**fields: object) -> Lease:
    """The same, handed over on its first day."""
    return hand_over(make_signed(**fields))


def hand_over(lease: Lease, direction: str = Handover.Direction.IN, *, day: date = FIRST, damage_fen: int = 0) -> Lease:
    """Both sides sign for the keys, on the way in or out; ``damage_fen`` is what a broken lamp costs."""
    member = operator_of(lease)
    lines = inventory_for(lease, direction)
    handover = write_handover(
        lease_id=lease.pk, direction=direction, on=day, key_count=2, meters={}, note="", lines=lines, member=member,
        at=on(day),
    )  # fmt: skip
    if damage_fen:
        HandoverLine.objects.create(
            handover=handover, position=99, name_zh="台灯", count=1, condition="damaged", deduction_fen=damage_fen
        )
    return sign_handover(
        handover_id=handover.pk, seen_sha256=digest_of(handover), by=lease.person.user, at=on(day) + DAY / 24
    )
