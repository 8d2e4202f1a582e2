"""What a loss of status or a breach does to a lease that somebody stays on in or renews, and how it is taken back."""

from __future__ import annotations

from datetime import date

import pytest

from housing.apartments.models import Finding, Lease, LossReport, RenewalRequest, UnitDay
from housing.apartments.services.billing import make_bills
from housing.apartments.services.breaching import decide_violation, report_violation
from housing.apartments.services.leaving import give_notice, keep_days
from housing.apartments.services.losing import decide_loss, may_restore, report_loss, restore_lease
from housing.apartments.services.receiving import receive
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.renewing import ask_for_renewal, decide_renewal
from housing.apartments.services.settling import settle_deposit
from portal.accounts.models import Role
from portal.notifications.models import Letter
from tests.apartments.making import DAY, FIRST
from tests.apartments.renting import make_running, on, operator_of, sign_by_hand
from tests.factories import make_staff, staff

pytestmark = pytest.mark.django_db
LAST = date(2027, 3, 31)
ASKED, GRANTED, SIGNED, DECIDED = (date(2027, 1, day) for day in (4, 5, 6, 11))


def lose(lease: Lease, day: date, *, kind: str = "home", is_lost: bool = True, by=None) -> LossReport:
    said = {"kind": kind, "source": "staff", "happened_on": None, "note": "", "by": staff(Role.CLERK)}
    row = report_loss(lease_id=lease.pk, **said, at=on(day))
    by = by or staff(Role.FIRST_REVIEWER)
    return decide_loss(report_id=row.pk, is_lost=is_lost, reason="核查结果", by=by, at=on(day))


def breach(lease: Lease, day: date, *, ends_lease: bool = True, by=None):
    member = operator_of(lease)
    row = report_violation(lease_id=lease.pk, kind=0, happened_on=day, note="转租", by=member.user, member=member,
                           at=on(day))  # fmt: skip
    decided = {"is_true": True, "ends_lease": ends_lease, "reason": "属实", "by": by or staff(Role.FIRST_REVIEWER)}
    return decide_violation(violation_id=row.pk, **decided, at=on(day))


def ask(lease: Lease) -> RenewalRequest:
    said = {"is_in_post": True, "has_home": False, "note": "", "by": lease.person.user}
    return ask_for_renewal(lease_id=lease.pk, **said, at=on(ASKED))


def grant(row: RenewalRequest, *, is_granted: bool = True, is_extended: bool = False) -> RenewalRequest:
    said = {"is_granted": is_granted, "is_extended": is_extended, "reason": "条件没有变"}
    return decide_renewal(request_id=row.pk, **said, by=staff(Role.APPROVER), at=on(GRANTED))


def letters_to(lease: Lease) -> list[str]:
    rows = Letter.objects.filter(recipient=lease.person.user).order_by("created_at", "id")
    kinds = ("renewal_granted", "renewal_refused", "lease_cancelled", "status_lost", "lease_terminated")
    return [kind for kind in rows.values_list("kind", flat=True) if kind in kinds]


# ── staying on ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_loss_decided_on_an_overstayer_does_not_take_the_market_price_back():
    lease = make_running()
    make_bills(at=on(FIRST))
    give_notice(lease_id=lease.pk, until=date(2026, 5, 31), expected_version=lease.version, by=lease.person.user,
                at=on(FIRST))  # fmt: skip
    for number in range(31):
        keep_days(at=on(date(2026, 6, 1) + number * DAY))
    lose(lease, date(2026, 7, 1))
    lease.refresh_from_db()
    assert (lease.ending, lease.market_from, lease.leave_by) == ("status_lost", date(2026, 6, 1), date(2026, 7, 1))
    june = lease.bills.get(kind="rent", month=date(2026, 6, 1), cancelled_at=None)
    assert june.amount_fen == 200_000
    july = lease.bills.get(kind="rent", month=date(2026, 7, 1), cancelled_at=None)
    assert july.amount_fen == 6_451  # one of 31 days at 2,000 yuan


# ── a renewal ends with its lease ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("end", [lose, breach])
def test_a_request_for_renewal_ends_with_the_lease(end):
    lease = make_running()
    row = ask(lease)
    end(lease, DECIDED)
    row.refresh_from_db()
    assert (row.finding, row.decided_by, row.reason) == (
        Finding.DISMISSED, staff(Role.FIRST_REVIEWER), "核查结果" if end is lose else "属实",
    )  # fmt: skip
    assert "renewal_refused" in letters_to(lease)
    assert not Lease.objects.filter(previous=lease).exists()


@pytest.mark.parametrize("end", [lose, breach])
@pytest.mark.parametrize("is_signed", [False, True])
def test_a_renewal_that_was_granted_ends_with_the_lease_and_gives_its_days_back(end, is_signed):
    lease = make_running()
    grant(ask(lease))
    if is_signed:
        sign_by_hand(lease.renewal, at=on(SIGNED))
    end(lease, DECIDED)
    lease = Lease.objects.get(pk=lease.pk)
    assert (lease.state, lease.renewal.state) == ("ending", "cancelled")
    assert not UnitDay.objects.filter(lease=lease.renewal).exists()
    # a loss leaves ninety days, eleven of them after the term; a breach thirty
    assert lease.ends_on == (date(2027, 4, 11) if end is lose else date(2027, 2, 10))
    last = "status_lost" if end is lose else "lease_terminated"
    assert sorted(letters_to(lease)) == sorted(["renewal_granted", "lease_cancelled", last])


def test_what_was_paid_for_a_renewal_that_ends_with_its_lease_goes_back():
    lease = make_running()
    grant(ask(lease))
    renewal = sign_by_hand(lease.renewal, at=on(SIGNED))
    receive(lease_id=renewal.pk, bank_reference="B1", amount_fen=30_000, received_on=SIGNED, by=staff(Role.FINANCE),
            at=on(SIGNED))  # fmt: skip
    breach(lease, DECIDED)
    row = settle_deposit(lease_id=renewal.pk, seen_refund_fen=30_000, by=staff(Role.APPROVER), at=on(DECIDED))
    assert row.payable.net_fen == 30_000


def test_no_renewal_is_granted_of_a_lease_that_ends():
    lease = make_running()
    row = ask(lease)
    Lease.objects.filter(pk=lease.pk).update(state="ending", ending="term", leave_by=LAST)
    with pytest.raises(LeaseRefused, match="这份租约现在不能这样办理。"):
        grant(row)
    assert grant(row, is_granted=False).finding == Finding.DISMISSED


# ── taking it back ────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_the_report_that_ended_a_lease_takes_its_end_back_and_by_a_third_person():
    lease = make_running()
    first, second, third = (make_staff(Role.FIRST_REVIEWER, Role.APPROVER) for _turn in range(3))
    dismissed = lose(lease, FIRST, kind="post", is_lost=False, by=third)
    earlier = lose(lease, FIRST + DAY, by=first)
    later = lose(lease, FIRST + 2 * DAY, kind="post", by=second)

    def may(by) -> list[bool]:
        rows = [LossReport.objects.get(pk=row.pk) for row in (dismissed, earlier, later)]
        return [may_restore(row, by) for row in rows]

    assert [may(by) for by in (first, second, third)] == [
        [False, False, False],
        [False, False, False],
        [False, False, True],
    ]
    with pytest.raises(LeaseRefused, match="报告的人和本人不能决定，请由别的审核人办理。"):
        restore_lease(LossReport.objects.get(pk=dismissed.pk), reason="x", by=first, at=on(FIRST + 3 * DAY))


def test_a_warning_does_not_take_the_end_of_another_breach_back():
    lease = make_running()
    first, second = (make_staff(Role.APPROVER) for _turn in range(2))
    warned = breach(lease, FIRST, ends_lease=False, by=first)
    ended = breach(lease, FIRST + DAY, by=first)
    for row in (warned, ended):
        row.refresh_from_db()
        assert not may_restore(row, first)
    assert [may_restore(row, second) for row in (warned, ended)] == [False, True]


def test_a_restored_lease_runs_to_the_last_day_that_was_agreed():
    lease = make_running()
    # As a policy might draft it that lets two years and a half: the last term is shorter than the others.
    agreed = date(2026, 12, 31)
    Lease.objects.filter(pk=lease.pk).update(ends_on=agreed, agreed_until=agreed)
    UnitDay.objects.filter(lease=lease, on__gt=agreed).delete()
    row = lose(lease, FIRST)
    lease.refresh_from_db()
    assert lease.ends_on == date(2026, 6, 30)
    lease = restore_lease(row, reason="房子是别人的", by=staff(Role.APPROVER), at=on(FIRST + DAY))
    assert (lease.state, lease.ends_on) == ("running", agreed)
