"""How leases end and go on: notice, inspection, deposit, loss of status, breach, renewal, staying on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from housing.apartments.models import Bill, DepositSettlement, LeaseAdult, LeaseState, LossReport, UnitDay
from housing.apartments.services.billing import make_bills
from housing.apartments.services.breaching import decide_violation, report_violation
from housing.apartments.services.changing import change_lease
from housing.apartments.services.handing_over import Line, take_back, write_handover
from housing.apartments.services.leaving import end_terms, give_notice, keep_days
from housing.apartments.services.losing import decide_loss, report_loss, restore_lease
from housing.apartments.services.receiving import receive
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.renewing import ask_for_renewal, begin_renewals, decide_renewal
from housing.apartments.services.settling import account_of, settle_deposit, to_settle
from portal.accounts.models import Role
from portal.notifications.models import Letter
from subsidies.models import Payable
from subsidies.services.checking import obstacles, with_evidence
from tests.apartments.making import FIRST, make_lease
from tests.apartments.renting import hand_over, make_running, on, operator_of, sign_by_hand
from tests.apartments.walking import give_tier
from tests.factories import make_staff, staff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LAST = date(2027, 3, 31)


def pay(lease, fen: int, reference: str, day: date):
    return receive(
        lease_id=lease.pk, bank_reference=reference, amount_fen=fen, received_on=day, by=staff(Role.FINANCE), at=on(day)
    )


def notice(lease, until: date, day: date = FIRST):
    return give_notice(lease_id=lease.pk, until=until, expected_version=lease.version, by=lease.person.user, at=on(day))


def settle(lease, fen: int, day: date):
    return settle_deposit(lease_id=lease.pk, seen_refund_fen=fen, by=staff(Role.APPROVER), at=on(day))


# ── notice, inspection, deposit ───────────────────────────────────────────────────────────────────────────────────


def test_notice_is_given_thirty_days_ahead_and_gives_the_later_days_back():
    lease = make_running()
    with pytest.raises(LeaseRefused, match="退租要提前 30 天提出，最早可以选 2026 年 5 月 1 日。"):
        notice(lease, date(2026, 4, 30))
    with pytest.raises(LeaseRefused, match="租期到 2027 年 3 月 31 日，请选这天或更早。"):
        notice(lease, date(2027, 4, 1))
    left = notice(lease, date(2026, 5, 15))
    assert (left.state, left.ending, left.leave_by, left.ends_on) == (
        "ending", "notice", date(2026, 5, 15), date(2026, 5, 15),
    )  # fmt: skip
    assert UnitDay.objects.filter(lease=lease).count() == 45
    assert Letter.objects.filter(kind="lease_notice_given").count() == 1


def test_moving_out_ends_the_rent_and_the_deposit_comes_back_less_damage_and_arrears():
    lease = make_running()
    make_bills(at=on(FIRST))
    pay(lease, 200_000, "B1", FIRST)
    lease = notice(lease, date(2026, 5, 15))
    make_bills(at=on(date(2026, 5, 1)))
    lease = hand_over(lease, "out", day=date(2026, 5, 10), damage_fen=12_000)
    assert (lease.state, lease.ends_on, LeaseAdult.objects.count()) == ("ended", date(2026, 5, 10), 0)
    make_bills(at=on(date(2026, 5, 11)))
    may = lease.bills.get(kind="rent", month=date(2026, 5, 1), cancelled_at=None)
    assert (may.amount_fen, may.until_on) == (32_258, date(2026, 5, 10))  # 10 of 31 days at 1,000 yuan
    found = account_of(lease)
    assert (found.deposit_fen, found.damage_fen, found.arrears_fen, found.refund_fen) == (
        100_000, 12_000, 32_258, 55_742,
    )  # fmt: skip
    with pytest.raises(LeaseRefused, match="账目刚刚有变动。请看过最新的再结算。"):
        settle(lease, 100_000, date(2026, 5, 11))
    row = settle(lease, 55_742, date(2026, 5, 11))
    payable = Payable.objects.get()
    assert (payable.kind, payable.net_fen, payable.person, payable.statement) == ("refund", 55_742, lease.person, "")
    assert (row.payable, row.number) == (payable, "YJ-2026-00001")
    assert [bill.owed_fen for bill in Bill.objects.filter(cancelled_at=None)] == [0, 0, 0, 0]
    with pytest.raises(LeaseRefused, match="押金已经结算过了。"):
        settle(lease, 0, date(2026, 5, 12))


def test_a_month_paid_in_advance_comes_back_with_the_deposit():
    lease = make_running()
    make_bills(at=on(FIRST))
    pay(lease, 200_000, "B1", FIRST)
    lease = hand_over(notice(lease, date(2026, 5, 1)), "out", day=date(2026, 4, 15))
    make_bills(at=on(date(2026, 4, 16)))
    assert account_of(lease).refund_fen == 150_000  # the deposit and half of April
    assert settle(lease, 150_000, date(2026, 4, 16)).paid_fen == 150_000


def test_what_the_deposit_does_not_cover_stays_owed_and_nothing_is_payable():
    lease = make_running()
    make_bills(at=on(FIRST))
    pay(lease, 40_000, "B1", FIRST)
    lease = hand_over(notice(lease, date(2026, 5, 1)), "out", day=date(2026, 4, 30))
    make_bills(at=on(date(2026, 5, 1)))
    found = account_of(lease)
    assert (found.arrears_fen, found.refund_fen, found.unpaid_fen) == (40_000, 0, 60_000)
    settle(lease, 0, date(2026, 5, 1))
    assert sum(bill.owed_fen for bill in Bill.objects.all()) == 60_000
    assert (Payable.objects.count(), DepositSettlement.objects.get().payable) == (0, None)


def test_a_refund_waits_for_a_checked_account_and_not_for_what_has_changed_at_work():
    lease = make_running()
    give_tier(lease.application)
    make_bills(at=on(FIRST))
    pay(lease, 100_000, "B1", FIRST)
    lease = hand_over(notice(lease, date(2026, 5, 1)), "out", day=FIRST)
    with pytest.raises(LeaseRefused, match="账目刚刚有变动。请看过最新的再结算。"):
        settle(lease, account_of(lease).refund_fen, date(2026, 5, 1))  # the bill of April was still of a whole month
    fen = account_of(lease).refund_fen
    row = settle(lease, fen, date(2026, 5, 1))
    payable = with_evidence(Payable.objects.filter(pk=row.payable_id)).get()
    assert obstacles(payable, on=date(2026, 5, 1)) == ["number_not_proven", "account_not_settled"]
    assert fen == payable.net_fen


def test_only_an_approver_settles_and_only_after_moving_out():
    lease = make_running()
    with pytest.raises(LeaseRefused, match="退房以后才能结算押金。"):
        settle(lease, 0, FIRST)
    with pytest.raises(LeaseRefused, match="您没有办理这一步的权限。"):
        settle_deposit(lease_id=lease.pk, seen_refund_fen=0, by=staff(Role.FINANCE), at=on(FIRST))


def test_money_that_comes_in_after_the_settlement_pays_what_is_owed_and_the_rest_goes_back():
    lease = make_running()
    make_bills(at=on(FIRST))
    pay(lease, 40_000, "B1", FIRST)
    lease = hand_over(notice(lease, date(2026, 5, 1)), "out", day=date(2026, 4, 30))
    settle(lease, 0, date(2026, 5, 1))  # 600 yuan are owed still
    assert list(to_settle(staff(Role.APPROVER))) == []
    pay(lease, 65_000, "B2", date(2026, 5, 4))
    assert sum(bill.owed_fen for bill in Bill.objects.all()) == 0
    assert list(to_settle(staff(Role.APPROVER))) == [lease]
    with pytest.raises(LeaseRefused, match="您没有办理这一步的权限。"):
        settle_deposit(lease_id=lease.pk, seen_refund_fen=5_000, by=staff(Role.FINANCE), at=on(date(2026, 5, 5)))
    row = settle(lease, 5_000, date(2026, 5, 5))
    payable = Payable.objects.get()
    assert (row.is_late, row.payable, payable.kind, payable.net_fen) == (True, payable, "refund", 5_000)
    assert list(to_settle(staff(Role.APPROVER))) == []
    with pytest.raises(LeaseRefused, match="押金已经结算过了。"):
        settle(lease, 5_000, date(2026, 5, 6))
    with pytest.raises(IntegrityError, match="settle"), transaction.atomic():
        DepositSettlement.objects.filter(pk=row.pk).update(is_late=False)


# ── the end of the term, and staying on ───────────────────────────────────────────────────────────────────────────


def test_a_term_that_nothing_follows_begins_to_end_a_week_before():
    lease = make_running()
    assert end_terms(at=on(LAST - 7 * DAY)) == 0
    assert end_terms(at=on(LAST - 6 * DAY)) == 1
    lease.refresh_from_db()
    assert (lease.state, lease.ending, lease.leave_by) == ("ending", "term", LAST)


def test_who_stays_on_keeps_the_unit_day_by_day_at_the_market_price():
    lease = make_running()
    end_terms(at=on(LAST))
    assert keep_days(at=on(LAST)) == 0
    for day in (LAST + DAY, LAST + 2 * DAY, LAST + 2 * DAY):
        keep_days(at=on(day))
    lease.refresh_from_db()
    assert (lease.ends_on, lease.market_from, lease.leave_by) == (LAST + 2 * DAY, LAST + DAY, LAST)
    assert UnitDay.objects.filter(lease=lease).count() == 367
    assert lease.events.filter(kind="overstay").count() == 1
    lease = hand_over(lease, "out", day=LAST + 2 * DAY)
    make_bills(at=on(LAST + 3 * DAY))
    bill = lease.bills.get(month=date(2027, 4, 1), cancelled_at=None)
    assert (bill.amount_fen, bill.percent) == (13_333, 100)  # 2 of 30 days at 2,000 yuan


# ── loss of status ────────────────────────────────────────────────────────────────────────────────────────────────


def reported(lease, *, by=None) -> LossReport:
    return report_loss(
        lease_id=lease.pk, kind="home", source="staff", happened_on=FIRST, note="", by=by or staff(Role.CLERK),
        at=on(FIRST),
    )  # fmt: skip


def test_a_confirmed_loss_leaves_ninety_days_at_the_same_rent_and_the_market_price_afterwards():
    lease = make_running()
    make_bills(at=on(FIRST))
    row = reported(lease)
    with pytest.raises(LeaseRefused, match="同样的情况已经有人报告，正在核实。"):
        reported(lease)
    at = on(date(2026, 4, 16))
    decide_loss(report_id=row.pk, is_lost=True, reason="已购房", by=staff(Role.FIRST_REVIEWER), at=at)
    lease.refresh_from_db()
    assert (lease.state, lease.ending, lease.ends_on) == ("ending", "status_lost", date(2026, 7, 15))
    assert lease.market_from == date(2026, 7, 16)
    keep_days(at=on(date(2026, 7, 18)))
    lease = hand_over(lease, "out", day=date(2026, 7, 18))
    make_bills(at=on(date(2026, 7, 19)))
    rents = lease.bills.filter(kind="rent", cancelled_at=None).order_by("month").values_list("amount_fen", flat=True)
    assert list(rents) == [100_000, 100_000, 100_000, 67_741]  # of July 15 days at half the price, 3 at the whole
    assert Letter.objects.filter(kind="status_lost").count() == 1
    with pytest.raises(LeaseRefused, match="这件事已经有人决定了。"):
        decide_loss(report_id=row.pk, is_lost=False, reason="x", by=staff(Role.FIRST_REVIEWER), at=at)


def test_who_reports_a_loss_does_not_decide_it_and_a_dismissed_one_changes_nothing():
    lease = make_running()
    row = reported(lease, by=staff(Role.FIRST_REVIEWER))
    for by in (staff(Role.FIRST_REVIEWER), staff(Role.CLERK)):
        with pytest.raises(LeaseRefused, match="报告的人和本人不能决定，请由别的审核人办理。"):
            decide_loss(report_id=row.pk, is_lost=True, reason="x", by=by, at=on(FIRST))
    with pytest.raises(LeaseRefused, match="请写明理由。"):
        decide_loss(report_id=row.pk, is_lost=True, reason=" ", by=staff(Role.APPROVER), at=on(FIRST))
    decide_loss(report_id=row.pk, is_lost=False, reason="房子是父母的", by=staff(Role.APPROVER), at=on(FIRST))
    lease.refresh_from_db()
    assert (lease.state, lease.market_from) == ("running", None)
    assert Letter.objects.filter(kind="loss_dismissed").count() == 1


def test_another_person_may_restore_a_lease_that_was_ended_wrongly():
    lease = make_running()
    row = reported(lease)
    make_bills(at=on(FIRST))
    decide_loss(report_id=row.pk, is_lost=True, reason="已购房", by=staff(Role.FIRST_REVIEWER), at=on(FIRST))
    row = LossReport.objects.get()
    with pytest.raises(LeaseRefused, match="报告的人和本人不能决定，请由别的审核人办理。"):
        restore_lease(row, reason="房子是别人的", by=staff(Role.FIRST_REVIEWER), at=on(FIRST))
    lease = restore_lease(row, reason="房子是别人的", by=staff(Role.APPROVER), at=on(FIRST))
    assert (lease.state, lease.ends_on, lease.market_from) == ("running", LAST, None)
    assert lease.bills.get(kind="rent", cancelled_at=None).amount_fen == 100_000
    assert UnitDay.objects.filter(lease=lease).count() == 365
    assert Letter.objects.filter(kind="lease_restored").count() == 1


# ── breaches ──────────────────────────────────────────────────────────────────────────────────────────────────────


def breach(lease, kind: int = 0):
    member = operator_of(lease)
    return report_violation(
        lease_id=lease.pk, kind=kind, happened_on=FIRST, note="转租给别人", by=member.user, member=member, at=on(FIRST)
    )


def test_a_confirmed_breach_warns_or_ends_the_lease():
    lease = make_running()
    first, second = breach(lease), breach(lease)
    for row, ends in ((first, False), (second, True)):
        decide_violation(
            violation_id=row.pk, is_true=True, ends_lease=ends, reason="属实", by=staff(Role.APPROVER), at=on(FIRST)
        )
        lease.refresh_from_db()
        assert lease.state == ("ending" if ends else "running")
    assert (lease.ending, lease.leave_by) == ("breach", date(2026, 5, 1))
    kinds = Letter.objects.filter(kind__in=["violation_confirmed", "lease_terminated"])
    assert sorted(kinds.values_list("kind", flat=True)) == ["lease_terminated", "violation_confirmed"]


def test_a_breach_is_of_a_kind_that_the_policy_lists():
    with pytest.raises(LeaseRefused, match="请选择是哪一种。"):
        breach(make_running(), 4)


# ── renewal ───────────────────────────────────────────────────────────────────────────────────────────────────────


def ask(lease, day: date):
    return ask_for_renewal(
        lease_id=lease.pk, is_in_post=True, has_home=False, note="", by=lease.person.user, at=on(day)
    )


def grant(row, day: date, *, is_extended: bool = False):
    return decide_renewal(
        request_id=row.pk, is_granted=True, is_extended=is_extended, reason="条件没有变", by=staff(Role.APPROVER),
        at=on(day),
    )  # fmt: skip


def test_a_renewal_is_asked_for_within_its_window():
    lease = make_running()
    with pytest.raises(LeaseRefused, match="2026 年 12 月 31 日起可以申请续租。"):
        ask(lease, date(2026, 12, 30))
    with pytest.raises(LeaseRefused, match="申请续租的时间已过，最晚是 2027 年 3 月 24 日。"):
        ask(lease, date(2027, 3, 25))
    ask(lease, date(2026, 12, 31))
    with pytest.raises(LeaseRefused, match="您已经申请续租，正在办理。"):
        ask(lease, date(2027, 1, 1))


def test_a_granted_renewal_is_signed_and_takes_the_place_of_the_lease_on_its_first_day():
    lease = make_running()
    grant(ask(lease, date(2027, 1, 4)), date(2027, 1, 5))
    renewal = lease.renewal
    assert (renewal.number, renewal.first_year, renewal.starts_on, renewal.ends_on) == (
        f"{lease.number}-R1", 2, date(2027, 4, 1), date(2028, 3, 31),
    )  # fmt: skip
    renewal = sign_by_hand(renewal, at=on(date(2027, 1, 6)))
    assert end_terms(at=on(LAST)) == 0
    assert begin_renewals(at=on(LAST)) == 0
    assert begin_renewals(at=on(LAST + DAY)) == 1
    lease.refresh_from_db()
    renewal.refresh_from_db()
    assert (lease.state, lease.ending, renewal.state) == ("ended", "renewed", "running")
    assert LeaseAdult.objects.get().lease == renewal
    make_bills(at=on(LAST + DAY))
    assert list(renewal.bills.values_list("kind", "amount_fen")) == [("rent", 100_000)]


def test_the_years_end_with_the_cap_unless_they_are_extended():
    lease = make_running()
    type(lease).objects.filter(pk=lease.pk).update(first_year=3)
    lease.refresh_from_db()
    row = ask(lease, date(2027, 1, 4))
    with pytest.raises(LeaseRefused, match="通常的年限已满。"):
        grant(row, date(2027, 1, 5))
    grant(row, date(2027, 1, 5), is_extended=True)
    assert lease.renewal.first_year == 4
    type(lease).objects.filter(pk=lease.pk).update(first_year=5)
    lease.refresh_from_db()
    change_lease(lease.renewal.pk, "cancel", by=lease.person.user, at=on(date(2027, 1, 6)), reason="x")
    assert type(lease).objects.get(previous=lease).state == LeaseState.CANCELLED
    with pytest.raises(LeaseRefused, match="续租的租约已经取消，不能再续。"):
        ask(lease, date(2027, 1, 7))


def test_money_for_a_renewed_lease_goes_to_the_renewal():
    lease = make_running()
    make_bills(at=on(FIRST))
    pay(lease, 100_000, "B1", FIRST)
    grant(ask(lease, date(2027, 1, 4)), date(2027, 1, 5))
    renewal = sign_by_hand(lease.renewal, at=on(date(2027, 1, 6)))
    begin_renewals(at=on(LAST + DAY))
    for bill in lease.bills.filter(cancelled_at=None):
        pay(lease, bill.owed_fen or 1, f"C{bill.pk}", LAST + DAY) if bill.owed_fen else None
    lease.refresh_from_db()
    assert pay(lease, 5_000, "D1", LAST + DAY).lease == renewal


def test_late_money_for_a_lease_whose_renewal_is_settled_pays_the_account_and_goes_back():
    lease = make_running()
    make_bills(at=on(FIRST))
    pay(lease, 100_000, "B1", FIRST)  # the deposit, and nothing else ever
    grant(ask(lease, date(2027, 1, 4)), date(2027, 1, 5))
    renewal = sign_by_hand(lease.renewal, at=on(date(2027, 1, 6)))
    begin_renewals(at=on(LAST + DAY))
    renewal.refresh_from_db()
    hand_over(notice(renewal, LAST + 31 * DAY, LAST + DAY), "out", day=LAST + DAY)
    make_bills(at=on(LAST + 2 * DAY))
    first = lease.bills.get(kind="rent", month=FIRST)
    assert first.owed_fen == 100_000
    settle(renewal, 0, LAST + 2 * DAY)
    owed = sum(bill.owed_fen for bill in Bill.objects.all())
    payment = pay(lease, owed + 7, "B2", LAST + 3 * DAY)
    assert (payment.lease, sum(bill.owed_fen for bill in Bill.objects.all())) == (renewal, 0)
    assert [it.pk for it in to_settle(staff(Role.APPROVER))] == [renewal.pk]
    assert settle(lease, 7, LAST + 4 * DAY).payable.net_fen == 7


def test_what_was_paid_for_a_renewal_that_is_cancelled_goes_back_and_leaves_the_lease_its_deposit():
    lease = make_running()
    make_bills(at=on(FIRST))
    pay(lease, 200_000, "B1", FIRST)
    grant(ask(lease, date(2027, 1, 4)), date(2027, 1, 5))
    renewal = sign_by_hand(lease.renewal, at=on(date(2027, 1, 6)))
    pay(renewal, 30_000, "B2", date(2027, 1, 7))
    change_lease(renewal.pk, "cancel", by=lease.person.user, at=on(date(2027, 1, 8)), reason="不续了")
    assert settle(renewal, 30_000, date(2027, 1, 9)).paid_fen == 30_000
    assert lease.bills.get(kind="deposit").owed_fen == lease.settlements.count() == 0


def test_nobody_gives_notice_of_a_drafted_lease():
    lease = make_lease()
    with pytest.raises(LeaseRefused, match="这份租约现在不能这样办理。"):
        notice(lease, date(2026, 6, 1))


# ── an inspection that the tenant leaves unsigned ─────────────────────────────────────────────────────────────────────


def inspected(lease, day: date):
    """The operator has written the inspection on ``day``: a lamp is broken, 120 yuan."""
    lines = [Line(1, "台灯", "", 1, "damaged", "", 12_000)]
    write_handover(
        lease_id=lease.pk, direction="out", on=day, key_count=0, meters={}, note="", lines=lines,
        member=operator_of(lease), at=on(day),
    )  # fmt: skip


def test_an_inspection_that_the_tenant_never_signs_is_confirmed_by_an_officer_once_the_time_to_sign_is_over():
    lease = make_running()
    make_bills(at=on(FIRST))
    pay(lease, 200_000, "B1", FIRST)
    notice(lease, date(2026, 5, 15))
    officer = make_staff(Role.FIRST_REVIEWER, Role.APPROVER)

    def confirm(day: date, by=officer):
        return take_back(lease_id=lease.pk, reason="人已搬走，电话不通", by=by, at=on(day))

    with pytest.raises(LeaseRefused, match="还没有等租户签字的验房清单。请先由公寓验房。"):
        confirm(date(2026, 5, 18))
    inspected(lease, date(2026, 5, 18))  # a Monday; five working days to sign
    with pytest.raises(LeaseRefused, match="租户在 2026 年 5 月 25 日以前还可以签字，过了这天才能代为确认。"):
        confirm(date(2026, 5, 25))
    with pytest.raises(LeaseRefused, match="您没有办理这一步的权限。"):
        confirm(date(2026, 5, 26), by=staff(Role.CLERK))
    ended = confirm(date(2026, 5, 26))
    out = ended.handovers.get(direction="out")
    assert (ended.state, out.signed_by, out.is_signed_by_tenant) == ("ended", officer, False)
    assert Letter.objects.filter(kind="lease_taken_back").count() == 1
    make_bills(at=on(date(2026, 5, 27)))
    account = account_of(ended)
    assert account.damage_fen == 12_000
    with pytest.raises(LeaseRefused, match="验房清单由您代为确认，押金请同事结算。"):
        settle_deposit(lease_id=lease.pk, seen_refund_fen=account.refund_fen, by=officer, at=on(date(2026, 5, 27)))
    assert settle(ended, account.refund_fen, date(2026, 5, 27)).damage_fen == 12_000
