"""Random histories of the rent: whoever pays what and whenever a lease ends, the books stay true.

Two tenants live in a unit each. Bills, payments, notices, inspections, renewals, losses and settlements come in any
order through the services, in a savepoint of their own; what is refused is refused whole. After every step all that the
books promise is counted anew from the rows.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from housing.apartments.models import (
    LIVE_LEASES,
    LIVING_IN,
    Bill,
    BillKind,
    DepositSettlement,
    Finding,
    Handover,
    Lease,
    LeaseAdult,
    LeaseState,
    LossReport,
    Payment,
    PaymentShare,
    RenewalRequest,
    UnitDay,
    Violation,
)
from housing.apartments.services.billing import make_bills, owed_fen
from housing.apartments.services.breaching import decide_violation, report_violation
from housing.apartments.services.changing import change_lease
from housing.apartments.services.dunning import climb
from housing.apartments.services.handing_over import (
    digest_of,
    inventory_for,
    sign_handover,
    take_back,
    write_handover,
)
from housing.apartments.services.leaving import end_terms, give_notice, keep_days
from housing.apartments.services.losing import decide_loss, report_loss, restore_lease
from housing.apartments.services.receiving import receive
from housing.apartments.services.renewing import ask_for_renewal, begin_renewals, decide_renewal
from housing.apartments.services.settling import account_of, settle_deposit
from portal.accounts.models import Role
from tests.apartments.lease_making import furnish
from tests.apartments.making import DAY, FIRST
from tests.apartments.renting import make_running, on, operator_of, sign_by_hand
from tests.factories import make_staff, staff
from tests.histories import Played, play

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
WHOLE = 200_000  # fen: a month at the market price
PERCENTS = (50, 50, 60, 70, 70)  # MST, APT-2023, year by year; each begins on 1 April
tenants = st.integers(0, 1)


class RentHistory(Played):
    """``now`` only goes on."""

    @initialize(months=st.sampled_from([0, 2, 9]), are_paid=st.booleans())
    def begin(self, months: int, are_paid: bool) -> None:
        """They have lived there for so long."""
        vars(self).update(type(self).make())
        self.now, self.references = on(FIRST, 12), count(1)
        self.sweep()
        for _turn in range(months):
            self.now += 31 * DAY
            self.sweep()
            if are_paid:
                for who in (0, 1):
                    self.pay(who, 100, False)

    # ── money ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(who=tenants, percent=st.sampled_from([0, 1, 60, 100, 130, 300]), is_late=st.booleans())
    def pay(self, who: int, percent: int, is_late: bool) -> None:
        """So much of what is owed and a fen more, under the newest lease or, by mistake, the first one."""
        lease = self.chain(who)[0 if is_late else -1]
        fen = owed_fen(lease) * percent // 100 + (percent != 100)
        asked = {"bank_reference": f"B{next(self.references)}", "amount_fen": fen, "received_on": self.now.date()}
        if fen:
            self.act(receive, lease_id=lease.pk, **asked, by=self.finance)

    @rule(who=tenants)
    def settle(self, who: int) -> None:
        lease = self.chain(who)[-1]
        seen = account_of(lease).refund_fen
        self.act(settle_deposit, lease_id=lease.pk, seen_refund_fen=seen, by=self.treasurer)

    # ── staying and leaving ────────────────────────────────────────────────────────────────────────────────────────

    @rule(who=tenants, days=st.sampled_from([0, 30, 75]))
    def leave(self, who: int, days: int) -> None:
        if lease := self.living(who):
            until = min(self.now.date() + days * DAY, lease.ends_on)
            asked = {"until": until, "expected_version": lease.version, "by": lease.person.user}
            self.act(give_notice, lease_id=lease.pk, **asked)

    @rule(who=tenants, damage=st.sampled_from([0, 30_000, 500_000]), is_signed=st.booleans())
    def inspect(self, who: int, damage: int, is_signed: bool) -> None:
        if lease := self.living(who):
            lines = inventory_for(lease, "out")
            lines[0] = replace(lines[0], condition="damaged" if damage else "good", deduction_fen=damage)
            said = {"on": self.now.date(), "key_count": 2, "meters": {}, "note": "", "lines": lines}
            row = self.act(write_handover, lease_id=lease.pk, direction="out", member=operator_of(lease), **said)
            if row and is_signed:
                about = {"seen_sha256": digest_of(row), "by": lease.person.user}
                self.act(sign_handover, handover_id=row.pk, **about)

    @rule(who=tenants, days=st.sampled_from([-3, 0, 40]), damage=st.sampled_from([0, 30_000, 500_000]))
    def move_out(self, who: int, days: int, damage: int) -> None:
        """The whole way: notice, the last day or another one, inspection, settlement."""
        self.leave(who, 30)
        self.the_end_comes(who, days)
        self.inspect(who, damage, True)
        self.settle(who)

    @rule(who=tenants)
    def the_office_takes_it_back(self, who: int) -> None:
        """In the stead of a tenant who does not sign the inspection."""
        if lease := self.living(who):
            self.act(take_back, lease_id=lease.pk, reason="租户没有签字", by=self.approver)

    @rule(who=tenants)
    def ask_to_stay(self, who: int) -> None:
        if lease := self.living(who):
            asked = {"is_in_post": True, "has_home": False, "note": "", "by": lease.person.user}
            self.act(ask_for_renewal, lease_id=lease.pk, **asked)

    @rule(who=tenants, is_granted=st.booleans(), is_extended=st.booleans())
    def a_renewal_is_decided(self, who: int, is_granted: bool, is_extended: bool) -> None:
        """At once or whenever, whatever has become of the lease meanwhile."""
        said = {"is_granted": is_granted, "is_extended": is_extended, "reason": "已核对", "by": self.approver}
        for row in RenewalRequest.objects.filter(lease__in=self.chain(who), finding=Finding.OPEN):
            self.act(decide_renewal, request_id=row.pk, **said)

    @rule(who=tenants, is_granted=st.sampled_from([None, True, False]))
    def asks_late_in_the_term(self, who: int, is_granted: bool | None) -> None:
        """Within the window, and decided at once or not yet."""
        self.the_end_comes(who, -60)
        self.ask_to_stay(who)
        if is_granted is not None:
            self.a_renewal_is_decided(who, is_granted, True)

    @rule(who=tenants, days=st.sampled_from([0, 1, 40]))
    def stay_on(self, who: int, days: int) -> None:
        """The whole way: asked for in time, granted, signed; and the first day of the renewal comes."""
        self.the_end_comes(who, -60)
        self.ask_to_stay(who)
        self.a_renewal_is_decided(who, True, True)
        self.the_renewal_is_signed_or_not_wanted(who, True)
        self.the_end_comes(who, days)

    @rule(who=tenants, does_sign=st.booleans())
    def the_renewal_is_signed_or_not_wanted(self, who: int, does_sign: bool) -> None:
        lease = self.chain(who)[-1]
        if lease.previous_id is None or lease.state not in (LeaseState.DRAFTED, LeaseState.SIGNED):
            return
        if does_sign and lease.state == LeaseState.DRAFTED:
            self.act(sign_by_hand, lease)
        elif not does_sign:
            self.act(change_lease, lease.pk, "cancel", by=lease.person.user, reason="不续了")

    @rule(who=tenants, is_lost=st.booleans())
    def a_loss_is_decided(self, who: int, is_lost: bool) -> None:
        if lease := self.living(who):
            asked = {"kind": "home", "source": "tenant", "happened_on": None, "note": "", "by": lease.person.user}
            self.act(report_loss, lease_id=lease.pk, **asked)
            for row in LossReport.objects.filter(lease=lease, finding=Finding.OPEN):
                self.act(decide_loss, report_id=row.pk, is_lost=is_lost, reason="核查结果", by=self.approver)

    @rule(who=tenants, ends_lease=st.booleans())
    def a_breach_is_decided(self, who: int, ends_lease: bool) -> None:
        if lease := self.living(who):
            member = operator_of(lease)
            about = {"kind": 0, "happened_on": self.now.date(), "note": "转租", "by": member.user, "member": member}
            if row := self.act(report_violation, lease_id=lease.pk, **about):
                said = {"is_true": True, "ends_lease": ends_lease, "reason": "核查结果", "by": self.approver}
                self.act(decide_violation, violation_id=row.pk, **said)

    @rule(who=tenants, kind=st.sampled_from([LossReport, Violation]))
    def it_was_not_so(self, who: int, kind: type[LossReport] | type[Violation]) -> None:
        if lease := self.living(who):
            for row in kind.objects.filter(lease=lease, finding=Finding.CONFIRMED).order_by("-decided_at")[:1]:
                self.act(restore_lease, row, reason="复核成立", by=self.treasurer)

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(days=st.sampled_from([1, 9, 31, 95]))
    def time_passes(self, days: int) -> None:
        """The jobs that run by themselves run every month at least."""
        until = self.now + days * DAY
        while self.now < until:
            self.now = min(until, self.now + 31 * DAY)
            self.sweep()

    @rule(who=tenants, days=st.sampled_from([-1, 0, 1, 40]))
    def the_end_comes(self, who: int, days: int) -> None:
        if lease := self.living(who):
            self.time_passes(max(0, (lease.ends_on - self.now.date()).days + days))

    def sweep(self) -> None:
        """Twice: the second time there is nothing left to do."""
        for _turn in range(2):
            done = (begin_renewals(at=self.now), end_terms(at=self.now), keep_days(at=self.now))
            done += (make_bills(at=self.now),)
            climb(at=self.now)
        assert done == (0, 0, 0, 0)
        self.every_day_lived_is_billed_once(is_swept=True)

    # ── what is always so ──────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def what_is_paid_is_the_sum_of_its_shares(self) -> None:
        for bill in Bill.objects.annotate(sum_fen=Sum("shares__amount_fen")):
            assert bill.paid_fen == (bill.sum_fen or 0) <= bill.amount_fen
            assert bill.cancelled_at is None or bill.paid_fen == 0
        for payment in Payment.objects.annotate(sum_fen=Sum("shares__amount_fen")):
            assert payment.allotted_fen == (payment.sum_fen or 0) <= payment.amount_fen
        assert not PaymentShare.objects.exclude(bill__lease__person__in=[one.person for one in self.firsts()]).exists()

    @invariant()
    def nothing_is_owed_while_money_lies_idle(self) -> None:
        for who in (0, 1):
            account = [it for it in self.chain(who) if it.state not in (LeaseState.DRAFTED, LeaseState.SIGNED)]
            idle = sum(
                it.amount_fen - it.allotted_fen for one in account for it in one.payments.filter(settlement=None)
            )
            assert not (idle and sum(map(owed_fen, account))), account[-1].number

    @invariant()
    def every_day_lived_is_billed_once(self, *, is_swept: bool = False) -> None:
        """Months follow each other without a gap, at the price of their days; after a sweep up to this month."""
        for lease in Lease.objects.exclude(state__in=[LeaseState.DRAFTED, LeaseState.SIGNED, LeaseState.CANCELLED]):
            rows = list(lease.bills.filter(kind=BillKind.RENT, cancelled_at=None).order_by("month"))
            starts = [lease.starts_on, *(it.until_on + DAY for it in rows)]
            assert [it.from_on for it in rows] == starts[: len(rows)]
            for it in rows:
                assert (it.from_on.replace(day=1), it.until_on.replace(day=1)) == (it.month, it.month)
                assert it.amount_fen == rent_of(lease, it.from_on, it.until_on)
            if is_swept and not lease.settlements.exists():
                assert starts[-1] - DAY == min(end_of_month(self.now.date()), last_billed(lease, self.now.date()))

    @invariant()
    def a_settlement_gives_back_what_came_in_less_what_it_paid(self) -> None:
        """Deposit and prepaid less damage and arrears; whoever still owes gets nothing back. Later money too."""
        for first in self.firsts():
            settled = DepositSettlement.objects.filter(lease__person=first.person).select_related("payable")
            if not settled:
                continue
            money = list(Payment.objects.filter(lease__person=first.person))
            kept = {row.number for row in settled}  # what is kept is entered under the number of the settlement
            came_in = sum(it.amount_fen for it in money if it.bank_reference not in kept)
            idle = sum(it.amount_fen - it.allotted_fen for it in money if it.settlement_id is None)
            bills = Bill.objects.filter(lease__person=first.person, cancelled_at=None)
            bills = bills.exclude(kind=BillKind.DEPOSIT)
            refunds = sum(row.refund_fen for row in settled)
            assert came_in == refunds + sum(it.paid_fen for it in bills) + idle
            assert refunds == sum(row.payable.net_fen for row in settled if row.payable)
            assert refunds == 0 or all(it.owed_fen == 0 for it in bills)
            assert sum(not row.is_late for row in settled) == 1

    @invariant()
    def a_unit_has_one_lease_a_day(self) -> None:
        wanted: Counter[tuple[Any, date, Any]] = Counter()
        for lease in Lease.objects.exclude(state=LeaseState.CANCELLED):
            days = range((lease.ends_on - lease.starts_on).days + 1)
            wanted.update((lease.unit_id, lease.starts_on + number * DAY, lease.pk) for number in days)
        assert Counter(UnitDay.objects.values_list("unit", "on", "lease")) == wanted
        assert max(Counter((unit, day) for unit, day, _lease in wanted).values()) == 1

    @invariant()
    def nothing_follows_a_lease_that_ends(self) -> None:
        """A renewal waits for its day only behind a lease that runs, and nobody is asked about any other."""
        waiting = Lease.objects.filter(previous__isnull=False, state__in=[LeaseState.DRAFTED, LeaseState.SIGNED])
        assert set(waiting.values_list("previous__state", flat=True)) <= {LeaseState.RUNNING}
        asked = RenewalRequest.objects.filter(finding=Finding.OPEN)
        assert set(asked.values_list("lease__state", flat=True)) <= {LeaseState.RUNNING}

    @invariant()
    def the_adults_are_those_of_live_leases(self) -> None:
        """A renewal has none before it begins: they live under the lease before it."""
        live = [
            lease.pk
            for lease in Lease.objects.filter(state__in=LIVE_LEASES)
            if lease.previous_id is None or lease.state in LIVING_IN
        ]
        assert sorted(LeaseAdult.objects.values_list("lease", flat=True)) == sorted(live)

    @invariant()
    def who_is_out_has_a_signed_inspection(self) -> None:
        """And is out once: of a chain at most one lease is lived in."""
        for lease in Lease.objects.filter(state=LeaseState.ENDED).exclude(ending="renewed"):
            paper = Handover.objects.get(lease=lease, direction="out")
            assert (paper.signed_at is not None, paper.on) == (True, lease.moved_out_on)
        inside = Counter(Lease.objects.filter(state__in=LIVING_IN).values_list("person", flat=True))
        assert max(inside.values(), default=1) == 1

    # ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def firsts(self) -> list[Lease]:
        """The two leases that all began with."""
        return [Lease.objects.select_related("person").get(pk=pk) for pk in self.leases]

    def chain(self, who: int) -> list[Lease]:
        """The leases of a tenant, the newest last; one that was cancelled counts only where it is the only one."""
        found = [Lease.objects.select_related("person__user", "unit").get(pk=self.leases[who])]
        while after := Lease.objects.filter(previous=found[-1]).exclude(state=LeaseState.CANCELLED).first():
            found.append(after)
        return found

    def living(self, who: int) -> Lease | None:
        """The lease under which the tenant lives there now."""
        return next((it for it in self.chain(who) if it.state in LIVING_IN), None)


# ── the rent, by hand ──────────────────────────────────────────────────────────────────────────────────────────────


def rent_of(lease: Lease, first: date, last: date) -> int:
    """The days of one month at the price of each; years of renting begin on 1 April, with 2026."""
    length, fen = monthrange(first.year, first.month)[1], 0
    for number in range((last - first).days + 1):
        day = first + number * DAY
        year = day.year - FIRST.year - (day.month < FIRST.month)
        is_market = (lease.market_from is not None and day >= lease.market_from) or year >= len(PERCENTS)
        fen += WHOLE if is_market else WHOLE * PERCENTS[year] // 100
    return fen // length


def end_of_month(day: date) -> date:
    """The last day of its month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def last_billed(lease: Lease, today: date) -> date:
    """The last day that is billed; who stayed too long is billed whole months once they are over."""
    if lease.state == LeaseState.ENDING and lease.ends_on > lease.leave_by:
        return max(lease.leave_by, min(lease.ends_on, today.replace(day=1) - DAY))
    return lease.ends_on


@pytest.fixture
def world() -> dict[str, Any]:
    """Made once: two tenants since 1 April 2026, and those who decide."""
    leases = [make_running() for _turn in range(2)]
    for lease in leases:
        furnish(lease.unit)
    return {
        "leases": [lease.pk for lease in leases],
        "finance": staff(Role.FINANCE),
        "approver": staff(Role.APPROVER),
        "treasurer": make_staff(Role.APPROVER),
    }


def test_no_history_breaks_the_books(world):
    play(RentHistory, world, examples=12, steps=20)
