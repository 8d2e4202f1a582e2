"""The officials' worked examples: every case, every column."""

from pathlib import Path

import pytest

from portal.policy.assessing import assess
from portal.policy.calendar import shipped_calendar
from portal.policy.worked_examples import Case, disagreements, read_cases
from tests.policy.qualifying import document

EXAMPLES = Path(__file__).parent / "examples"
LS = read_cases(EXAMPLES / "living-subsidy-LS-2022.csv", document("LS-2022"))
YTE = read_cases(EXAMPLES / "living-subsidy-YTE-2024.csv", document("YTE-2024"))


def test_all_42_cases_are_here() -> None:
    assert [case.name for case in LS] == [f"ls{n:02d}" for n in range(1, 31)]
    assert [case.name for case in YTE] == [f"yt{n:02d}" for n in range(1, 13)]


def test_every_expectation_is_compared() -> None:
    assert {tuple(case.expected) for case in LS} == {("verdict", "amount", "unmet", "unproven")}
    assert {tuple(case.expected) for case in YTE} == {("verdict", "amount", "instalments", "unmet", "unproven")}


@pytest.mark.parametrize("case", LS, ids=lambda case: case.name)
def test_ls_2022_answers_as_the_official_would(case: Case) -> None:
    assert disagreements(case, assess(document("LS-2022"), case.facts, shipped_calendar())) == []


@pytest.mark.parametrize("case", YTE, ids=lambda case: case.name)
def test_yte_2024_answers_as_the_official_would(case: Case) -> None:
    assert disagreements(case, assess(document("YTE-2024"), case.facts, shipped_calendar())) == []
