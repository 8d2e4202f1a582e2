"""Uses of benefits: within the quotas by the dates of China, after a check, claimed first where that is asked."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from applicants.cards.models import BenefitSlot, BenefitUse, Card, CardCheck
from applicants.cards.models.benefit import Benefit
from applicants.cards.services.changing import change_card
from applicants.cards.services.issuing import make_card
from applicants.cards.services.using import (
    BenefitRefused,
    benefits_for,
    benefits_of,
    claim_benefit,
    undo_use,
    use_benefit,
)
from applicants.cards.windows import key_of
from portal.audit.models import Entry
from tests.cards.benefits_making import a_card, a_merchant, make_benefit, make_check, on, use_now
from tests.factories import staff
from tests.partners.making import MORNING

pytestmark = pytest.mark.django_db


@pytest.fixture
def card() -> Card:
    return a_card()


@pytest.fixture
def verifier():
    return a_merchant()[1]


# ── windows, by hand ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "keys"),
    [
        (date(2024, 2, 29), ["2024-02-29", "2024-02", "2024-Q1", "2024", "ever"]),
        (date(2024, 3, 1), ["2024-03-01", "2024-03", "2024-Q1", "2024", "ever"]),
        (date(2024, 3, 31), ["2024-03-31", "2024-03", "2024-Q1", "2024", "ever"]),
        (date(2024, 4, 1), ["2024-04-01", "2024-04", "2024-Q2", "2024", "ever"]),
        (date(2024, 12, 31), ["2024-12-31", "2024-12", "2024-Q4", "2024", "ever"]),
        (date(2025, 1, 1), ["2025-01-01", "2025-01", "2025-Q1", "2025", "ever"]),
    ],
)
def test_a_day_lies_in_one_of_each_window(day, keys):
    assert [key_of(window, day) for window in ("day", "month", "quarter", "year", "ever")] == keys


# Quota, the times of uses (all given but the last), and whether the last is given.
BORDERS = [
    ({"per_day": 1}, ["2024-02-28 23:59", "2024-02-29 00:00"], True),
    ({"per_day": 1}, ["2024-02-29 00:00", "2024-02-29 23:59"], False),
    ({"per_day": 2}, ["2024-02-29 00:00", "2024-02-29 12:00", "2024-02-29 23:59"], False),
    ({"per_month": 1}, ["2024-02-01", "2024-02-29"], False),
    ({"per_month": 1}, ["2024-02-29 23:59", "2024-03-01 00:00"], True),
    ({"per_month": 1}, ["2025-02-28 23:59", "2025-03-01 00:00"], True),
    ({"per_month": 1}, ["2024-05-31", "2025-05-31"], True),  # the same month of another year
    ({"per_quarter": 1}, ["2024-01-01 00:00", "2024-03-31 23:59"], False),
    ({"per_quarter": 1}, ["2024-03-31 23:59", "2024-04-01 00:00"], True),
    ({"per_quarter": 1}, ["2023-12-31", "2024-01-01"], True),
    ({"per_year": 1}, ["2024-01-01 00:00", "2024-12-31 23:59"], False),
    ({"per_year": 1}, ["2024-12-31 23:59", "2025-01-01 00:00"], True),
    ({"in_all": 1}, ["2024-02-29", "2026-02-28"], False),
    ({"per_day": 1, "per_year": 2}, ["2024-02-28", "2024-02-29", "2024-03-01"], False),
    ({"per_day": 1, "per_year": 2}, ["2024-02-28", "2024-02-28"], False),
    ({"per_day": 1, "per_year": 2}, ["2024-12-30", "2024-12-31", "2025-01-01"], True),
    ({}, ["2024-02-29 12:00"] * 5, True),
]


@pytest.mark.parametrize(("quota", "times", "is_given"), BORDERS)
@pytest.mark.slow
def test_uses_at_the_borders_of_the_calendar(card, verifier, quota, times, is_given):
    benefit = make_benefit(verifier, **quota)
    for time in times[:-1]:
        use_now(benefit, card, verifier, at=on(time))
    if is_given:
        use_now(benefit, card, verifier, at=on(times[-1]))
    else:
        with pytest.raises(BenefitRefused):
            use_now(benefit, card, verifier, at=on(times[-1]))
    assert BenefitUse.objects.count() == len(times) - (not is_given)


def test_the_verifier_is_told_which_window_is_spent(card, verifier):
    benefit = make_benefit(verifier, per_day=1, per_year=2)
    use_now(benefit, card, verifier, at=on("2024-02-28"))
    with pytest.raises(BenefitRefused, match=r"^今天的 1 次已经用完，明天再来。$"):
        use_now(benefit, card, verifier, at=on("2024-02-28"))
    use_now(benefit, card, verifier, at=on("2024-02-29"))
    with pytest.raises(BenefitRefused, match=r"^今年的 2 次已经用完，明年再来。$"):
        use_now(benefit, card, verifier, at=on("2024-02-29"))


@pytest.mark.slow
def test_another_card_of_the_same_person_does_not_renew_the_quota(card, verifier):
    benefit = make_benefit(verifier, per_year=1)
    use_now(benefit, card, verifier)
    with transaction.atomic():
        new = make_card(
            card.application, kind="silver", tier="MST", portrait=card.portrait, by=staff("approver"), at=MORNING
        )
    with pytest.raises(BenefitRefused):
        use_now(benefit, new, verifier)


@pytest.mark.slow
def test_a_lowered_quota_leaves_what_was_used_and_gives_no_more(card, verifier):
    benefit = make_benefit(verifier, per_year=3)
    use_now(benefit, card, verifier), use_now(benefit, card, verifier)
    Benefit.objects.update(per_year=1)
    with pytest.raises(BenefitRefused):
        use_now(benefit, card, verifier)
    assert [quota.left for quota in benefits_of(card, [card.person_id], at=MORNING)[0].quotas] == [0]
    Benefit.objects.update(per_year=4)
    use_now(benefit, card, verifier)
    assert [quota.left for quota in benefits_of(card, [card.person_id], at=MORNING)[0].quotas] == [1]


def test_the_database_itself_keeps_the_quota(card, verifier):
    use = use_now(make_benefit(verifier, per_year=1), card, verifier)
    slot = {"use": use, "benefit": use.benefit, "person": use.person, "window": "year", "key": "2026", "most": 1}
    with pytest.raises(IntegrityError), transaction.atomic():
        BenefitSlot.objects.create(**slot, number=1)
    with pytest.raises(IntegrityError, match="no_use_beyond_the_quota"), transaction.atomic():
        BenefitSlot.objects.create(**slot, number=2)


# ── the check before ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_same_check_gives_the_same_use_again(card, verifier):
    benefit, check = make_benefit(verifier, per_day=2), make_check(card, verifier)
    uses = [use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=MORNING) for _ in range(3)]
    assert (len({use.pk for use in uses}), BenefitSlot.objects.count()) == (1, 1)


@pytest.mark.slow
def test_a_double_click_that_comes_late_still_gives_the_same_use(card, verifier):
    benefit, check = make_benefit(verifier), make_check(card, verifier)
    first = use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=MORNING)
    later = MORNING + timedelta(minutes=9)
    assert use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=later) == first


@pytest.mark.parametrize(
    ("minutes", "result", "is_given"),
    [(0, "valid", True), (5, "valid", True), (6, "valid", False), (0, "suspended", False), (0, "used", False)],
)
@pytest.mark.slow
def test_a_use_needs_a_valid_check_a_few_minutes_ago(card, verifier, minutes, result, is_given):
    benefit, check = make_benefit(verifier), make_check(card, verifier, result=result)
    at = MORNING + timedelta(minutes=minutes)
    assert (len(benefits_for(check, at=at)) == 1) is is_given
    if is_given:
        use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=at)
    else:
        with pytest.raises(BenefitRefused, match="请重新扫码"):
            use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=at)


def test_a_card_that_was_stopped_after_the_check_is_not_used(card, verifier):
    benefit, check = make_benefit(verifier), make_check(card, verifier)
    change_card(card.pk, "suspend", by=staff("approver"), at=MORNING, reason="核实中。")
    with pytest.raises(BenefitRefused, match="这张卡现在不能用"):
        use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=MORNING)


@pytest.mark.slow
def test_a_card_is_used_up_to_its_last_day(card, verifier):
    benefit = make_benefit(verifier)
    use_now(benefit, card, verifier, at=on("2026-10-15 23:59"))
    with pytest.raises(BenefitRefused):
        use_now(benefit, card, verifier, at=on("2026-10-16 00:00"))


@pytest.mark.slow
def test_somebody_elsewhere_uses_nothing_on_the_check(card, verifier):
    benefit, check = make_benefit(verifier), make_check(card, verifier)
    stranger = a_merchant("书港书店")[1]
    with pytest.raises(CardCheck.DoesNotExist):
        use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=stranger, at=MORNING)
    other = make_benefit(stranger, title_zh="购书")
    with pytest.raises(Benefit.DoesNotExist):
        use_benefit(benefit_id=other.pk, check_id=check.pk, member=verifier, at=MORNING)
    assert [standing.benefit for standing in benefits_for(check, at=MORNING)] == [benefit]


@pytest.mark.parametrize(
    ("changes", "is_given"),
    [
        ({"kinds": ["green"]}, True),
        ({"kinds": ["gold", "silver"]}, False),
        ({"tiers": ["BSC"]}, True),
        ({"tiers": ["MST", "PHD"]}, False),
        ({"ends_on": date(2026, 3, 2)}, True),
        ({"ends_on": date(2026, 3, 1)}, False),
        ({"begins_on": date(2026, 3, 2)}, True),
        ({"begins_on": date(2026, 3, 3)}, False),
    ],
)
@pytest.mark.slow
def test_a_benefit_is_for_its_kinds_and_tiers_in_its_period(card, verifier, changes, is_given):
    benefit, check = make_benefit(verifier, **changes), make_check(card, verifier)
    assert (len(benefits_for(check, at=MORNING)), len(benefits_of(card, [card.person_id], at=MORNING))) == (
        is_given,
        is_given,
    )
    if not is_given:
        with pytest.raises(BenefitRefused, match=r"^这张卡现在不能用这项礼遇。$"):
            use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=MORNING)


# ── claimed first ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_what_is_claimed_first_is_not_given_unclaimed(card, verifier):
    benefit = make_benefit(verifier, claim_days=7, per_year=4)
    with pytest.raises(BenefitRefused, match="要先领取"):
        use_now(benefit, card, verifier)
    claim = claim_benefit(benefit_id=benefit.pk, person=card.person, at=MORNING)
    use = use_now(benefit, card, verifier)
    claim.refresh_from_db()
    assert (use.claim, claim.used_at) == (claim, MORNING)
    with pytest.raises(BenefitRefused, match="要先领取"):
        use_now(benefit, card, verifier)


def test_a_claim_lasts_its_days_and_is_made_anew_when_it_has_run_out(card, verifier):
    benefit = make_benefit(verifier, claim_days=2)
    claim = claim_benefit(benefit_id=benefit.pk, person=card.person, at=on("2024-02-28 23:59"))
    assert claim.last_day == date(2024, 2, 29)
    assert claim_benefit(benefit_id=benefit.pk, person=card.person, at=on("2024-02-29")).last_day == date(2024, 2, 29)
    with pytest.raises(BenefitRefused, match="要先领取"):
        use_now(benefit, card, verifier, at=on("2024-03-01 00:00"))
    again = claim_benefit(benefit_id=benefit.pk, person=card.person, at=on("2024-03-01"))
    assert (again.pk, again.last_day) == (claim.pk, date(2024, 3, 2))


@pytest.mark.slow
def test_a_claim_ends_with_its_benefit(card, verifier):
    benefit = make_benefit(verifier, claim_days=30, ends_on=date(2026, 3, 5))
    assert claim_benefit(benefit_id=benefit.pk, person=card.person, at=MORNING).last_day == date(2026, 3, 5)


@pytest.mark.slow
def test_nothing_is_claimed_that_is_spent_or_not_for_the_card(card, verifier):
    spent = make_benefit(verifier, claim_days=7, per_year=1)
    claim_benefit(benefit_id=spent.pk, person=card.person, at=MORNING)
    use_now(spent, card, verifier)
    not_mine = make_benefit(verifier, title_zh="金卡礼遇", kinds=["gold"], claim_days=7)
    needs_none = make_benefit(verifier, title_zh="不用领取")
    for benefit in (spent, not_mine, needs_none):
        with pytest.raises(BenefitRefused):
            claim_benefit(benefit_id=benefit.pk, person=card.person, at=MORNING)


# ── taken back ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_use_taken_back_counts_no_more(card, verifier):
    benefit = make_benefit(verifier, per_day=1, claim_days=1)
    claim = claim_benefit(benefit_id=benefit.pk, person=card.person, at=MORNING)
    use = use_now(benefit, card, verifier)
    undo_use(use_id=use.pk, member=verifier, reason=" 点错了 ", at=MORNING + timedelta(minutes=10))
    claim.refresh_from_db()
    assert (BenefitSlot.objects.count(), claim.used_at) == (0, None)
    second = use_now(benefit, card, verifier)
    assert (second.claim, BenefitUse.objects.get(pk=use.pk).undo_reason) == (claim, "点错了")
    assert list(Entry.objects.filter(action__startswith="benefit.u").order_by("sequence", "recorded_at").values_list(
        "action", flat=True
    )) == ["benefit.use", "benefit.undo_use", "benefit.use"]  # fmt: skip


@pytest.mark.slow
def test_a_use_is_taken_back_by_its_verifier_in_time_and_with_a_reason(card, verifier):
    use = use_now(make_benefit(verifier), card, verifier)
    with pytest.raises(BenefitRefused, match="请写明为什么撤回。"):
        undo_use(use_id=use.pk, member=verifier, reason=" ", at=MORNING)
    with pytest.raises(BenefitRefused, match="10 分钟以内"):
        undo_use(use_id=use.pk, member=verifier, reason="点错了", at=MORNING + timedelta(minutes=11))
    with pytest.raises(BenefitUse.DoesNotExist):
        undo_use(use_id=use.pk, member=a_merchant("书港书店")[1], reason="点错了", at=MORNING)
    assert BenefitUse.objects.get().undone_at is None
