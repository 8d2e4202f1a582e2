"""Time travel: a year of a lease, and everything of apartments that ends by itself, before its moment and after it.

Only the portal's clock is moved, and only the jobs that run by themselves are run; each twice, as they may be.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from housing.apartments import tasks
from housing.apartments.models import ArrearsStep, Bill, Entrant, Lease, Offer, Round, UnitDay
from housing.apartments.services.breaching import decide_violation, report_violation
from housing.apartments.services.entering import enter_round
from housing.apartments.services.handing_over import digest_of, inventory_for, sign_handover, write_handover
from housing.apartments.services.leaving import give_notice
from housing.apartments.services.losing import decide_loss, report_loss
from housing.apartments.services.receiving import receive
from housing.apartments.services.refusals import LeaseRefused, RoundRefused
from housing.apartments.services.renewing import ask_for_renewal, decide_renewal
from housing.apartments.services.settling import account_of, settle_deposit
from portal.accounts.models import Role
from tests.apartments.lease_making import make_drafted, make_text, sign
from tests.apartments.making import AT, make_approved, make_building, make_entrant, make_round, make_type
from tests.apartments.renting import hand_over, make_running, on, operator_of, sign_by_hand
from tests.apartments.walking import give_tier, open_round
from tests.factories import move_clock, staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HALF, WHOLE = 100_000, 200_000  # fen a month: MST pays half of 2,000 yuan in the first and second year
JOBS = (tasks.sweep_rounds, tasks.sweep_offers, tasks.sweep_contracts, tasks.sweep_signatures, tasks.sweep_bills,
        tasks.sweep_arrears, tasks.sweep_terms, tasks.sweep_rechecks)  # fmt: skip


def jobs_at(moment: datetime) -> None:
    """The clock stands at the moment, and all that runs by itself has run."""
    move_clock(moment)
    for _turn in range(2):
        for job in JOBS:
            job()


def turns(day: date | datetime, look: Callable[[], object]) -> tuple[object, object]:
    """What ``look`` sees a minute before the moment (of a day: its first), and a minute after it."""
    moment = day if isinstance(day, datetime) else on(day, 0)
    jobs_at(moment - MINUTE)
    before = look()
    jobs_at(moment + MINUTE)
    return before, look()


def read(lease: Lease) -> Lease:
    return Lease.objects.get(pk=lease.pk)


def pay(lease: Lease, fen: int, day: date) -> None:
    """Finance enters what came in on that day."""
    asked = {"bank_reference": f"B{day:%Y%m%d}", "amount_fen": fen, "received_on": day}
    receive(lease_id=lease.pk, **asked, by=staff(Role.FINANCE), at=on(day, 12))


def rent_bills(lease: Lease) -> list[tuple[date, int, int]]:
    """Month by month: what is owed and what is paid of it."""
    rows = Bill.objects.filter(lease=lease, kind="rent", cancelled_at=None).order_by("month")
    return list(rows.values_list("month", "amount_fen", "paid_fen"))


def ask(lease: Lease, day: date):
    return ask_for_renewal(
        lease_id=lease.pk, is_in_post=True, has_home=False, note="", by=lease.person.user, at=on(day)
    )


def grant(asked, day: date, *, is_extended: bool = False) -> Lease:
    said = {"is_granted": True, "is_extended": is_extended, "reason": "复核通过", "by": staff(Role.APPROVER)}
    decide_renewal(request_id=asked.pk, **said, at=on(day))
    return Lease.objects.get(previous=asked.lease_id)


# ── rounds and offers ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_round_freezes_at_its_published_moment():
    row, (early, late) = open_round(), [give_tier(make_approved()) for _turn in range(2)]
    types = [make_type()]
    enter_round(round_id=row.pk, application_id=early.pk, types=types, by=early.applicant.user, at=AT)

    def frozen() -> tuple[str, bool]:
        found = Round.objects.get(pk=row.pk)
        return found.state, bool(found.entrants_sha256)

    assert turns(row.freezes_at, frozen) == (("open", False), ("frozen", True))
    with pytest.raises(RoundRefused, match="现在不能报名"):
        enter_round(round_id=row.pk, application_id=late.pk, types=types, by=late.applicant.user, at=row.freezes_at)


def test_an_offer_ends_with_the_fifth_working_day_and_goes_to_the_next():
    row = make_round(make_building(), mode="lottery")
    entrants = [make_entrant(row) for _turn in range(3)]
    jobs_at(AT)

    def states() -> list[str]:
        return [Entrant.objects.get(pk=one.pk).state for one in entrants]

    assert turns(date(2026, 3, 10), states) == (["offered", "ranked", "ranked"], ["ranked", "offered", "ranked"])
    assert turns(date(2026, 3, 18), states) == (["ranked", "offered", "ranked"], ["ranked", "ranked", "offered"])
    assert turns(date(2026, 3, 26), states) == (["ranked", "ranked", "offered"], ["ranked", "ranked", "ranked"])
    assert set(Offer.objects.values_list("state", flat=True)) == {"expired"}  # nobody is asked twice about it


def test_who_lets_three_offers_run_out_is_passed_over_for_good():
    row = make_round(make_building(4), mode="lottery")
    entrant = make_entrant(row)
    jobs_at(AT)
    seen = []
    for day in (date(2026, 3, 10), date(2026, 3, 18), date(2026, 3, 26)):
        jobs_at(on(day, 0) + MINUTE)
        found = Entrant.objects.get(pk=entrant.pk)
        seen.append((found.refusals, found.state))
    assert seen == [(1, "offered"), (2, "offered"), (3, "passed_out")]


@pytest.mark.parametrize(("has_signed", "after"), [(False, ("cancelled", 0)), (True, ("drafted", 365))])
def test_a_contract_is_signed_by_the_tenant_within_five_working_days(has_signed, after):
    lease = make_drafted()
    if has_signed:  # then it is the landlord who is late, and the tenant keeps the unit
        sign(lease)
    look = lambda: (read(lease).state, UnitDay.objects.filter(lease=lease).count())  # noqa: E731
    assert turns(date(2026, 3, 10), look) == (("drafted", 365), after)


# ── a year ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_year_of_a_lease():
    """Twelve bills, each on the first of its month and paid; asked to stay, signed again; the second year begins."""
    lease = make_running()
    jobs_at(on(date(2026, 4, 1), 12))
    pay(lease, HALF, date(2026, 4, 1))
    assert Bill.objects.get(lease=lease, kind="deposit").paid_fen == HALF
    months = [date(2026 + (3 + turn) // 12, (3 + turn) % 12 + 1, 1) for turn in range(12)]
    for turn, month in enumerate(months):
        if turn:
            assert turns(month, lambda: len(rent_bills(lease))) == (turn, turn + 1)
        pay(lease, HALF, month + 4 * DAY)
        if month == date(2026, 12, 1):
            with pytest.raises(LeaseRefused, match="起可以申请续租"):
                ask(lease, date(2026, 12, 30))
            asked = ask(lease, date(2026, 12, 31))  # 90 days before the last one
        if month == date(2027, 1, 1):
            renewal = sign_by_hand(grant(asked, date(2027, 1, 6)), at=on(date(2027, 1, 7)))
    assert rent_bills(lease) == [(month, HALF, HALF) for month in months]
    assert not ArrearsStep.objects.exists()
    first = date(2027, 4, 1)
    assert turns(first, lambda: (read(lease).state, read(lease).ending, read(renewal).state)) == (
        ("running", "", "signed"),
        ("ended", "renewed", "running"),
    )
    assert (read(renewal).starts_on, read(renewal).ends_on) == (first, date(2028, 3, 31))
    jobs_at(on(date(2028, 3, 20)))
    assert {fen for _month, fen, _paid in rent_bills(renewal)} == {HALF}  # the second year still costs half
    assert UnitDay.objects.filter(unit=lease.unit).count() == 365 + 366


def test_a_notice_ends_the_lease_and_the_deposit_goes_back():
    lease = make_running()
    jobs_at(on(date(2026, 4, 1), 12))
    pay(lease, 2 * HALF, date(2026, 4, 1))  # deposit and April
    last = date(2026, 6, 15)
    with pytest.raises(LeaseRefused, match="提前 30 天"):
        give_notice(lease_id=lease.pk, until=last, expected_version=read(lease).version, by=lease.person.user,
                    at=on(date(2026, 5, 17)))  # fmt: skip
    give_notice(lease_id=lease.pk, until=last, expected_version=read(lease).version, by=lease.person.user,
                at=on(date(2026, 5, 16)))  # fmt: skip
    jobs_at(on(date(2026, 6, 1)))
    pay(lease, HALF + HALF // 2, date(2026, 6, 2))
    assert rent_bills(lease) == [
        (date(2026, 4, 1), HALF, HALF),
        (date(2026, 5, 1), HALF, HALF),
        (date(2026, 6, 1), HALF // 2, HALF // 2),  # 15 of 30 days
    ]
    member = operator_of(lease)
    said = {"on": last, "key_count": 2, "meters": {}, "note": "", "lines": inventory_for(lease, "out")}
    paper = write_handover(lease_id=lease.pk, direction="out", **said, member=member, at=on(last))
    sign_handover(handover_id=paper.pk, seen_sha256=digest_of(paper), by=lease.person.user, at=on(last, 11))
    jobs_at(on(last, 12))
    refund = account_of(read(lease)).refund_fen
    settled = settle_deposit(lease_id=lease.pk, seen_refund_fen=refund, by=staff(Role.APPROVER), at=on(last, 15))
    assert (settled.refund_fen, settled.payable.net_fen) == (HALF, HALF)
    assert not UnitDay.objects.filter(lease=lease, on__gt=last).exists()


# ── what ends by itself ────────────────────────────────────────────────────────────────────────────────────────────


def test_arrears_climb_by_days_and_the_last_rung_only_asks_a_person():
    lease = make_running()
    jobs_at(on(date(2026, 4, 1), 12))
    pay(lease, HALF, date(2026, 4, 1))  # the deposit
    bill = Bill.objects.get(lease=lease, month=date(2026, 4, 1), kind="rent")
    assert bill.due_on == date(2026, 4, 10)

    def rungs() -> list[str]:
        return list(ArrearsStep.objects.filter(bill=bill).order_by("rung").values_list("act", flat=True))

    assert turns(date(2026, 4, 15), rungs) == ([], ["remind"])
    assert turns(date(2026, 5, 10), rungs) == (["remind"], ["remind", "warn"])
    assert turns(date(2026, 10, 7), rungs) == (["remind", "warn"], ["remind", "warn", "decide"])
    assert read(lease).state == "running"


def test_a_term_that_nothing_follows_ends_and_who_stays_pays_the_market_price():
    lease = make_running()
    look = lambda: (read(lease).state, read(lease).ending)  # noqa: E731
    assert turns(date(2027, 3, 25), look) == (("running", ""), ("ending", "term"))
    stays = lambda: (read(lease).ends_on, read(lease).market_from)  # noqa: E731
    over = date(2027, 4, 1)
    assert turns(over, stays) == ((date(2027, 3, 31), None), (over, over))
    jobs_at(on(date(2027, 5, 1)))
    assert rent_bills(lease)[-1][:2] == (over, WHOLE)


def test_a_renewal_that_is_not_signed_in_time_lapses_and_the_term_ends():
    make_text()
    lease = make_running()
    renewal = grant(ask(lease, date(2027, 1, 4)), date(2027, 1, 11))  # Monday; signed by the 18th
    state = lambda: read(renewal).state  # noqa: E731
    jobs_at(on(date(2027, 1, 11), 12))
    assert turns(date(2027, 1, 19), state) == ("drafted", "cancelled")
    assert turns(date(2027, 3, 25), lambda: read(lease).state) == ("running", "ending")
    with pytest.raises(LeaseRefused):
        ask(lease, date(2027, 3, 26))


def test_a_renewal_is_asked_for_until_a_week_before_the_end():
    lease = make_running()
    with pytest.raises(LeaseRefused):
        ask(lease, date(2027, 3, 25))
    assert ask(lease, date(2027, 3, 24)).finding == "open"
    assert turns(date(2027, 3, 26), lambda: read(lease).state) == ("running", "running")  # it is waited for


def test_after_a_loss_there_is_grace_at_the_same_rent_and_the_market_price_afterwards():
    lease = make_running()
    jobs_at(on(date(2026, 7, 1)))
    asked = {"kind": "home", "source": "tenant", "happened_on": date(2026, 6, 20), "note": ""}
    report = report_loss(lease_id=lease.pk, **asked, by=lease.person.user, at=on(date(2026, 6, 25)))
    assert read(lease).state == "running"  # nothing changes before a person decides
    said = {"is_lost": True, "reason": "已购房", "by": staff(Role.APPROVER)}
    decide_loss(report_id=report.pk, **said, at=on(date(2026, 7, 1)))
    last = date(2026, 9, 29)  # ninety days
    assert (read(lease).state, read(lease).leave_by) == ("ending", last)
    jobs_at(on(date(2026, 9, 2)))
    assert rent_bills(lease)[2:] == [
        (date(2026, 6, 1), HALF, 0),
        (date(2026, 7, 1), HALF, 0),
        (date(2026, 8, 1), HALF, 0),
        (date(2026, 9, 1), HALF * 29 // 30, 0),
    ]
    assert turns(last + DAY, lambda: read(lease).ends_on) == (last, last + DAY)


def test_the_years_end_with_the_cap_and_an_extension_ends_too():
    """Three years as the policy has it, two more where the decider extends them; then nobody stays on."""
    lease = make_running()

    def sweep_at(moment: datetime) -> None:
        move_clock(moment)
        tasks.sweep_terms()

    for year in (2, 3, 4, 5):
        asked = ask(lease, lease.ends_on - 60 * DAY)
        if year == 4:
            with pytest.raises(LeaseRefused, match="通常的年限已满"):
                grant(asked, lease.ends_on - 50 * DAY)
        renewal = grant(asked, lease.ends_on - 50 * DAY, is_extended=year > 3)
        sign_by_hand(renewal, at=on(lease.ends_on - 45 * DAY))
        sweep_at(on(lease.ends_on, 23))
        assert (read(lease).state, read(renewal).first_year) == ("running", year)
        sweep_at(on(lease.ends_on + DAY, 0) + MINUTE)
        assert (read(lease).ending, read(renewal).state) == ("renewed", "running")
        lease = read(renewal)
    assert lease.ends_on == date(2031, 3, 31)
    with pytest.raises(LeaseRefused, match="年限已满，不能再续租"):
        ask(lease, date(2031, 2, 1))
    sweep_at(on(date(2031, 3, 25), 0) - MINUTE)
    assert read(lease).state == "running"
    sweep_at(on(date(2031, 3, 25), 0) + MINUTE)
    assert (read(lease).state, read(lease).ending) == ("ending", "term")


def end_for_breach(lease: Lease, kind: int, day: date) -> None:
    """An officer reports the breach, and an approver ends the lease for it on the same day."""
    said = {"kind": kind, "happened_on": day, "note": "已上门核实"}
    row = report_violation(lease_id=lease.pk, **said, by=staff(Role.CLERK), at=on(day))
    decided = {"is_true": True, "ends_lease": True, "reason": "属实", "by": staff(Role.APPROVER)}
    decide_violation(violation_id=row.pk, **decided, at=on(day))


def test_a_breach_ends_the_lease_after_its_notice_and_who_stays_pays_the_market_price():
    lease = make_running()
    end_for_breach(lease, 0, date(2026, 4, 16))
    last = date(2026, 5, 16)  # thirty days
    look = lambda: (read(lease).leave_by, read(lease).ends_on, read(lease).market_from)  # noqa: E731
    assert turns(last + DAY, look) == ((last, last, None), (last, last + DAY, last + DAY))
    jobs_at(on(date(2026, 6, 1)))
    assert [it[1] for it in rent_bills(lease)] == [HALF, (16 * HALF + 15 * WHOLE) // 31]


def test_six_months_of_rent_unpaid_end_the_lease_once_a_person_says_so():
    lease = make_running()
    jobs_at(on(date(2026, 4, 1), 12))
    pay(lease, HALF, date(2026, 4, 1))  # the deposit, and never any rent
    last_rungs = lambda: ArrearsStep.objects.filter(act="decide").count()  # noqa: E731
    assert turns(date(2026, 10, 7), last_rungs) == (0, 1)
    assert read(lease).state == "running"
    end_for_breach(lease, 3, date(2026, 10, 8))
    last = date(2026, 11, 7)
    assert turns(last, lambda: read(lease).ends_on) == (last, last)
    hand_over(read(lease), "out", day=last)
    jobs_at(on(last, 12))
    account = account_of(read(lease))
    owed = 7 * HALF + HALF * 7 // 30  # April to October, and a week of November
    assert (account.arrears_fen, account.unpaid_fen, account.refund_fen) == (HALF, owed - HALF, 0)
    settle_deposit(lease_id=lease.pk, seen_refund_fen=0, by=staff(Role.APPROVER), at=on(last, 15))
    steps = ArrearsStep.objects.count()
    jobs_at(on(date(2027, 6, 1)))
    assert (ArrearsStep.objects.count(), read(lease).ending) == (
        steps,
        "breach",
    )  # what is left is no reminder's matter
