"""The deposit at the end: what was paid, less damage and what is still owed, goes back as a payable.

So does, by a settlement of its own, money that comes in afterwards and that nothing is owed for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from housing.apartments.models import (
    Bill,
    BillKind,
    DepositSettlement,
    Ending,
    Handover,
    Lease,
    LeaseState,
    Payment,
)
from housing.apartments.services.billing import (
    account_until,
    allot,
    bring_up_to_date,
    credit_fen,
    idle_payments,
    is_settled,
    lock_account,
    open_bills,
)
from housing.apartments.services.leasing import CODE, visible_leases
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.telling import tell_of_settlement
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.models import ReferenceCounter
from subsidies.models import Payable


@dataclass(frozen=True)
class Account:
    """What a settlement would come to now, in fen; ``unpaid_fen`` is what the deposit does not cover."""

    deposit_fen: int
    credit_fen: int  # came in beside it and paid nothing
    damage_fen: int
    arrears_fen: int
    unpaid_fen: int

    @property
    def paid_fen(self) -> int:
        """All that there is to settle with."""
        return self.deposit_fen + self.credit_fen

    @property
    def refund_fen(self) -> int:
        """What goes back."""
        return self.paid_fen - self.damage_fen - self.arrears_fen


def account_of(lease: Lease) -> Account:
    """What the tenant gets back, as the books of the lease and of those it renews stand.

    Once the deposit is settled that is what has come in since and paid nothing.
    """
    leases = account_until(lease)
    deposit = 0 if is_settled(leases) else sum(_deposits(leases).values_list("paid_fen", flat=True))
    credit = credit_fen(*leases)
    owed = [bill for bill in open_bills(*leases) if bill.kind != BillKind.DEPOSIT]
    damage = sum(bill.owed_fen for bill in owed if bill.kind == BillKind.DAMAGE)
    rent = sum(bill.owed_fen for bill in owed if bill.kind != BillKind.DAMAGE)
    kept_damage = min(damage, deposit + credit)
    kept_rent = min(rent, deposit + credit - kept_damage)
    return Account(deposit, credit, kept_damage, kept_rent, damage + rent - kept_damage - kept_rent)


def to_settle(user: User) -> QuerySet[Lease]:
    """Leases in reach that are over and not settled, also where money came in since; the longest over first."""
    paid = Payment.objects.filter(lease=OuterRef("pk")).order_by()
    idle = paid.filter(settlement=None, allotted_fen__lt=F("amount_fen"))
    over = Q(state=LeaseState.ENDED) & ~Q(ending=Ending.RENEWED) | Q(Exists(paid), state=LeaseState.CANCELLED)
    waits = Exists(idle) | ~Exists(DepositSettlement.objects.filter(lease=OuterRef("pk")).order_by())
    return visible_leases(user).filter(over, waits).order_by("state_at", "id")


def settlements_for(user: User) -> QuerySet[DepositSettlement]:
    """The settlements in reach, the newest first."""
    rows = DepositSettlement.objects.filter(lease__in=visible_leases(user)).select_related(
        "lease__unit__building__place", "lease__application", "settled_by"
    )
    return rows.order_by("-settled_at", "-id")


def may_settle(lease: Lease, by: User) -> bool:
    """Whether ``by`` settles: an approver of the town, as it approves a payment. Never on an own lease."""
    town = lease.unit.building.place.town
    return by.pk != lease.person.user_id and by.may_act_as(Role.APPROVER, CODE, town)


def settle_deposit(*, lease_id: UUID, seen_refund_fen: int, by: User, at: datetime) -> DepositSettlement:
    """Settle a lease that is over: what is kept pays the bills, the rest becomes payable to the tenant.

    ``seen_refund_fen`` is what the page showed. Raises LeaseRefused. Whoever settles neither collects nor issues the
    payment (a constraint of its line).
    """
    bring_up_to_date(lease_id, at=at)  # by itself: where the sum is another one now, the next look shows it
    with transaction.atomic():
        leases = lock_account(lease_id)
        lease = leases[-1]
        if not may_settle(lease, by):
            raise LeaseRefused(_("您没有办理这一步的权限。"))
        if lease.state not in (LeaseState.ENDED, LeaseState.CANCELLED):
            raise LeaseRefused(_("退房以后才能结算押金。"))
        if lease.handovers.filter(direction=Handover.Direction.OUT, signed_by=by).exists():
            raise LeaseRefused(_("验房清单由您代为确认，押金请同事结算。"))
        is_late, account = is_settled(leases), account_of(lease)
        if is_late and not account.credit_fen:
            raise LeaseRefused(_("押金已经结算过了。"))
        if account.refund_fen != seen_refund_fen:
            raise LeaseRefused(_("账目刚刚有变动。请看过最新的再结算。"))
        number = f"YJ-{at:%Y}-{ReferenceCounter.take('deposit', at.year):05d}"
        idle = list(idle_payments(leases).values_list("pk", flat=True))
        if not is_late:
            _close_deposit_bills(leases, at=at)
            _set_off(leases, account, number, by=by, at=at)
        row = DepositSettlement.objects.create(
            number=number,
            lease=lease,
            is_late=is_late,
            paid_fen=account.paid_fen,
            damage_fen=account.damage_fen,
            arrears_fen=account.arrears_fen,
            refund_fen=account.refund_fen,
            settled_by=by,
            settled_at=at,
            payable=_payable(lease, account.refund_fen, by=by, at=at) if account.refund_fen else None,
        )
        Payment.objects.filter(pk__in=idle).update(settlement=row)
        record(action="deposit.settle", actor=by, target=row, at=at, note=str(account.refund_fen))
        tell_of_settlement(row, at=at)
        return row


def _deposits(leases: Iterable[Lease]) -> QuerySet[Bill]:
    return Bill.objects.filter(lease__in=leases, kind=BillKind.DEPOSIT, cancelled_at=None)


def _close_deposit_bills(leases: Iterable[Lease], *, at: datetime) -> None:
    """What was not paid of the deposit is owed no more."""
    rows = _deposits(leases)
    rows.filter(paid_fen=0, amount_fen__gt=0).update(cancelled_at=at, cancel_reason="lease_over")
    rows.filter(paid_fen__gt=0).update(amount_fen=F("paid_fen"))


def _set_off(leases: Sequence[Lease], account: Account, number: str, *, by: User, at: datetime) -> None:
    """Enter what is kept as a payment out of the deposit, so that the bills it covers are paid."""
    if not (fen := account.damage_fen + account.arrears_fen):
        return
    Payment.objects.create(
        lease=leases[-1],
        bank_reference=number,
        amount_fen=fen,
        received_on=timezone.localdate(at),
        entered_by=by,
        entered_at=at,
    )
    allot(leases, at=at)


def _payable(lease: Lease, fen: int, *, by: User, at: datetime) -> Payable:
    return Payable.objects.create(
        kind=Payable.Kind.REFUND,
        programme=CODE,
        town=lease.unit.building.place.town,
        policy_code=lease.application.policy_version.policy.code,
        application=lease.application,
        person=lease.person,
        gross_fen=fen,
        net_fen=fen,
        due_on=timezone.localdate(at),
        approved_by=by,
        approved_at=at,
    )
