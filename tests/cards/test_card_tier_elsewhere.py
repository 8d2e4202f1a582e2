"""The tier of somebody's card is a fact that the policies of other programmes read."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from applicants.cards.models import Card
from applicants.cards.services.changing import change_card
from portal.casework.services.evidence import facts_of
from portal.policy.facts import Absence
from portal.policy.services import load_policy
from tests.cards.making import make_card_application_in
from tests.factories import AT, make_application_in, staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def holder():
    return Card.objects.get(application=make_card_application_in("approved", tiers=["L3"])).person


def card_tier(row):
    """What is known for an application of another programme."""
    return facts_of(row, row.submissions.get(), at=row.submitted_at).known.get("card_tier")


@pytest.fixture
def another_programme():
    """A living subsidy whose policy asks for a card of the third tier."""
    text = Path(settings.BASE_DIR, "subsidies/policy/LS-2022.yaml").read_text(encoding="utf-8")
    asks = """clauses:
  - code: LS-0
    text: {zh: 持第三层次优才卡, en: Holds a talent card of tier 3}
    source: 示例
    illustrative: true
    proven_by: register
    conditions:
      - {kind: fact_is, fact: card_tier, values: [L3]}
"""
    load_policy(text.replace("LS-2022", "LS-TIER").replace("clauses:\n", asks, 1), at=AT)
    return "LS-TIER"


def test_the_tier_held_on_the_application_date_is_known_as_well_as_a_register_knows(holder, another_programme):
    later = AT + timedelta(days=30)
    row = make_application_in("first_review", person=holder, policy=another_programme, at=later)
    fact = card_tier(row)
    assert (fact.value, fact.provenance.name, fact.source) == ("L3", "REGISTER", "portal")
    change_card(Card.objects.get().pk, "revoke", by=staff("approver"), at=later + timedelta(days=1), reason="离开。")
    assert card_tier(row).value == "L3"


def test_whoever_holds_none_is_known_to_hold_none(another_programme):
    assert card_tier(make_application_in("first_review", policy=another_programme)).value is Absence.NONE


def test_no_policy_that_does_not_ask_is_told(holder):
    assert card_tier(make_application_in("first_review", person=holder, at=AT + timedelta(days=30))) is None
