"""The contract: drawn once, signed by both after they proved who they are, and void where nobody signs in time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import IntegrityError, transaction

from housing.apartments.models import Contract, ContractTemplate, LeaseSignature, UnitDay
from housing.apartments.services.contract_texts import blocks_of, wrong_places
from housing.apartments.services.contracts import TextRefused, make_contracts, open_contract, publish_text, save_text
from housing.apartments.services.handing_over import digest_of, inventory_for, sign_handover, write_handover
from housing.apartments.services.leasing import rent_years
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.signing import Proof, lapse_unsigned, sign_contract
from portal.accounts.models import Role
from portal.audit.models import Entry
from portal.notifications.models import Letter
from tests.apartments.lease_making import (
    APRIL,
    MINUTE,
    make_drafted,
    make_running,
    make_signed,
    make_text,
    operator_of,
    read,
    sign,
    write,
)
from tests.apartments.making import AT, DAY, HOUR, make_lease
from tests.factories import SHANGHAI, make_person, staff

pytestmark = pytest.mark.django_db


def letters_to(lease) -> list[str]:
    rows = Letter.objects.filter(recipient=lease.person.user).order_by("created_at", "id")
    return [kind for kind in rows.values_list("kind", flat=True) if kind != "unit_offered"]


def test_a_text_is_filled_in_at_its_places_alone():
    text = "# 合同\n\n租金 {rents}。\n第二行\n\n## 一\n\n{tenant}"
    assert blocks_of(text, {"rents": "500 元", "tenant": "{rents}"}) == [
        ("h1", "合同"),
        ("p", "租金 500 元。\n第二行"),
        ("h2", "一"),
        ("p", "{rents}"),
    ]
    assert wrong_places("{rents} {rent} {tenant.__class__} }") == ["{rent}", "{", "}"]


def test_no_contract_is_drawn_before_a_text_is_published():
    make_lease()
    assert make_contracts(at=AT + HOUR) == 0
    make_text()
    assert make_contracts(at=AT + HOUR) == 1
    assert make_contracts(at=AT + HOUR) == 0


def test_a_contract_says_what_was_agreed_and_its_bytes_stay():
    lease = make_drafted(is_drawn=True)
    contract = lease.contract
    words = " ".join(text for _kind, text in contract.text["zh"])
    assert "2026 年 4 月 1 日起，到 2027 年 3 月 31 日止" in words
    assert "每月 1,000 元（市场租金的 50%）" in words
    assert "押金 1,000 元" in words
    assert lease.person.legal_name in words
    assert "The deposit is CNY 1,000." in " ".join(text for _kind, text in contract.text["en"])
    content = open_contract(contract, by=lease.person.user, at=AT + HOUR)
    assert content.startswith(b"%PDF")
    assert (sha256(content).hexdigest(), len(content)) == (contract.sha256, contract.size)
    assert letters_to(lease) == ["contract_ready"]
    assert Entry.objects.filter(action="contract.download").count() == 1


def test_the_time_to_sign_runs_from_the_day_the_contract_is_there():
    lease = make_lease()
    make_text()
    make_contracts(at=AT + 4 * DAY)  # Friday the 6th
    assert read(lease).sign_by == date(2026, 3, 13)


def test_a_lease_is_signed_by_the_second_of_two():
    lease = make_drafted(is_drawn=True)
    member = operator_of(lease)
    assert sign(lease, member=member).state == "drafted"
    assert sign(lease).state == "signed"
    rows = list(LeaseSignature.objects.order_by("side").values_list("side", "proved_with", "contract_sha256"))
    assert rows == [("operator", "pin", lease.contract.sha256), ("tenant", "password", lease.contract.sha256)]
    kinds = list(lease.events.order_by("version").values_list("kind", flat=True))
    assert kinds == ["draft", "sign_operator", "sign_tenant", "sign"]
    assert letters_to(lease) == ["contract_ready", "lease_signed"]


def test_only_tenant_and_operator_of_the_building_sign_and_each_once():
    lease = make_drafted()
    stranger = operator_of(make_drafted())
    seen, proof = lease.contract.sha256, Proof(AT, "password")
    with pytest.raises(LeaseRefused, match="权限"):
        sign(lease, member=stranger)
    with pytest.raises(LeaseRefused, match="权限"):
        sign_contract(lease_id=lease.pk, seen_sha256=seen, proof=proof, by=make_person().user, at=AT + DAY)
    sign(lease)
    with pytest.raises(LeaseRefused, match="已经签过"):
        sign(lease)


def test_what_was_not_shown_is_not_signed():
    lease = make_drafted()
    proof = Proof(AT, "password")
    for seen in ("", "0" * 64):
        with pytest.raises(LeaseRefused, match="重新打开"):
            sign_contract(lease_id=lease.pk, seen_sha256=seen, proof=proof, by=lease.person.user, at=AT + DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        LeaseSignature.objects.create(
            lease=lease, side="tenant", contract_sha256=lease.contract.sha256, by=lease.person.user,
            signed_at=AT, proved_at=AT + HOUR, proved_with="password",
        )  # fmt: skip


def test_an_unsigned_lease_lapses_after_its_last_day_and_gives_its_unit_back():
    lease = make_drafted(is_drawn=True)
    assert lease.sign_by == date(2026, 3, 9)
    assert lapse_unsigned(at=datetime(2026, 3, 9, 23, 59, tzinfo=SHANGHAI)) == 0
    late = datetime(2026, 3, 10, 0, 1, tzinfo=SHANGHAI)
    with pytest.raises(LeaseRefused, match="期限"):
        sign(lease, at=late)
    assert lapse_unsigned(at=late) == 1
    assert (read(lease).state, UnitDay.objects.count(), letters_to(lease)) == (
        "cancelled", 0, ["contract_ready", "lease_lapsed"],
    )  # fmt: skip


def test_a_tenant_who_has_signed_does_not_lose_the_unit_to_a_slow_landlord():
    lease = make_drafted()
    sign(lease)
    late = AT + 30 * DAY
    assert lapse_unsigned(at=late) == 0
    assert sign(lease, member=operator_of(lease), at=late).state == "signed"


def test_a_published_text_never_changes_and_one_draft_is_open_at_a_time():
    by = staff(Role.ADMINISTRATOR)
    row = make_text()
    given = {"body_zh": "另一份", "body_en": "", "by": by, "at": AT}
    with pytest.raises(TextRefused, match="不能再改"):
        save_text(template_id=row.pk, expected_version=row.version, **given)
    with pytest.raises(TextRefused, match=r"\{nobody\}"):
        save_text(template_id=None, expected_version=0, **(given | {"body_zh": "{nobody}"}))
    draft = save_text(template_id=None, expected_version=0, **given)
    with pytest.raises(TextRefused, match="草稿"):
        save_text(template_id=None, expected_version=0, **given)
    with pytest.raises(TextRefused, match="别人"):
        publish_text(template_id=draft.pk, expected_version=7, by=by, at=AT)
    assert (draft.number, ContractTemplate.objects.count()) == (2, 2)


def test_a_unit_is_handed_over_when_the_tenant_has_signed_the_list():
    lease = make_running()
    assert (lease.state, lease.moved_in_on) == ("running", date(2026, 4, 1))
    row = lease.handovers.get()
    assert [(line.name_zh, line.count, line.condition) for line in row.lines.all()] == [
        ("椅子", 2, "good"),
        ("床", 1, "good"),
    ]
    assert row.sha256 == digest_of(row)
    assert letters_to(lease)[-1] == "lease_begun"


def test_a_handover_is_signed_as_it_was_shown_and_never_before_the_first_day():
    lease = make_signed()
    member = lease.unit.building.place.members.get()
    with pytest.raises(LeaseRefused, match="日期"):
        write(lease, member, at=APRIL - DAY)
    row = write(lease, member)
    seen = digest_of(row)
    changed = write_handover(
        lease_id=lease.pk, direction="in", on=APRIL.date(), key_count=3, meters={}, note="少一把钥匙，已补",
        lines=inventory_for(lease, "in"), member=member, at=APRIL + MINUTE,
    )  # fmt: skip
    assert changed.pk == row.pk
    with pytest.raises(LeaseRefused, match="改过"):
        sign_handover(handover_id=row.pk, seen_sha256=seen, by=lease.person.user, at=APRIL + HOUR)
    with pytest.raises(LeaseRefused, match="权限"):
        sign_handover(handover_id=row.pk, seen_sha256=digest_of(changed), by=member.user, at=APRIL + HOUR)
    sign_handover(handover_id=row.pk, seen_sha256=digest_of(changed), by=lease.person.user, at=APRIL + HOUR)
    with pytest.raises(LeaseRefused):
        write(lease, member, at=APRIL + DAY)


def test_the_rent_of_each_year_follows_the_curve():
    lease = make_lease()
    lease.ends_on = lease.starts_on.replace(year=2029) - timedelta(days=1)
    rows = rent_years(lease)
    assert [(row.year, row.percent, row.month_fen) for row in rows] == [
        (1, 50, 100_000),
        (2, 50, 100_000),
        (3, 60, 120_000),
    ]
    assert (rows[1].from_on, rows[1].until_on) == (date(2027, 4, 1), date(2028, 3, 31))


def test_two_workers_draw_one_contract():
    lease = make_drafted()
    assert make_contracts(at=AT + DAY) == 0
    assert Contract.objects.filter(lease=lease).count() == 1


@pytest.mark.postgres
@pytest.mark.slow
def test_a_lease_that_the_tenant_signs_in_time_never_lapses(race):
    leases = [make_drafted() for _turn in range(6)]
    in_time, late = (datetime(2026, 3, day, hour, 59, tzinfo=SHANGHAI) for day, hour in ((9, 23), (10, 0)))
    race(12, lambda number: lapse_unsigned(at=late) if number % 2 else sign(leases[number // 2], at=in_time))
    for lease in map(read, leases):
        assert (lease.state == "cancelled") == (lease.signatures.count() == 0)


@pytest.mark.postgres
@pytest.mark.slow
def test_both_sign_at_once_many_times_and_the_lease_is_signed_once(race):
    lease = make_drafted()
    member = operator_of(lease)
    outcomes = race(8, lambda number: sign(lease, member=member if number % 2 else None))
    assert sum(not isinstance(it, LeaseRefused) for it in outcomes) == 2, outcomes
    assert read(lease).state == "signed"
    assert LeaseSignature.objects.filter(lease=lease).count() == 2
    assert lease.events.filter(kind="sign").count() == 1
