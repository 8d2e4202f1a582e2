"""The pages of offers and leases: the tenant's, the operator's, and the desk's."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from housing.apartments.models import ContractTemplate, LeaseSignature, Mode, Offer
from housing.apartments.services.handing_over import digest_of, sign_handover
from housing.apartments.services.passing_on import pass_on
from portal.accounts.models import Role
from tests.apartments.lease_making import (
    APRIL,
    browser_of,
    device_of,
    make_drafted,
    make_running,
    make_signed,
    make_text,
    operator_of,
    read,
    sign,
    write,
)
from tests.apartments.making import AT, DAY, HOUR, make_building, make_entrant, make_lease, make_round
from tests.browsing import page, send, signed_in
from tests.factories import make_person, move_clock
from tests.traps import age_sign_in

pytestmark = pytest.mark.django_db
HOSTILE = ["", "\0", "x" * 5000, "9" * 40]


# ── the tenant ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tenant_reads_the_contract_and_signs_it():
    lease = make_drafted()
    move_clock(AT + DAY)
    client = browser_of(lease)
    assert reverse("own_lease_sign", args=[lease.pk]) in page(client, "own_lease", lease.pk)
    assert "石狮市人才公寓租赁合同" in page(client, "own_lease_sign", lease.pk)
    answer = send(client, "own_lease_sign", lease.pk, seen=lease.contract.sha256, agreed="on")
    assert (answer.status_code, answer.url) == (302, reverse("own_lease", args=[lease.pk]))
    row = LeaseSignature.objects.get()
    assert (row.side, row.by, row.contract_sha256) == ("tenant", lease.person.user, lease.contract.sha256)
    assert row.proved_at <= row.signed_at
    assert "等公寓签" in page(client, "own_lease", lease.pk)


def test_signing_asks_who_it_is_and_nothing_is_signed_before():
    lease = make_drafted()
    move_clock(AT + DAY)
    client = browser_of(lease)
    age_sign_in(client, 11)
    answer = send(client, "own_lease_sign", lease.pk, seen=lease.contract.sha256, agreed="on")
    assert (answer.status_code, "reauthenticate" in answer.url) == (302, True)
    assert not LeaseSignature.objects.exists()


@pytest.mark.parametrize("seen", HOSTILE)
def test_odd_forms_sign_nothing(seen):
    lease = make_drafted()
    move_clock(AT + DAY)
    client = browser_of(lease)
    assert send(client, "own_lease_sign", lease.pk, seen=seen, agreed="on").status_code == 422
    assert send(client, "own_lease_sign", lease.pk, seen=lease.contract.sha256).status_code == 422
    assert not LeaseSignature.objects.exists()


def test_the_contract_is_downloaded_as_it_was_stored():
    lease = make_drafted()
    answer = browser_of(lease).get(reverse("own_lease_contract", args=[lease.pk]))
    assert (answer.headers["Content-Type"], sha256(answer.content).hexdigest()) == (
        "application/pdf",
        lease.contract.sha256,
    )


def test_nobody_else_sees_a_lease():
    lease = make_running()
    stranger = signed_in(make_person().user)
    for name, args in (("own_lease", []), ("own_lease_contract", []), ("own_lease_sign", []), ("own_handover", ["in"])):
        assert stranger.get(reverse(name, args=[lease.pk, *args])).status_code == 404
        assert Client().get(reverse(name, args=[lease.pk, *args])).status_code == 302
    own = browser_of(lease)
    assert own.get(reverse("own_handover", args=[lease.pk, "out"])).status_code == 404
    assert own.get(reverse("own_handover", args=[lease.pk, "x"])).status_code == 404
    assert own.get(reverse("desk_lease", args=[lease.pk])).status_code == 404


def test_a_lease_without_a_contract_says_to_wait():
    lease = make_lease()
    move_clock(AT + HOUR)
    client = browser_of(lease)
    assert "合同正在准备" in page(client, "own_lease", lease.pk)
    assert client.get(reverse("own_lease_sign", args=[lease.pk])).status_code == 404
    assert client.get(reverse("own_lease_contract", args=[lease.pk])).status_code == 404


def test_a_tenant_cancels_with_a_reason_until_moving_in():
    lease = make_drafted()
    move_clock(AT + DAY)
    client = browser_of(lease)
    assert send(client, "own_lease", lease.pk, version=lease.version).status_code == 422
    assert send(client, "own_lease", lease.pk, version="x", reason="换了工作").status_code == 422
    assert send(client, "own_lease", lease.pk, version=lease.version, reason="换了工作").status_code == 302
    assert read(lease).state == "cancelled"


def test_a_tenant_signs_the_list_of_what_was_handed_over():
    lease = make_signed()
    write(lease, lease.unit.building.place.members.get(role="apartment_operator"))
    move_clock(APRIL + HOUR)
    client = browser_of(lease)
    shown = page(client, "own_handover", lease.pk, "in")
    assert "椅子" in shown
    row = lease.handovers.get()
    assert send(client, "own_handover", lease.pk, "in", seen=digest_of(row)).status_code == 422
    assert send(client, "own_handover", lease.pk, "in", seen="0", agreed="on").status_code == 422
    assert send(client, "own_handover", lease.pk, "in", seen=digest_of(row), agreed="on").status_code == 302
    assert read(lease).state == "running"
    assert "已签字" in page(client, "own_lease", lease.pk)


# ── the operator ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_operator_signs_for_the_landlord_of_their_building_alone():
    lease, other = make_drafted(), make_drafted()
    member = operator_of(lease)
    phone = device_of(member, at=AT + DAY)
    shown = page(phone, "partner_apartments")
    assert (reverse("partner_lease", args=[lease.pk]) in shown, reverse("partner_lease", args=[other.pk]) in shown) == (
        True,
        False,
    )
    for name in ("partner_lease", "partner_lease_contract", "partner_lease_sign", "partner_handover"):
        assert phone.get(reverse(name, args=[other.pk])).status_code == 404
    answer = send(phone, "partner_lease_sign", lease.pk, seen=lease.contract.sha256, agreed="on")
    assert answer.status_code == 302
    row = LeaseSignature.objects.get()
    assert (row.side, row.member, row.proved_with) == ("operator", member, "pin")
    assert "等租户签" in page(phone, "partner_lease", lease.pk)


def test_an_operator_types_the_pin_again_to_sign():
    lease = make_drafted()
    phone = device_of(operator_of(lease), at=AT + DAY)
    move_clock(AT + DAY + HOUR / 20)  # three minutes
    answer = send(phone, "partner_lease_sign", lease.pk, seen=lease.contract.sha256, agreed="on")
    assert (answer.status_code, answer.url.startswith(reverse("partner_pin"))) == (302, True)
    assert not LeaseSignature.objects.exists()


def test_an_operator_writes_down_what_is_handed_over():
    lease = make_signed()
    member = lease.unit.building.place.members.get(role="apartment_operator")
    phone = device_of(member, at=APRIL)
    page(phone, "partner_handover", lease.pk)
    form = {"on": "2026-04-01", "key_count": "2", "water": "12.5", "condition_1": "good", "condition_2": "worn",
            "note_2": "床板有划痕"}  # fmt: skip
    for bad in ({"condition_2": "x"}, {"key_count": "\0"}, {"on": "2026-03-31"}, {"on": "x"}, {"note_2": "字" * 500}):
        assert send(phone, "partner_handover", lease.pk, **(form | bad)).status_code == 422
    assert send(phone, "partner_handover", lease.pk, **form).status_code == 302
    row = lease.handovers.get()
    assert [(line.condition, line.note) for line in row.lines.all()] == [("good", ""), ("worn", "床板有划痕")]
    assert row.meters == {"water": "12.5"}
    sign_handover(handover_id=row.pk, seen_sha256=digest_of(row), by=lease.person.user, at=APRIL + HOUR)
    assert phone.get(reverse("partner_handover", args=[lease.pk])).status_code == 404
    assert "床板有划痕" in page(phone, "partner_lease", lease.pk)


def test_whoever_is_no_operator_finds_nothing():
    lease = make_drafted()
    client = browser_of(lease)
    assert client.get(reverse("partner_apartments")).status_code == 404
    assert client.get(reverse("partner_lease", args=[lease.pk])).status_code == 404


# ── the desk ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_desk_finds_leases_and_cancels_one_with_a_reason():
    lease, other = make_drafted(), make_running()
    move_clock(APRIL + DAY)
    client = signed_in(Role.CLERK)
    shown = page(client, "desk_leases")
    assert (lease.number in shown, other.number in shown, lease.person.legal_name in shown) == (True, True, False)
    assert other.number not in client.get(reverse("desk_leases"), {"view": "drafted"}).content.decode()
    assert lease.number in client.get(reverse("desk_leases"), {"q": lease.number[-8:]}).content.decode()
    assert client.get(reverse("desk_leases"), {"view": "x"}).status_code == 404
    assert client.get(reverse("desk_leases"), {"before": "x"}).status_code == 404
    page(client, "desk_lease", other.pk)
    assert send(client, "desk_lease", other.pk, version=other.version, reason="x").status_code == 404
    assert send(client, "desk_lease", lease.pk, version=lease.version, reason="").status_code == 422
    assert send(client, "desk_lease", lease.pk, version=lease.version, reason="房屋漏水").status_code == 302
    assert read(lease).state == "cancelled"
    assert "房屋漏水" in page(client, "desk_lease", lease.pk)


def test_finance_reads_leases_and_changes_none():
    lease = make_drafted()
    client = signed_in(Role.FINANCE)
    page(client, "desk_leases")
    page(client, "desk_lease", lease.pk)
    assert send(client, "desk_lease", lease.pk, version=lease.version, reason="x").status_code == 404
    assert client.get(reverse("desk_lease_contract", args=[lease.pk])).headers["Content-Type"] == "application/pdf"
    assert client.get(reverse("desk_offers")).status_code == 404
    assert client.get(reverse("desk_contracts")).status_code == 404


def test_an_administrator_sees_offers_and_withdraws_one():
    round = make_round(make_building(1), mode=Mode.LOTTERY)
    make_entrant(round)
    pass_on(at=AT)
    move_clock(AT + HOUR)
    offer = Offer.objects.get()
    client = signed_in(Role.ADMINISTRATOR)
    assert f"{round.number}-0001" in page(client, "desk_offers")
    for odd in ("", "x", str(uuid4()), "\0"):
        assert send(client, "desk_offers", offer=odd, reason="漏水").status_code == 404
    assert send(client, "desk_offers", offer=offer.pk, reason="").status_code == 422
    assert send(signed_in(Role.CLERK), "desk_offers", offer=offer.pk, reason="漏水").status_code == 404
    assert send(client, "desk_offers", offer=offer.pk, reason="漏水").status_code == 302
    offer.refresh_from_db()
    assert offer.state == "withdrawn"
    page(client, "desk_offers")


@pytest.mark.slow
def test_an_administrator_drafts_previews_and_publishes_the_contract():
    client = signed_in(Role.ADMINISTRATOR)
    assert "还没有发布合同文本" in page(client, "desk_contracts")
    assert client.post(reverse("desk_contracts")).status_code == 302
    row = ContractTemplate.objects.get()
    assert "【承租人姓名】" in page(client, "desk_contract", row.pk)
    preview = client.get(reverse("desk_contract_preview", args=[row.pk]))
    assert preview.content.startswith(b"%PDF")
    for bad in ("", "{tenat}", "{", "字" * 40_001):
        assert send(client, "desk_contract", row.pk, version=row.version, body_zh=bad).status_code == 422
    changed = row.body_zh.replace("示例文本", "2026 年文本")
    assert send(client, "desk_contract", row.pk, version="9", body_zh=changed).status_code == 422
    assert send(client, "desk_contract", row.pk, version=row.version, body_zh=changed).status_code == 302
    row.refresh_from_db()
    assert client.post(reverse("desk_contract_publish", args=[row.pk]), {"version": row.version}).status_code == 302
    row.refresh_from_db()
    assert (row.body_zh, bool(row.sha256)) == (changed, True)
    assert send(client, "desk_contract", row.pk, version=row.version, body_zh="x").status_code == 422
    auditor = signed_in(Role.AUDITOR)
    page(auditor, "desk_contract", row.pk)
    assert auditor.post(reverse("desk_contract_publish", args=[row.pk])).status_code == 404


def test_a_second_draft_is_refused_while_one_is_open():
    client = signed_in(Role.ADMINISTRATOR)
    make_text()
    assert client.post(reverse("desk_contracts")).status_code == 302
    assert client.post(reverse("desk_contracts")).status_code == 422
    assert ContractTemplate.objects.count() == 2


def test_signatures_show_who_when_and_how():
    lease = make_drafted()
    sign(lease)
    move_clock(AT + DAY)
    shown = page(browser_of(lease), "own_lease_sign", lease.pk)
    assert "签署前用密码确认身份" in shown
    assert f"{lease.contract.sha256[:8]} {lease.contract.sha256[8:16]} " in shown
