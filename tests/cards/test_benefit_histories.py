"""Any history of claims, uses and undoings: never more than a quota, never one lost; and many at once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applicants.cards.models import QUOTAS, Benefit, BenefitSlot, BenefitUse
from applicants.cards.services.using import BenefitRefused, benefits_of, claim_benefit, undo_use, use_benefit
from tests.cards.benefits_making import a_card, a_merchant, make_benefit, make_check, on

START = on("2024-02-27 22:00")  # a leap day, and the ends of a month, lie before it
QUOTAS_LIKELY = st.fixed_dictionaries({name: st.none() | st.integers(1, 4) for name in QUOTAS})
STEPS = st.lists(
    st.tuples(st.sampled_from(["use", "use", "undo", "claim", "double"]), st.sampled_from([0, 1, 1, 9, 25, 700, 3000])),
    max_size=25,
)


@pytest.mark.django_db
@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quotas=QUOTAS_LIKELY, is_claimed=st.booleans(), steps=STEPS)
def test_no_history_uses_more_than_a_quota_and_none_is_lost(world, quotas, is_claimed, steps):
    card, verifier, benefit = world
    with transaction.atomic():
        Benefit.objects.update(**quotas, claim_days=1 if is_claimed else None)
        at, mine = START, Book(quotas, is_claimed)
        for step, hours in steps:
            at += timedelta(hours=hours)
            if at.date() > card.valid_to:
                break
            walk(step, mine, card, verifier, benefit, at)
            assert BenefitUse.objects.filter(undone_at=None).count() == len(mine.used)
            shown = benefits_of(card, [card.person_id], at=at)[0]
            assert {it.window.value: it.left for it in shown.quotas} == mine.left(at)
        assert BenefitSlot.objects.count() == len(mine.used) * sum(most is not None for most in quotas.values())
        transaction.set_rollback(True)


@pytest.fixture
def world(db):
    verifier = a_merchant()[1]
    return a_card(), verifier, make_benefit(verifier)


class Book:
    """The same kept by hand: times of uses, and until when the claim stands."""

    def __init__(self, quotas: dict[str, int | None], is_claimed: bool) -> None:
        self.quotas = {name: most for name, most in quotas.items() if most}
        self.is_claimed, self.used, self.claimed_on = is_claimed, [], None
        self.last = None  # the row of the last use, and whether it was on a claim

    @staticmethod
    def stretch(name: str, at: datetime) -> tuple:
        """The window of ``at``, told in another way than the portal tells it."""
        quarter = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4][at.month - 1]
        parts = {"per_day": (at.year, at.month, at.day), "per_month": (at.year, at.month), "per_year": (at.year,)}
        return {**parts, "per_quarter": (at.year, "quarter", quarter), "in_all": ()}[name]

    def left(self, at: datetime) -> dict[str, int]:
        names = {"per_day": "day", "per_month": "month", "per_quarter": "quarter", "per_year": "year", "in_all": "ever"}
        counts = {name: Counter(self.stretch(name, used) for used in self.used) for name in self.quotas}
        return {names[name]: most - counts[name][self.stretch(name, at)] for name, most in self.quotas.items()}

    def may_use(self, at: datetime) -> bool:
        is_claim_there = not self.is_claimed or self.claimed_on == at.date()
        return is_claim_there and all(self.left(at).values())


def walk(step: str, mine: Book, card, verifier, benefit, at: datetime) -> None:
    """One step in the portal, and by hand."""
    if step == "claim":
        if mine.is_claimed and all(mine.left(at).values()):
            claim_benefit(benefit_id=benefit.pk, person=card.person, at=at)
            mine.claimed_on = at.date()
        else:
            with pytest.raises(BenefitRefused):
                claim_benefit(benefit_id=benefit.pk, person=card.person, at=at)
    elif step == "undo":
        if mine.last and mine.used and mine.used[-1] == at:
            undo_use(use_id=mine.last.pk, member=verifier, reason="点错了", at=at)
            mine.used.pop()
            mine.claimed_on, mine.last = at.date(), None
    else:
        check = make_check(card, verifier, at=at)
        for _time in range(2 if step == "double" else 1):
            if mine.may_use(at) or (mine.last and mine.last.card_check_id == check.pk):
                use = use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=at)
                if mine.last is None or use.pk != mine.last.pk:
                    mine.last, mine.claimed_on = use, None
                    mine.used.append(at)
            else:
                with pytest.raises(BenefitRefused):
                    use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=at)


# ── many at once ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres
@pytest.mark.slow
def test_a_hundred_spend_the_last_use_and_one_gets_it(race):
    card, verifier = a_card(), a_merchant()[1]
    benefit = make_benefit(verifier, per_year=1)
    checks = [make_check(card, verifier, at=START) for _number in range(100)]

    def act(number: int) -> BenefitUse:
        return use_benefit(benefit_id=benefit.pk, check_id=checks[number].pk, member=verifier, at=START)

    outcomes = race(100, act)
    told = Counter(str(it) if isinstance(it, BenefitRefused) else type(it).__name__ for it in outcomes)
    assert told == {"BenefitUse": 1, "今年的 1 次已经用完，明年再来。": 99}
    assert (BenefitUse.objects.count(), BenefitSlot.objects.count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.slow
def test_a_button_pressed_thirty_times_at_once_is_one_use(race):
    card, verifier = a_card(), a_merchant()[1]
    benefit, check = make_benefit(verifier, per_day=9), make_check(card, verifier, at=START)
    outcomes = race(
        30, lambda _number: use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=START).pk
    )
    assert (len(set(outcomes)), BenefitSlot.objects.count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.slow
def test_claiming_thirty_times_at_once_is_one_claim(race):
    card, verifier = a_card(), a_merchant()[1]
    benefit = make_benefit(verifier, claim_days=1)
    outcomes = race(30, lambda _number: claim_benefit(benefit_id=benefit.pk, person=card.person, at=START).pk)
    assert len(set(outcomes)) == 1
