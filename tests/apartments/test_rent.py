"""Bills, payments and arrears of a lease."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest
from django.db import OperationalError, connection
from django.db.models import Sum

from housing.apartments.models import ArrearsStep, Bill, BillKind, Payment, PaymentShare
from housing.apartments.services.billing import bring_up_to_date, credit_fen, make_bills, owed_fen
from housing.apartments.services.dunning import climb
from housing.apartments.services.receiving import enter_file, keep_file, look_through, receive
from housing.apartments.services.refusals import LeaseRefused
from portal.accounts.models import Role
from portal.casework.services.advancing import StepRefused
from portal.notifications.models import Letter
from tests.apartments.making import AT, FIRST
from tests.apartments.renting import make_running, make_signed, on
from tests.factories import staff

pytestmark = pytest.mark.django_db
APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)


def bills(lease) -> list[tuple[str, str, int, int]]:
    """Kind, month, amount and what is paid of every bill that stands, in the order of their due days."""
    rows = lease.bills.filter(cancelled_at=None).order_by("due_on", "kind")
    return [(row.kind, f"{row.month:%Y-%m}", row.amount_fen, row.paid_fen) for row in rows]


def pay(lease, fen: int, reference: str = "B1", *, day: date = APRIL):
    return receive(
        lease_id=lease.pk, bank_reference=reference, amount_fen=fen, received_on=day, by=staff(Role.FINANCE), at=on(day)
    )


def test_a_signed_lease_owes_its_deposit_before_it_begins():
    lease = make_signed()
    make_bills(at=AT)
    assert bills(lease) == [("deposit", "2026-04", 100_000, 0)]
    assert lease.bills.get().due_on == FIRST


def test_a_month_is_billed_once_and_is_due_on_the_day_of_the_policy():
    lease = make_running()
    make_bills(at=on(APRIL))
    make_bills(at=on(APRIL, 12))
    assert bills(lease) == [("deposit", "2026-04", 100_000, 0), ("rent", "2026-04", 100_000, 0)]
    make_bills(at=on(MAY))
    assert lease.bills.get(month=MAY).due_on == date(2026, 5, 10)


def test_a_bill_that_comes_late_leaves_a_week_to_pay():
    lease = make_running()
    make_bills(at=on(date(2026, 4, 20)))
    assert lease.bills.get(kind=BillKind.RENT).due_on == date(2026, 4, 27)


def test_a_payment_pays_what_was_due_first_and_keeps_the_rest_for_the_next_bill():
    lease = make_running()
    make_bills(at=on(APRIL))
    pay(lease, 150_000)
    assert bills(lease) == [("deposit", "2026-04", 100_000, 100_000), ("rent", "2026-04", 100_000, 50_000)]
    pay(lease, 80_000, "B2")
    assert (owed_fen(lease), credit_fen(lease)) == (0, 30_000)
    make_bills(at=on(MAY))
    assert bills(lease)[-1] == ("rent", "2026-05", 100_000, 30_000)
    shares = PaymentShare.objects.aggregate(fen=Sum("amount_fen"))["fen"]
    assert shares == Bill.objects.aggregate(fen=Sum("paid_fen"))["fen"] == 230_000
    assert shares == Payment.objects.aggregate(fen=Sum("allotted_fen"))["fen"]


def test_the_same_bank_reference_is_entered_once_and_never_with_another_amount():
    lease = make_running()
    assert pay(lease, 5_000) == pay(lease, 5_000)
    with pytest.raises(LeaseRefused, match="这个流水号已经登记过，租约、金额或日期不一样。"):
        pay(lease, 6_000)


def test_money_is_entered_by_finance_and_not_before_it_is_there():
    lease = make_running()
    with pytest.raises(LeaseRefused, match="您没有办理这一步的权限。"):
        receive(lease_id=lease.pk, bank_reference="B", amount_fen=1, received_on=APRIL, by=staff(Role.CLERK), at=AT)
    with pytest.raises(LeaseRefused, match="入账日还没有到。"):
        receive(lease_id=lease.pk, bank_reference="B", amount_fen=1, received_on=MAY, by=staff(Role.FINANCE), at=AT)


def test_a_bill_that_no_longer_fits_is_made_anew_and_what_was_paid_of_it_pays_again():
    lease = make_running()
    make_bills(at=on(APRIL))
    pay(lease, 200_000)
    lease.refresh_from_db()
    lease.market_from = date(2026, 4, 16)
    lease.save()
    bring_up_to_date(lease.pk, at=on(date(2026, 4, 16)))
    assert bills(lease) == [("deposit", "2026-04", 100_000, 100_000), ("rent", "2026-04", 150_000, 100_000)]
    cancelled = lease.bills.exclude(cancelled_at=None).get()
    assert (cancelled.paid_fen, cancelled.cancel_reason) == (0, "days_or_price_changed")


def csv(*rows: str) -> bytes:
    return ("流水号,入账日,金额,租约编号\n" + "\n".join(rows) + "\n").encode("gb18030")


def test_the_banks_list_is_looked_through_then_entered_once():
    lease = make_running()
    make_bills(at=on(APRIL))
    by = staff(Role.FINANCE)
    file = keep_file(content=csv(f"N1,2026-04-03,1000.00,{lease.number}", f"N2,2026/4/4,500,{lease.number}"), by=by,
                     at=on(date(2026, 4, 5)))  # fmt: skip
    rows = look_through(file, by=by, on=date(2026, 4, 5))
    assert [(row.reference, row.amount_fen, row.fault) for row in rows] == [("N1", 100_000, ""), ("N2", 50_000, "")]
    assert Payment.objects.count() == 0
    enter_file(file_id=file.pk, by=by, at=on(date(2026, 4, 5)))
    enter_file(file_id=file.pk, by=by, at=on(date(2026, 4, 5)))
    assert [row[3] for row in bills(lease)] == [100_000, 50_000]
    assert Payment.objects.count() == 2


def test_a_list_with_a_wrong_row_is_not_entered_at_all():
    lease, by, at = make_running(), staff(Role.FINANCE), on(date(2026, 4, 5))
    file = keep_file(
        content=csv(
            f"N1,2026-04-03,10,{lease.number}",
            f"N1,2026-04-03,10,{lease.number}",
            "N2,2026-04-03,10,AR-9",
            f"N3,2026-05-03,10,{lease.number}",
            f"N4,2026-04-03,-10,{lease.number}",
        ),
        by=by,
        at=at,
    )
    assert [row.fault for row in look_through(file, by=by, on=at.date())] == [
        "",
        "这个流水号在文件里出现了两次。",
        "没有这个编号的租约。",
        "入账日不对，或还没有到。",
        "金额不对。",
    ]
    with pytest.raises(LeaseRefused, match="第 3 行：这个流水号在文件里出现了两次。整份文件没有导入，请改正后再传。"):
        enter_file(file_id=file.pk, by=by, at=at)
    assert Payment.objects.count() == 0
    with pytest.raises(StepRefused, match="文件缺少这些列"):
        keep_file(content=b"a,b\n1,2\n", by=by, at=at)


def test_a_reference_that_is_booked_for_another_lease_is_a_fault_and_none_of_the_list_is_entered():
    lease, other, by, at = make_running(), make_running(), staff(Role.FINANCE), on(date(2026, 4, 5))
    pay(lease, 5_000, "N2")
    with pytest.raises(LeaseRefused, match="这个流水号已经登记过，租约、金额或日期不一样。"):
        pay(other, 5_000, "N2")
    rows = (f"N1,2026-04-03,10,{lease.number}", f"N2,2026-04-01,50,{other.number}")
    file = keep_file(content=csv(*rows), by=by, at=at)
    assert [(row.fault, row.is_known) for row in look_through(file, by=by, on=at.date())] == [
        ("", False),
        ("这个流水号已经登记过，租约、金额或日期不一样。", False),
    ]
    with pytest.raises(LeaseRefused, match="第 3 行"):
        enter_file(file_id=file.pk, by=by, at=at)
    assert Payment.objects.get().bank_reference == "N2"


def test_a_list_that_fails_on_the_way_is_not_entered_at_all():
    lease, other, by, at = make_running(), make_running(), staff(Role.FINANCE), on(date(2026, 4, 5))
    rows = (f"N1,2026-04-03,10,{lease.number}", f"N2,2026-04-03,50,{other.number}")
    file = keep_file(content=csv(*rows), by=by, at=at)
    entered = count(1)

    def cut(execute, sql, *about):
        if sql.startswith('INSERT INTO "apartments_payment"') and next(entered) == 2:
            raise OperationalError("the database is gone")
        return execute(sql, *about)

    with connection.execute_wrapper(cut), pytest.raises(OperationalError):
        enter_file(file_id=file.pk, by=by, at=at)
    assert (Payment.objects.count(), type(file).objects.get().applied_at) == (0, None)


def test_a_bill_made_anew_that_rises_leaves_a_week_to_pay_and_one_that_falls_its_day():
    lease = make_running()
    make_bills(at=on(APRIL))
    assert lease.bills.get(kind=BillKind.RENT).due_on == date(2026, 4, 10)
    for market_from, due in ((date(2026, 4, 16), date(2026, 4, 27)), (date(2026, 4, 25), date(2026, 4, 27))):
        type(lease).objects.filter(pk=lease.pk).update(market_from=market_from)
        bring_up_to_date(lease.pk, at=on(date(2026, 4, 20)))
        assert lease.bills.get(kind=BillKind.RENT, cancelled_at=None).due_on == due
    climb(at=on(date(2026, 4, 28)))
    assert not ArrearsStep.objects.filter(bill__kind=BillKind.RENT).exists()


def test_the_ladder_reminds_warns_and_then_asks_a_person_once_each():
    lease = make_running()
    make_bills(at=on(APRIL))
    pay(lease, 100_000)  # the deposit; the rent was due on 10 April
    climb(at=on(date(2026, 4, 14)))
    assert ArrearsStep.objects.count() == 0
    for day in (date(2026, 4, 15), date(2026, 4, 16), date(2026, 5, 10), date(2026, 10, 7)):
        climb(at=on(day))
    assert list(ArrearsStep.objects.values_list("act", "on", "owed_fen")) == [
        ("remind", date(2026, 4, 15), 100_000),
        ("warn", date(2026, 5, 10), 100_000),
        ("decide", date(2026, 10, 7), 100_000),
    ]
    kinds = Letter.objects.filter(kind__startswith="arrears").order_by("created_at").values_list("kind", flat=True)
    assert list(kinds) == ["arrears_reminder", "arrears_warning", "arrears_task"]


def test_a_paid_bill_climbs_no_further():
    lease = make_running()
    make_bills(at=on(APRIL))
    pay(lease, 200_000)
    climb(at=on(date(2026, 12, 1)))
    assert ArrearsStep.objects.count() == 0
