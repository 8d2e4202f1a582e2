"""The worked examples of LODGE-2023, settled by an approver on a real file: the same verdict, clauses and nights."""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from portal.casework.services.checking import settle_facts
from tests.factories import SHANGHAI, move_clock, staff
from tests.lodging.making import make_graduate, make_lodging_application_in, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
EXAMPLES = Path(__file__).parent.parent / "policy" / "examples" / "lodging-LODGE-2023.csv"
NOT_A_FACT = ("case", "on", "note")
# One for each way to meet a clause and to miss it.
TAKEN = (
    "jl01",
    "jl03",
    "jl05",
    "jl07",
    "jl10",
    "jl12",
    "jl14",
    "jl17",
    "jl18",
    "jl19",
    "jl22",
    "jl26",
    "jl30",
    "jl31",
    "jl34",
)


def rows() -> list[dict[str, str]]:
    with EXAMPLES.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if row["case"] in TAKEN]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["case"])
def test_the_floor_comes_to_what_the_example_says(row):
    on = date.fromisoformat(row["on"])
    at = datetime.combine(on, time(9), tzinfo=SHANGHAI)
    move_clock(at)
    person = make_graduate(at=at, education={"diploma_on": on - timedelta(days=300)})
    application = make_lodging_application_in(
        "final_approval", make_site(), person, at=at, first=on + timedelta(days=12), nights=2
    )
    facts = {name: value for name, value in row.items() if name not in NOT_A_FACT and not name.startswith("expect_")}
    settle_facts(
        application=application,
        values=facts,
        paper=application.shelf.get(kind="id_card").paper,
        by=staff("approver"),
        at=application.state_at,
        expected_version=application.version,
    )
    result = application.assessments.order_by("number").last().result
    missed = {
        answer: ";".join(it["clause"] for it in result["findings"] if it["answer"] == answer)
        for answer in ("unmet", "unproven")
    }
    nights = str(result.get("offer", {}).get("nights") or "") if row["expect_nights"] else ""
    assert (result["verdict"], missed["unmet"], missed["unproven"], nights) == (
        row["expect_verdict"],
        row["expect_unmet"],
        row["expect_unproven"],
        row["expect_nights"],
    )
