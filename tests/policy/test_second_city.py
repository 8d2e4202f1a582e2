"""Another city's subsidy is one file: no line of code knows Hui'an."""

from pathlib import Path

import pytest

from portal.policy.schema import parse_document
from tests.policy.judging import answered
from tests.policy.qualifying import LS_PERSON

HUIAN = parse_document((Path(__file__).parent / "second_city.yaml").read_text(encoding="utf-8"))
PERSON = {**LS_PERSON, "hukou_code": "350521", "insurance": "2022-09/2022-10:A;2022-11/2022-11:B", "hardship": "no"}


@pytest.mark.parametrize(
    ("changes", "verdict", "yuan"),
    [
        ({}, "eligible", 10_000),
        ({"hardship": "yes"}, "eligible", 12_000),
        ({"hardship": "?"}, "undetermined", None),  # the amount waits for it
        ({"hukou_code": "350581"}, "ineligible", 0),
        ({"insurance": "2022-09/2022-11:A@350582"}, "ineligible", 0),  # paid in another county
        ({"employer_kind": "state_enterprise", "first_job_in_city": "no"}, "eligible", 10_000),  # not asked for there
        ({"on": "2023-01-10", "insurance": "2022-10/2022-12:A"}, "eligible", 10_000),
        ({"on": "2023-01-11", "insurance": "2022-10/2022-12:A"}, "ineligible", 0),
    ],
)
def test_hui_an_pays_twelve_thousand_to_families_in_hardship(
    changes: dict[str, str], verdict: str, yuan: int | None
) -> None:
    assessment = answered(HUIAN, PERSON, **changes)
    assert (assessment.verdict, assessment.amount_fen) == (verdict, None if yuan is None else yuan * 100)
