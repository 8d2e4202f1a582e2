"""The pages of a settlement: the hotel's manager, the office, and the account that it is paid to."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from housing.lodging.models import Settlement
from housing.lodging.services.settling import make_statement, sign_for_site
from portal.accounts.models import Role
from portal.audit.models import Entry
from portal.partners.models import Partner, PartnerAccount
from portal.partners.services.partners import close_partner
from subsidies.models import Payable
from tests.browsing import page, signed_in
from tests.factories import make_staff, move_clock, staff
from tests.lodging.settling import APRIL, MARCH, NUMBER, arrived, give, make_hotel, reception
from tests.partners.making import make_manager, make_partner
from tests.traps import age_sign_in

pytestmark = pytest.mark.django_db
HOSTILE = [{}, {"version": "x"}, {"version": "9" * 40}, {"version": "\0"}, {"version": ["7", "8"]}]


@pytest.fixture
def hotel():
    """A guest's three nights in March; it is the morning of 1 April."""
    site, manager = make_hotel()
    arrived(site, reception(site, manager), first=MARCH.replace(day=9), nights=3)
    move_clock(APRIL)
    return make_statement(site=site, month=MARCH, by=None, at=APRIL), manager


def test_the_manager_sees_the_month_and_agrees(hotel):
    row, manager = hotel
    client = signed_in(manager.user)
    assert reverse("partner_settlement", args=[row.pk]) in page(client, "partner_settlements")
    shown = page(client, "partner_settlement", row.pk)
    assert "JS-202603-0001" in shown
    assert "384.00" in shown
    assert row.lines.get().stay.person.legal_name not in shown
    answer = client.post(reverse("partner_settlement_sign", args=[row.pk]), {"version": row.version})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.signed_by_site == manager
    assert "核对无误，确认" not in page(client, "partner_settlement", row.pk)


def test_the_last_month_is_settled_after_the_contract_has_run_out(hotel):
    row, manager = hotel
    Partner.objects.filter(pk=manager.partner_id).update(active_to=date(2026, 3, 31))
    client = signed_in(manager.user)
    assert client.get(reverse("partner")).url == reverse("partner_team")
    home = page(client, "partner_team")
    assert "合同到 2026 年 3 月 31 日为止" in home.replace("\xa0", " ")
    assert reverse("partner_settlements") in home and reverse("partner_account") in home
    assert reverse("partner_member_new") not in home
    assert client.get(reverse("partner_member_new")).status_code == 404
    assert client.get(reverse("partner_account")).status_code == 200
    assert reverse("partner_settlement", args=[row.pk]) in page(client, "partner_settlements")
    assert client.post(reverse("partner_settlement_file", args=[row.pk]), {"file": "pdf"}).status_code == 200
    client.post(reverse("partner_settlement_sign", args=[row.pk]), {"version": row.version})
    row.refresh_from_db()
    assert row.signed_by_site == manager


def test_who_is_shut_out_settles_nothing(hotel):
    row, manager = hotel
    close_partner(partner=manager.partner, reason="虚报晚数", by=staff(Role.ADMINISTRATOR), at=APRIL)
    client = signed_in(manager.user)
    for name, args in (("partner_team", []), ("partner_settlements", []), ("partner_settlement", [row.pk])):
        assert client.get(reverse(name, args=args)).status_code == 404


def test_agreeing_asks_who_it_is(hotel):
    row, manager = hotel
    client = signed_in(manager.user)
    age_sign_in(client, 11)
    answer = client.post(reverse("partner_settlement_sign", args=[row.pk]), {"version": row.version})
    assert answer.status_code == 302
    assert "reauthenticate" in answer.url
    row.refresh_from_db()
    assert row.signed_by_site is None


@pytest.mark.parametrize("form", HOSTILE)
def test_odd_forms_sign_nothing(hotel, form):
    row, manager = hotel
    client = signed_in(manager.user)
    assert client.post(reverse("partner_settlement_sign", args=[row.pk]), form).status_code == 302
    row.refresh_from_db()
    assert row.signed_by_site is None
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    office = signed_in(Role.APPROVER)
    assert office.post(reverse("desk_settlement_sign", args=[row.pk]), form).status_code == 302
    assert not Payable.objects.exists()


def test_the_office_agrees_and_finance_finds_it(hotel):
    row, manager = hotel
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    office = signed_in(Role.APPROVER)
    assert row.number in page(office, "desk_settlements")
    assert "核对无误，确认" in page(office, "desk_settlement", row.pk)
    office.post(reverse("desk_settlement_sign", args=[row.pk]), {"version": row.version})
    assert Payable.objects.get().net_fen == 38_400
    assert "已转给财务" in page(office, "desk_settlement", row.pk)
    finance = signed_in(Role.FINANCE)
    assert row.number in page(finance, "desk_settlements")
    assert "核对无误，确认" not in page(finance, "desk_settlement", row.pk)
    listed = finance.get(reverse("payables"), {"view": "waiting"}).content.decode()
    assert "单位还没有给收款账户" in listed
    assert "石狮海港酒店" in listed


def test_sending_back_needs_a_reason_and_keeps_the_page(hotel):
    row, manager = hotel
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    office, address = signed_in(Role.APPROVER), reverse("desk_settlement_back", args=[row.pk])
    for form in ({}, {"reason": " \0 "}, {"reason": "长" * 301, "version": row.version}):
        assert office.post(address, form).status_code == 422
    stale = office.post(address, {"reason": "少了一晚", "version": row.version - 1})
    assert (stale.status_code, "少了一晚" in stale.content.decode()) == (422, True)
    assert office.post(address, {"reason": "少了一晚", "version": row.version}).status_code == 302
    assert "少了一晚" in page(signed_in(manager.user), "partner_settlement", row.pk)


def test_an_approver_makes_a_statement_and_is_told_what_is_wrong():
    site, manager = make_hotel()
    arrived(site, reception(site, manager), first=MARCH.replace(day=9), nights=3)
    move_clock(APRIL)
    office, address = signed_in(Role.APPROVER), reverse("desk_settlements")
    for form in (
        {}, {"site": "x", "month": "2026-03"}, {"site": site.pk, "month": "2026-13"}, {"site": "\0", "month": "\0"},
        {"site": site.pk, "month": "2026-05"}, {"site": site.pk, "month": "2026-02"}, {"site": [1, 2], "month": "٢٠٢٦"},
    ):  # fmt: skip
        assert office.post(address, form).status_code == 422, form
    answer = office.post(address, {"site": site.pk, "month": "2026-03"})
    row = Settlement.objects.get()
    assert (answer.status_code, answer.url) == (302, reverse("desk_settlement", args=[row.pk]))
    finance = signed_in(Role.FINANCE)
    assert finance.post(address, {"site": site.pk, "month": "2026-03"}).status_code == 404


def test_not_yours_is_not_there(hotel):
    row, _manager = hotel
    other = make_manager(make_partner())
    elsewhere = make_staff(Role.APPROVER, programme="lodging", town="baogai")
    stranger, officer = signed_in(other.user), signed_in(elsewhere)
    for client, name in ((stranger, "partner_settlement"), (officer, "desk_settlement"), (stranger, "desk_settlement")):
        assert client.get(reverse(name, args=[row.pk])).status_code == 404
    for client, name in ((stranger, "partner_settlement_file"), (officer, "desk_settlement_file")):
        assert client.post(reverse(name, args=[row.pk]), {"file": "pdf"}).status_code == 404
    assert officer.post(reverse("desk_settlement_sign", args=[row.pk]), {"version": row.version}).status_code == 404


def test_both_sides_take_the_statement_as_a_file(hotel):
    row, manager = hotel
    for client, name in (
        (signed_in(manager.user), "partner_settlement_file"),
        (signed_in(Role.AUDITOR), "desk_settlement_file"),
    ):
        address = reverse(name, args=[row.pk])
        sheet, paper = client.post(address, {"file": "xlsx"}), client.post(address, {"file": "pdf"})
        assert (sheet.content[:2], paper.content[:5]) == (b"PK", b"%PDF-")
        assert paper["Content-Disposition"] == 'attachment; filename="JS-202603-0001.pdf"'
        assert client.post(address, {"file": "exe"}).status_code == 404
    assert Entry.objects.filter(action="settlement.download").count() == 4


def test_the_manager_gives_an_account_and_an_administrator_settles_it(hotel):
    _row, manager = hotel
    client, address = signed_in(manager.user), reverse("partner_account")
    for form in ({}, {"number": "12", "bank_name": "银行"}, {"number": "\0", "bank_name": "\0"}):
        assert client.post(address, form).status_code == 422
    answer = client.post(address, {"number": NUMBER, "bank_name": "石狮农商银行", "branch_code": ""})
    account = PartnerAccount.objects.get()
    assert (answer.status_code, account.given_by) == (302, manager.user)
    assert "4567" in page(client, "partner_settlements")
    assert NUMBER not in page(client, "partner_settlements")
    admin, compare = (
        signed_in(Role.ADMINISTRATOR),
        reverse("desk_partner_account", args=[account.pk]),
    )
    assert compare in page(admin, "desk_partner", manager.partner.pk)
    assert NUMBER in page(admin, "desk_partner_account", account.pk)
    assert Entry.objects.filter(action="partner.reveal_account").count() == 1
    for form in ({}, {"note": "\0"}, {"note": "长" * 121}):
        assert admin.post(compare, form).status_code == 422
    assert admin.post(compare, {"note": "合同第 3 页"}).status_code == 302
    account.refresh_from_db()
    assert account.settled_by == staff(Role.ADMINISTRATOR)
    assert signed_in(Role.AUDITOR).get(compare).status_code == 404


def test_giving_and_settling_an_account_ask_who_it_is(hotel):
    _row, manager = hotel
    account = give(manager)
    for user, address in (
        (manager.user, reverse("partner_account")),
        (staff(Role.ADMINISTRATOR), reverse("desk_partner_account", args=[account.pk])),
    ):
        client = signed_in(user)
        age_sign_in(client, 11)
        answer = client.get(address)
        assert (answer.status_code, "reauthenticate" in answer.url) == (302, True)
