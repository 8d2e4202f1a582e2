"""What a lease owes: the deposit once it is signed, the rent month by month, and damage once it is moved out of.

Bills follow the lease: where its days or its price change, a bill that says otherwise is cancelled and made anew, and
what was paid of it pays the next. Everything about money happens under the lock of the account (``lock_account``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from housing.apartments.models import (
    LIVING_IN,
    Bill,
    BillKind,
    Ending,
    Handover,
    HandoverLine,
    Lease,
    LeaseState,
    Payment,
    PaymentShare,
)
from housing.apartments.pricing import charge_for
from housing.apartments.services.changing import lock_lease, terms_of
from housing.apartments.services.leasing import plan_of
from housing.apartments.services.occupying import ONE_DAY
from housing.apartments.services.telling import tell_of_bill
from housing.months import Month
from portal.audit.services import record
from portal.casework.models import ReferenceCounter

logger = logging.getLogger(__name__)
WEEK = timedelta(days=7)  # the least time to pay of a bill that comes late
CHANGED = "days_or_price_changed"


@dataclass(frozen=True)
class Owed:
    """A bill as the lease calls for it."""

    kind: str
    month: date
    amount_fen: int
    due_on: date
    from_on: date | None = None
    until_on: date | None = None
    percent: int | None = None


def make_bills(*, at: datetime) -> int:
    """Bring the bills of every lease up to date that lacks one, or has a wrong one; gives how many leases."""
    # A lease before its renewal: what both owe is paid oldest first, once it is billed. All of them, each by itself:
    # who stays on after the last day is in need until the month is over, and must not hold up the rest.
    ids = list(_in_need(timezone.localdate(at)).order_by("starts_on", "pk").values_list("pk", flat=True))
    return sum(_try(pk, at) for pk in ids)


def bring_up_to_date(lease_id: UUID, *, at: datetime) -> list[Bill]:
    """Make the bills that the lease calls for, cancel those it does not, allot what is paid; gives the new ones.

    A lease whose deposit is settled is left alone. Safe to run twice.
    """
    with transaction.atomic():
        account = lock_account(lease_id)
        lease = next(one for one in account if one.pk == lease_id)
        if is_settled(account):
            return []
        wanted = {(it.kind, it.month): it for it in _owed(lease, timezone.localdate(at))}
        known = {(bill.kind, bill.month): bill for bill in lease.bills.filter(cancelled_at=None)}
        made = []
        for key, bill in known.items():
            if key not in wanted or not _is_same(bill, wanted[key]):
                _cancel(bill, at=at)
        for key, owed in wanted.items():
            before = known.get(key)
            if before is None or before.cancelled_at is not None:
                made.append(_make(lease, owed, before, at=at))
        allot(account, at=at)
        return made


def allot(account: Sequence[Lease], *, at: datetime) -> None:
    """Let what has come in and pays nothing yet pay what is owed, oldest due first. The account is locked."""
    payments = list(idle_payments(account).order_by("received_on", "entered_at", "id"))
    for bill in open_bills(*account):
        while bill.owed_fen and payments:
            payment = payments[0]
            fen = min(bill.owed_fen, payment.amount_fen - payment.allotted_fen)
            _share(payment, bill, fen, at)
            if payment.allotted_fen == payment.amount_fen:
                payments.pop(0)


def open_bills(*leases: Lease) -> QuerySet[Bill]:
    """The bills of these leases that are not paid in full, oldest due first."""
    rows = Bill.objects.filter(lease__in=leases, cancelled_at=None, paid_fen__lt=F("amount_fen"))
    return rows.order_by("due_on", "month", "id")


def idle_payments(leases: Iterable[Lease]) -> QuerySet[Payment]:
    """What came in for these leases and neither a bill nor a settlement has taken whole."""
    return Payment.objects.filter(lease__in=leases, settlement=None, allotted_fen__lt=F("amount_fen"))


def owed_fen(lease: Lease) -> int:
    """What is still to be paid for the lease, due or not."""
    return sum(bill.owed_fen for bill in open_bills(lease))


def credit_fen(*leases: Lease) -> int:
    """What came in for these leases and no bill has taken yet."""
    return sum(row.amount_fen - row.allotted_fen for row in idle_payments(leases))


def account_until(lease: Lease) -> list[Lease]:
    """The leases of one time in a unit, whose money is one account: the first, and its renewals up to ``lease``.

    A renewal that has not begun, or never will, is none of them yet.
    """
    found = [lease]
    while found[0].previous is not None and is_passed_on(found[0].previous):
        found.insert(0, found[0].previous)
    return found


def lock_account(lease_id: UUID) -> list[Lease]:
    """The account that the lease belongs to, with what renews it; the lock of the last lease guards all of it.

    A lease is only ever locked before its renewal, so that nobody waits for each other.
    """
    lease = lock_lease(lease_id)
    while is_passed_on(lease):
        lease = lock_lease(lease.renewal.pk)
    return account_until(lease)


def is_settled(account: Sequence[Lease]) -> bool:
    """Whether the deposit has been settled: of the last lease, which the account ends with."""
    return account[-1].settlements.exists()


def is_overstayed(lease: Lease) -> bool:
    """Whether somebody is still there after the last day they had."""
    return lease.state == LeaseState.ENDING and lease.leave_by is not None and lease.ends_on > lease.leave_by


def _in_need(today: date) -> QuerySet[Lease]:
    """Leases whose bills cannot be right as they stand."""
    bills = Bill.objects.filter(lease=OuterRef("pk"), cancelled_at=None).order_by()
    this_month = today.replace(day=1)
    damaged = HandoverLine.objects.filter(
        handover__lease=OuterRef("pk"), handover__direction=Handover.Direction.OUT, deduction_fen__gt=0
    ).order_by()
    deposit = Q(~Exists(bills.filter(kind=BillKind.DEPOSIT)), previous=None, deposit_fen__gt=0)
    rent = Q(~Exists(bills.filter(kind=BillKind.RENT, month=this_month)), starts_on__lte=today)
    rent &= Q(ends_on__gte=this_month, state__in=LIVING_IN)
    beyond = Exists(bills.filter(until_on__gt=OuterRef("ends_on")))
    damage = Q(Exists(damaged), ~Exists(bills.filter(kind=BillKind.DAMAGE)), state=LeaseState.ENDED)
    unsaid = Q(state=LeaseState.ENDED) & ~Exists(bills.filter(until_on=OuterRef("ends_on")))
    return Lease.objects.filter(settlements=None).filter(
        deposit & Q(state__in=[LeaseState.SIGNED, *LIVING_IN])
        | rent
        | beyond
        | damage
        | unsaid
        | Q(Exists(bills), state=LeaseState.CANCELLED)
    )


def _owed(lease: Lease, today: date) -> Iterator[Owed]:
    """Every bill that the lease calls for on ``today``."""
    if lease.state in (LeaseState.DRAFTED, LeaseState.CANCELLED):
        return
    first = Month(lease.starts_on.replace(day=1))
    if lease.previous is None and lease.deposit_fen:
        yield Owed(BillKind.DEPOSIT, first.first, lease.deposit_fen, lease.starts_on)
    if lease.state == LeaseState.SIGNED:
        return
    plan, due_day, last = plan_of(lease), terms_of(lease).rent_due_day, _billed_until(lease, today)
    month = first
    while month.first <= min(today, last):
        if charge := charge_for(plan, month.first, from_on=lease.starts_on, until_on=last):
            due = max(month.first.replace(day=due_day), lease.starts_on)
            days = (charge.from_on, charge.until_on, charge.percent)
            yield Owed(BillKind.RENT, month.first, charge.amount_fen, due, *days)
        month = month.moved(1)
    if lease.moved_out_on is not None and (fen := damage_fen(lease)):
        yield Owed(BillKind.DAMAGE, lease.moved_out_on.replace(day=1), fen, lease.moved_out_on)


def damage_fen(lease: Lease) -> int:
    """What both sides signed for as lost or damaged when the unit was given back."""
    lines = HandoverLine.objects.filter(handover__lease=lease, handover__direction=Handover.Direction.OUT)
    return sum(lines.filter(handover__signed_at__isnull=False).values_list("deduction_fen", flat=True))


def _billed_until(lease: Lease, today: date) -> date:
    """The last day that is billed; of days after the last one agreed, whole months that are over."""
    if lease.leave_by is not None and is_overstayed(lease):
        return max(lease.leave_by, min(lease.ends_on, today.replace(day=1) - ONE_DAY))
    return lease.ends_on


def _is_same(bill: Bill, owed: Owed) -> bool:
    days = (bill.amount_fen, bill.from_on, bill.until_on, bill.percent)
    return days == (owed.amount_fen, owed.from_on, owed.until_on, owed.percent)


def _make(lease: Lease, owed: Owed, before: Bill | None, *, at: datetime) -> Bill:
    on = timezone.localdate(at)
    due = owed.due_on if owed.due_on > on else on + WEEK
    if before is not None:  # made anew: the same day, but where it rises never without a week to pay
        due = max(before.due_on, on + WEEK) if owed.amount_fen > before.amount_fen else before.due_on
    bill = Bill.objects.create(
        number=f"ZD-{on:%Y}-{ReferenceCounter.take('rent_bill', on.year):06d}",
        lease=lease,
        kind=owed.kind,
        month=owed.month,
        from_on=owed.from_on,
        until_on=owed.until_on,
        percent=owed.percent,
        amount_fen=owed.amount_fen,
        due_on=due,
        made_at=at,
    )
    record(action="bill.make", actor=None, target=bill, at=at, note=f"{bill.kind} {bill.amount_fen}")
    if bill.amount_fen:
        tell_of_bill(bill, "bill_made", at=at)
    return bill


def _cancel(bill: Bill, *, at: datetime) -> None:
    """Take the bill back; what was paid of it is free to pay another."""
    for share in bill.shares.select_related("payment"):
        Payment.objects.filter(pk=share.payment_id).update(allotted_fen=F("allotted_fen") - share.amount_fen)
        share.delete()
    bill.paid_fen, bill.cancelled_at, bill.cancel_reason = 0, at, CHANGED
    bill.save(update_fields=["paid_fen", "cancelled_at", "cancel_reason"])
    record(action="bill.cancel", actor=None, target=bill, at=at, note=f"{bill.kind} {bill.amount_fen}")


def _share(payment: Payment, bill: Bill, fen: int, at: datetime) -> None:
    share, is_new = PaymentShare.objects.get_or_create(
        payment=payment, bill=bill, defaults={"amount_fen": fen, "at": at}
    )
    if not is_new:
        share.amount_fen += fen
        share.save(update_fields=["amount_fen"])
    payment.allotted_fen += fen
    payment.save(update_fields=["allotted_fen"])
    bill.paid_fen += fen
    bill.save(update_fields=["paid_fen"])


def _try(pk: UUID, at: datetime) -> bool:
    try:
        return bool(bring_up_to_date(pk, at=at))
    except Exception as error:  # one damaged lease must not hold up the others, nor put its words in a log
        logger.error("The bills of lease %s could not be made (%s).", pk, type(error).__name__)
        return False


def is_passed_on(lease: Lease) -> bool:
    """Whether a renewal has taken the lease's place."""
    return lease.state == LeaseState.ENDED and lease.ending == Ending.RENEWED
