"""A month of a hotel: the nights that guests had, signed by both sides, payable once."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pypdfium2
import pytest
from django.db import IntegrityError, transaction
from openpyxl import load_workbook

from applicants.people.refusals import Refused
from housing.lodging.exports.settlement import statement_pdf, statement_rows, statement_xlsx
from housing.lodging.models import Settlement, SettlementLine, Site, SiteKind, SiteRate
from housing.lodging.services.changing import change_stay
from housing.lodging.services.settling import (
    SettlementRefused,
    make_statement,
    make_statements,
    send_back,
    sign_for_office,
    sign_for_site,
    statements_for_member,
    statements_for_staff,
)
from housing.lodging.services.sites import change_site
from portal.accounts.models import Role
from portal.audit.models import Entry
from portal.partners.services.accounts import current_account, settle_account
from subsidies.models import Payable
from tests.factories import make_staff, staff
from tests.lodging.making import make_site, make_stay
from tests.lodging.settling import APRIL, FEN, MARCH, arrived, give, make_hotel, reception, settle
from tests.partners.making import make_manager

pytestmark = pytest.mark.django_db


def march(number: int) -> date:
    return date(2026, 3, number)


def lines_of(row: Settlement) -> list[tuple[date, int, int]]:
    return list(row.lines.values_list("from_on", "night_count", "night_fen"))


def made(*, rooms=(2, 2), at=APRIL):
    """A hotel whose guest was there from 9 to 12 March: its statement, its manager, the stay."""
    site, manager = make_hotel(*rooms)
    stay = arrived(site, reception(site, manager), first=march(9), nights=3)
    return make_statement(site=site, month=MARCH, by=None, at=at), manager, stay


def signed_by_both():
    row, manager, _stay = made()
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    return sign_for_office(
        settlement_id=row.pk, by=staff(Role.APPROVER), expected_version=row.version, at=APRIL
    ), manager


def test_nights_used_are_counted_and_priced():
    row, _manager, _stay = made()
    assert (row.night_count, row.total_fen) == (3, 3 * FEN)
    assert lines_of(row) == [(march(9), 3, FEN)]
    assert row.number == "JS-202603-0001"


def test_a_stay_over_the_end_of_a_month_is_two_statements():
    site, manager = make_hotel()
    arrived(site, reception(site, manager), first=march(30), nights=4)
    later = APRIL + timedelta(days=30)
    first = make_statement(site=site, month=MARCH, by=None, at=later)
    second = make_statement(site=site, month=date(2026, 4, 1), by=None, at=later)
    assert (lines_of(first), lines_of(second)) == ([(march(30), 2, FEN)], [(date(2026, 4, 1), 2, FEN)])


def test_a_rate_that_changes_within_a_stay_makes_two_lines():
    site, manager = make_hotel()
    SiteRate.objects.create(site=site, from_on=march(11), night_fen=15_000, set_by=staff("administrator"), set_at=APRIL)
    arrived(site, reception(site, manager), first=march(9), nights=4)
    row = make_statement(site=site, month=MARCH, by=None, at=APRIL)
    assert lines_of(row) == [(march(9), 2, FEN), (march(11), 2, 15_000)]
    assert row.total_fen == 2 * FEN + 30_000


def test_only_nights_that_are_over_count_and_the_statement_follows():
    site, manager = make_hotel()
    arrived(site, reception(site, manager), first=march(9), nights=5)
    early = APRIL.replace(month=3, day=11, hour=5)  # the night of the tenth is not over before six
    row = make_statement(site=site, month=MARCH, by=None, at=early)
    assert (lines_of(row), row.version) == ([(march(9), 1, FEN)], 2)
    assert lines_of(make_statement(site=site, month=MARCH, by=None, at=early.replace(hour=6)))[0][1] == 2
    assert make_statement(site=site, month=MARCH, by=None, at=APRIL).night_count == 5
    assert make_statement(site=site, month=MARCH, by=None, at=APRIL).version == 4


def test_nights_that_were_held_booked_missed_or_given_back_are_not_paid():
    site, manager = make_hotel(2, 2, 2)
    desk = reception(site, manager)
    make_stay(site, first=march(3))
    booked = make_stay(site, first=march(3))
    change_stay(booked.pk, "book", by=None, at=APRIL)
    missed = make_stay(site, first=march(3))
    change_stay(missed.pk, "book", by=None, at=APRIL)
    change_stay(missed.pk, "miss", by=None, at=APRIL)
    early = arrived(site, desk, first=march(3), nights=5)
    change_stay(early.pk, "leave", by=desk.user, member=desk, at=APRIL.replace(month=3, day=5, hour=8))
    row = make_statement(site=site, month=MARCH, by=None, at=APRIL)
    assert lines_of(row) == [(march(3), 2, FEN)]


def test_a_night_without_a_rate_is_refused():
    site, manager = make_hotel(from_on=march(10))
    arrived(site, reception(site, manager), first=march(9), nights=3)
    with pytest.raises(SettlementRefused, match="2026-03-09没有登记房价"):
        make_statement(site=site, month=MARCH, by=None, at=APRIL)
    assert make_statements(at=APRIL) == 0
    assert not Settlement.objects.exists()


def test_a_hostel_and_a_month_without_guests_have_no_statement():
    with pytest.raises(SettlementRefused, match="只有签约酒店"):
        make_statement(site=make_site(kind=SiteKind.HOSTEL), month=MARCH, by=None, at=APRIL)
    site, _manager = make_hotel()
    with pytest.raises(SettlementRefused, match="还没有住过"):
        make_statement(site=site, month=MARCH, by=None, at=APRIL)


def test_the_sweep_makes_last_month_once():
    site, manager = make_hotel()
    arrived(site, reception(site, manager), first=march(9), nights=3)
    assert make_statements(at=APRIL.replace(hour=5)) == 0  # still the night of 31 March: the month before is February
    assert (make_statements(at=APRIL), make_statements(at=APRIL)) == (1, 1)
    row = Settlement.objects.get()
    assert (row.night_count, row.version) == (3, 2)
    sign_for_site(settlement_id=row.pk, member=manager, expected_version=2, at=APRIL)
    assert make_statements(at=APRIL) == 0


def test_both_sides_sign_and_the_sum_is_payable_once():
    row, manager = signed_by_both()
    assert (row.signed_by_site, row.signed_by_office) == (manager, staff(Role.APPROVER))
    payable = Payable.objects.get()
    assert row.payable == payable
    assert (payable.kind, payable.organisation, payable.partner) == ("settlement", "石狮海港酒店", manager.partner)
    assert (payable.net_fen, payable.due_on, payable.statement) == (3 * FEN, date(2026, 4, 1), "JS-202603-0001")
    assert (payable.programme, payable.town, payable.policy_code) == ("lodging", "fengli", "LODGE-2023")
    assert payable.approved_by == staff(Role.APPROVER)
    again = sign_for_office(settlement_id=row.pk, by=staff(Role.APPROVER), expected_version=0, at=APRIL)
    assert (again.payable_id, Payable.objects.count()) == (payable.pk, 1)
    actions = Entry.objects.filter(action__startswith="settlement").values_list("action", flat=True)
    assert sorted(actions) == ["settlement.make", "settlement.sign_for_office", "settlement.sign_for_site"]


def test_a_month_that_is_not_over_is_not_signed():
    row, manager, _stay = made(at=APRIL.replace(month=3, day=20))
    before = APRIL.replace(hour=5, minute=59)
    with pytest.raises(SettlementRefused, match="还没有过完"):
        sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=before)
    at_six = APRIL.replace(hour=6)
    assert sign_for_site(
        settlement_id=row.pk, member=manager, expected_version=row.version, at=at_six
    ).signed_by_site_id


def test_what_the_manager_did_not_see_is_not_signed():
    site, manager = make_hotel()
    desk = reception(site, manager)
    arrived(site, desk, first=march(9), nights=3)
    row = make_statement(site=site, month=MARCH, by=None, at=APRIL)
    arrived(site, desk, first=march(20), nights=2)
    with pytest.raises(SettlementRefused, match="刚刚有变动"):
        sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    row.refresh_from_db()
    assert (row.night_count, row.signed_by_site, row.version) == (5, None, 3)
    assert sign_for_site(settlement_id=row.pk, member=manager, expected_version=3, at=APRIL).signed_by_site == manager


def test_nobody_but_the_hotels_manager_signs_for_it():
    row, manager, _stay = made()
    other = make_manager(make_hotel()[0].place.partner)
    for member in (other, reception(row.site, manager)):
        with pytest.raises(SettlementRefused, match="没有办理这一步的权限"):
            sign_for_site(settlement_id=row.pk, member=member, expected_version=row.version, at=APRIL)
    assert list(statements_for_member(other)) == []
    assert list(statements_for_member(manager)) == [row]


def test_the_office_signs_after_the_site_and_only_an_approver():
    row, manager, _stay = made()
    approver = staff(Role.APPROVER)
    with pytest.raises(SettlementRefused, match="还没有确认"):
        sign_for_office(settlement_id=row.pk, by=approver, expected_version=row.version, at=APRIL)
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    for by in (staff(Role.FINANCE), staff(Role.ADMINISTRATOR), manager.user):
        with pytest.raises(SettlementRefused, match="没有办理这一步的权限"):
            sign_for_office(settlement_id=row.pk, by=by, expected_version=row.version, at=APRIL)
    with pytest.raises(SettlementRefused, match="刚刚有变动"):
        sign_for_office(settlement_id=row.pk, by=approver, expected_version=row.version - 1, at=APRIL)
    assert not Payable.objects.exists()


def test_what_is_sent_back_says_why_until_the_site_signs_again():
    row, manager, _stay = made()
    approver = staff(Role.APPROVER)
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    row = send_back(settlement_id=row.pk, reason="少了一晚", by=approver, expected_version=row.version, at=APRIL)
    assert (row.signed_by_site, row.sent_back_reason) == (None, "少了一晚")
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    assert row.sent_back_reason == ""
    row = sign_for_office(settlement_id=row.pk, by=approver, expected_version=row.version, at=APRIL)
    with pytest.raises(SettlementRefused, match="不能再退回"):
        send_back(settlement_id=row.pk, reason="少了", by=approver, expected_version=row.version, at=APRIL)


def test_a_signed_statement_does_not_follow_the_nights_any_more():
    row, manager, _stay = made()
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    arrived(row.site, reception(row.site, manager), first=march(20), nights=2)
    assert make_statement(site=row.site, month=MARCH, by=None, at=APRIL).night_count == 3


def test_the_database_refuses_a_signature_out_of_turn():
    row, manager, _stay = made()
    rows = Settlement.objects.filter(pk=row.pk)
    for name, change in (
        ("the_office_signs_after_the_site", {"signed_by_office": staff("approver"), "signed_by_office_at": APRIL}),
        ("a_settlement_is_of_a_whole_month", {"month": march(2)}),
        ("what_is_sent_back_waits_for_the_site",
         {"signed_by_site": manager, "signed_by_site_at": APRIL, "sent_back_reason": "少了"}),
    ):  # fmt: skip
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError, match="a_line_is_nights_times_rate"), transaction.atomic():
        SettlementLine.objects.update(total_fen=1)


def test_staff_see_the_statements_of_their_towns():
    row, _manager, _stay = made()
    elsewhere = make_staff(Role.FINANCE, programme="lodging", town="baogai")
    other_programme = make_staff(Role.FINANCE, programme="living-subsidy")
    assert [list(statements_for_staff(it)) for it in (staff(Role.FINANCE), elsewhere, other_programme)] == [
        [row], [], []
    ]  # fmt: skip


def test_a_hotel_stays_one_until_its_nights_are_settled():
    row, manager, _stay = made()

    def change(kind):
        site = Site.objects.get(pk=row.site_id)
        values, by = {"kind": kind}, staff(Role.ADMINISTRATOR)
        return change_site(site=site, values=values, expected_version=site.version, by=by, at=APRIL)

    with pytest.raises(Refused, match="没有结算完"):
        change(SiteKind.HOSTEL)
    signed = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    with pytest.raises(Refused, match="没有结算完"):
        change(SiteKind.HOSTEL)
    sign_for_office(settlement_id=row.pk, by=staff(Role.APPROVER), expected_version=signed.version, at=APRIL)
    assert change(SiteKind.HOSTEL).kind == "hostel"
    assert list(statements_for_staff(staff(Role.FINANCE))) == [row]
    assert list(statements_for_member(manager)) == [row]
    assert change(SiteKind.HOTEL).kind == "hotel"
    assert change(SiteKind.HOSTEL).kind == "hostel"  # what is settled stays settled


def test_the_statement_as_a_spreadsheet_and_on_paper():
    row, manager = signed_by_both()
    sheet = load_workbook(BytesIO(statement_xlsx(row))).active
    cells = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert cells[0] == ["序号", "申请编号", "姓名", "入住", "离开", "晚数", "每晚（元）", "金额（元）"]
    assert cells[1][3:] == ["2026-03-09", "2026-03-12", 3, 128, 384]
    assert (cells[1][2][1:], cells[-1][1], cells[-1][5], cells[-1][7]) == ("**", "合计", 3, 384)
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(statement_pdf(row)))
    for words in (row.number, "石狮海港酒店", "叁佰捌拾肆元整", manager.display_name, "共 3 晚"):
        assert words in text
    legal_name = row.lines.get().stay.person.legal_name
    assert legal_name not in text


def test_a_long_statement_takes_several_pages(django_assert_num_queries):
    row, _manager, stay = made()
    SettlementLine.objects.bulk_create(
        SettlementLine(
            settlement=row, stay=stay, from_on=date(2025, 1, 1) + timedelta(days=2 * number), night_count=1,
            night_fen=FEN, total_fen=FEN,
        )
        for number in range(60)
    )  # fmt: skip
    assert len(pypdfium2.PdfDocument(statement_pdf(row))) == 3
    with django_assert_num_queries(1):
        assert len(statement_rows(row)) == 61


def test_an_account_is_given_by_the_manager_and_settled_by_somebody_of_the_bureau():
    _site, manager = make_hotel()
    account = give(manager)
    assert (account.holder, account.number_last4, account.settled_by) == ("石狮海港酒店", "4567", None)
    assert give(manager).pk == account.pk
    for by in (staff(Role.FINANCE), manager.user):
        with pytest.raises(Refused, match="没有办理这一步的权限"):
            settle_account(account_id=account.pk, note="合同", by=by, at=APRIL)
    assert settle(account).settled_by == staff(Role.ADMINISTRATOR)
    other = give(manager, number="6217001870007654321")
    assert current_account(manager.partner) == other
    assert (other.ordinal, other.settled_by) == (2, None)
    third = give(manager)
    with pytest.raises(Refused, match="又换了账户"):
        settle(other)
    assert settle(third).settled_at == APRIL
    with pytest.raises(IntegrityError, match="who_gives_an_account_does_not_settle_it"), transaction.atomic():
        type(third).objects.filter(pk=third.pk).update(settled_by=third.given_by)
