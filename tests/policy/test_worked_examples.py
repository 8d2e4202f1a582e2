"""The officials' worked examples: every case, every column."""

import csv
from pathlib import Path

import pytest

from portal.policy.assessing import assess
from portal.policy.calendar import shipped_calendar
from portal.policy.worked_examples import Case, disagreements
from tests.policy.qualifying import EXAMPLES, cases, document

FOLDER = Path(__file__).parent / "examples"
NUMBERS = {"LS-2022": 30, "YTE-2024": 12, "CARD-2023": 28, "LODGE-2023": 37, "APT-2023": 37, "SI-2022": 26}


def test_all_cases_are_here() -> None:
    assert {code: len(cases(code)) for code in EXAMPLES} == NUMBERS


def test_every_expectation_is_compared() -> None:
    always = ["verdict", "unmet", "unproven"]
    extra = {
        "LS-2022": ["amount"],
        "YTE-2024": ["amount", "instalments"],
        "CARD-2023": ["tier", "card"],
        "LODGE-2023": ["nights"],
        "APT-2023": ["tier", "area", "rent"],
        "SI-2022": ["amount", "instalments"],
    }
    for code, names in extra.items():
        assert {tuple(sorted(case.expected)) for case in cases(code)} == {tuple(sorted([*always, *names]))}


@pytest.mark.parametrize("code", [code for code in EXAMPLES if code not in ("LS-2022", "YTE-2024")])
def test_every_row_says_which_clause_and_why(code: str) -> None:
    with (FOLDER / EXAMPLES[code]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert len(row["note"]) > 8
            clauses = [it for it in f"{row['expect_unmet']};{row['expect_unproven']}".split(";") if it]
            assert [it for it in clauses if it not in row["note"]] == []


@pytest.mark.parametrize("code", EXAMPLES)
def test_every_clause_is_refused_by_some_row(code: str) -> None:
    # SI-9 only says that the two may be received together: nothing refuses it.
    refused = {clause for case in cases(code) for clause in case.expected["unmet"].split(";")}
    assert {clause.code for clause in document(code).clauses} - refused <= {"SI-9", "LS-8", "YT-6"}


@pytest.mark.parametrize(
    ("code", "case"),
    [(code, case) for code in EXAMPLES for case in cases(code)],
    ids=lambda it: it.name if isinstance(it, Case) else it,
)
def test_the_policy_answers_as_the_official_would(code: str, case: Case) -> None:
    assert disagreements(case, assess(document(code), case.facts, shipped_calendar())) == []
