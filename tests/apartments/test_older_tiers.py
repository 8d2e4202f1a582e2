"""Entrants whose tier is of an older policy than the round's come last, and are offered what their own policy says."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from django.conf import settings

from housing.apartments.models import Mode, Offer
from housing.apartments.services.entering import enter_round
from housing.apartments.services.offering import accept_offer
from housing.apartments.services.passing_on import pass_on
from housing.apartments.services.refusals import RoundRefused
from portal.casework.models import Application
from portal.policy.services import load_policy
from tests.apartments.making import (
    AT,
    HOUR,
    make_approved,
    make_building,
    make_entrant,
    make_round,
    make_type,
)
from tests.apartments.walking import give_tier, open_round

pytestmark = pytest.mark.django_db


def of_an_older_policy() -> Application:
    """Approved under a policy that put masters on the rung DIP, and let them rent for 40 percent."""
    text = Path(settings.BASE_DIR, "housing/policy/APT-2023.yaml").read_text(encoding="utf-8")
    text = text.replace("code: APT-2023", "code: APT-2020").replace("MST", "DIP")
    text = text.replace("{tiers: [DIP], percent: [50, ", "{tiers: [DIP], percent: [40, ")
    application = make_approved()
    application.policy_version = load_policy(text, at=AT)
    application.save(update_fields=["policy_version"])
    return application


def test_a_tier_of_an_older_policy_is_offered_a_unit_at_the_price_of_that_policy():
    round = make_round(make_building(2), mode=Mode.TIERS)
    make_entrant(round)
    older = make_entrant(round, of_an_older_policy(), tier="DIP")
    assert pass_on(at=AT) == 2
    offer = older.offers.get()
    lease = accept_offer(offer_id=offer.pk, by=older.application.applicant.user, at=AT + HOUR)
    assert (lease.percents[0], lease.entitled_dm2, lease.deposit_fen) == (40, 6000, 80_000)


def test_a_round_that_cannot_be_served_holds_up_no_other(caplog):
    damaged, sound = (make_round(make_building(1), mode=Mode.LOTTERY) for _turn in range(2))
    make_entrant(damaged, tier="ZZ")
    make_entrant(sound)
    with caplog.at_level(logging.ERROR):
        assert pass_on(at=AT) == 1
    assert Offer.objects.get().round == sound
    assert [record.getMessage() for record in caplog.records] == [
        f"Round {damaged.number} is left as it is (KeyError)."
    ]


def test_nobody_enters_with_a_tier_that_has_no_price():
    row, application = open_round(), give_tier(make_approved(), "ZZ")
    with pytest.raises(RoundRefused, match="您的申请没有定下层次，不能报名。请联系我们。"):
        enter_round(round_id=row.pk, application_id=application.pk, types=[make_type()], by=application.applicant.user,
                    at=AT)  # fmt: skip
