"""Contracts, signatures and hand-overs, made by the real services; and the browsers of those who take part."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from django.test import Client

from housing.apartments.exports.contract import contract_text
from housing.apartments.models import Contract, ContractTemplate, Handover, InventoryItem, Lease, Unit
from housing.apartments.services.contract_texts import example_text
from housing.apartments.services.contracts import make_contract, newest_text, publish_text, save_text
from housing.apartments.services.handing_over import digest_of, inventory_for, sign_handover, write_handover
from housing.apartments.services.signing import Proof, sign_contract
from portal.accounts.models import Role
from portal.partners.choices import MemberRole
from portal.partners.models import PartnerMember
from portal.vault.files import write_sealed
from tests.apartments.making import AT, DAY, HOUR, make_lease
from tests.browsing import signed_in
from tests.factories import SHANGHAI, move_clock, staff
from tests.partners.making import MORNING, PIN, make_manager, make_operator, phone_of

APRIL = datetime(2026, 4, 1, 10, 0, tzinfo=SHANGHAI)  # the first day of the leases
MINUTE = timedelta(minutes=1)


def make_text(*, at: datetime = AT) -> ContractTemplate:
    """The published text of the contract: the example that comes with the portal."""
    zh, en = example_text()
    by = staff(Role.ADMINISTRATOR)
    draft = save_text(template_id=None, body_zh=zh, body_en=en, expected_version=0, by=by, at=at)
    return publish_text(template_id=draft.pk, expected_version=1, by=by, at=at)


def make_drafted(*, at: datetime = AT, is_drawn: bool = False, **fields: object) -> Lease:
    """A drafted lease with its contract, of a unit in which two chairs and a bed stand.

    Drawing a PDF takes half a second: where nobody looks at it, its row is written as it stands (``is_drawn``).
    """
    lease = make_lease(at=at, **fields)
    furnish(lease.unit)
    template = newest_text() or make_text(at=at)
    if is_drawn:
        make_contract(lease.pk, template=template, at=at + HOUR)
    else:
        keep_contract(lease, template, at=at + HOUR)
    return read(lease)


def keep_contract(lease: Lease, template: ContractTemplate, *, at: datetime) -> Contract:
    """The contract with its text, and a file that is no PDF."""
    name, content = f"contracts/te/{lease.pk.hex}", f"%PDF {lease.number}".encode()
    write_sealed(name, content)
    return Contract.objects.create(
        lease=lease,
        template=template,
        stored_as=name,
        sha256=sha256(content).hexdigest(),
        size=len(content),
        text=contract_text(template, lease),
        made_at=at,
    )


def furnish(unit: Unit) -> None:
    """Two chairs and a bed."""
    InventoryItem.objects.create(unit=unit, position=1, name_zh="椅子", name_en="Chair", count=2)
    InventoryItem.objects.create(unit=unit, position=2, name_zh="床", name_en="Bed", count=1)


def operator_of(lease: Lease, name: str = "蔡管家") -> PartnerMember:
    """An operator of the lease's building; the second one has the first one's manager."""
    place = lease.unit.building.place
    manager = place.partner.members.filter(role="manager").first() or make_manager(place.partner)
    return make_operator(manager, place, name=name, role=MemberRole.APARTMENT_OPERATOR)


def sign(lease: Lease, *, member: PartnerMember | None = None, at: datetime = AT + DAY) -> Lease:
    """Sign for the tenant, or with ``member`` for the landlord, a minute after the proof."""
    by = member.user if member else lease.person.user
    proof = Proof(at - MINUTE, "pin" if member else "password")
    seen = read(lease).contract.sha256
    return sign_contract(lease_id=lease.pk, seen_sha256=seen, proof=proof, by=by, at=at, member=member)


def make_signed(*, at: datetime = AT, **fields: object) -> Lease:
    """A lease that both have signed."""
    lease = make_drafted(at=at, **fields)
    sign(lease, member=operator_of(lease), at=at + DAY)
    return sign(lease, at=at + DAY)


def write(lease: Lease, member: PartnerMember, *, direction: str = "in", at: datetime = APRIL) -> Handover:
    """Everything is there and whole; two keys."""
    return write_handover(
        lease_id=lease.pk,
        direction=direction,
        on=at.date(),
        key_count=2,
        meters={"water": "12.5", "power": "340"},
        note="",
        lines=inventory_for(lease, direction),
        member=member,
        at=at,
    )


def make_running(*, at: datetime = AT, moves_in: datetime = APRIL, **fields: object) -> Lease:
    """A lease whose unit was handed over on its first day."""
    lease = make_signed(at=at, **fields)
    member = lease.unit.building.place.members.get(role=MemberRole.APARTMENT_OPERATOR)
    row = write(lease, member, at=moves_in)
    return sign_handover(handover_id=row.pk, seen_sha256=digest_of(row), by=lease.person.user, at=moves_in + HOUR)


def read(lease: Lease) -> Lease:
    """The lease as it is now."""
    return Lease.objects.get(pk=lease.pk)


def browser_of(lease: Lease) -> Client:
    """The tenant's browser, just signed in."""
    return signed_in(lease.person.user)


def device_of(member: PartnerMember, *, at: datetime) -> Client:
    """The operator's device, its PIN just typed."""
    move_clock(MORNING)
    phone = phone_of(member)
    move_clock(at)
    phone.post("/partner/pin/", {"pin": PIN})
    return phone
