"""The worked examples of CARD-2023, settled by a reviewer on a real file: the same verdict, clauses, tier and card."""

import csv
from datetime import date, datetime
from pathlib import Path

import pytest

from portal.casework.services.checking import settle_facts
from tests.cards.making import make_card_application_in
from tests.factories import SHANGHAI, staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
EXAMPLES = Path(__file__).parent.parent / "policy" / "examples" / "talent-card-CARD-2023.csv"
# One for each kind of card and way to it, and one for each way to miss a clause. TC-5 rests on this portal's own cards.
TAKEN = ("tc03", "tc04", "tc07", "tc09", "tc10", "tc11", "tc13", "tc14", "tc15", "tc18", "tc20", "tc23", "tc25", "tc26")
NOT_A_FACT = ("case", "on", "note", "prior_grants")


def rows() -> list[dict[str, str]]:
    with EXAMPLES.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if row["case"] in TAKEN]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["case"])
def test_the_floor_comes_to_what_the_example_says(row):
    at = datetime.combine(date.fromisoformat(row["on"]), datetime.min.time(), tzinfo=SHANGHAI).replace(hour=9)
    claimed = ["L3"] if row["recognitions"] == "?" else []  # claimed, and not looked at yet
    application = make_card_application_in("first_review", at=at, tiers=claimed)
    facts = {
        name: value
        for name, value in row.items()
        if name not in NOT_A_FACT and not name.startswith("expect_") and value != "?"
    }
    settle_facts(
        application=application,
        values=facts,
        paper=application.shelf.get(kind="id_card").paper,
        by=staff("first_reviewer"),
        at=application.state_at,
        expected_version=application.version,
    )
    result = application.assessments.order_by("number").last().result
    missed = {
        answer: ";".join(it["clause"] for it in result["findings"] if it["answer"] == answer)
        for answer in ("unmet", "unproven")
    }
    offer = result.get("offer", {})
    assert (result["verdict"], missed["unmet"], missed["unproven"], offer.get("tier", ""), offer.get("card", "")) == (
        row["expect_verdict"],
        row["expect_unmet"],
        row["expect_unproven"],
        row["expect_tier"],
        row["expect_card"],
    )
