"""LS-5: three months in a row with the present employer, paid in time, with a register that lags."""

import pytest

from portal.policy.facts import month_number, month_text, read_day
from tests.policy.qualifying import LS_PERSON, assessed

ROWS = [
    # on 2023-11-20: T is November, T−1 October
    ("2023-07/2023-09:A", "met", 3),  # October not shown: counted from September
    ("2023-08/2023-10:A", "met", 3),
    ("2023-08/2023-11:A", "met", 3),  # November itself is ignored
    ("2023-09/2023-11:A", "unmet", 2),  # and cannot help: October is shown
    ("2022-01/2023-09:A", "met", 21),
    ("2023-08/2023-09:A", "unproven", 2),  # October is not there yet and would be enough
    ("2023-09/2023-09:A", "unmet", 1),  # October alone could not mend it
    ("2023-09/2023-10:A", "unmet", 2),
    ("2023-07/2023-09:A;2023-10/2023-10:A!", "met", 3),  # a late October neither adds nor destroys
    ("2023-08/2023-09:A;2023-10/2023-10:A!", "unmet", 2),  # but the register has spoken about it
    ("2023-07/2023-09:A;2023-10/2023-10:B", "met", 3),  # nor does an October with another employer
    ("2023-08/2023-09:A;2023-10/2023-10:B", "unmet", 2),
    ("2023-07/2023-07:A;2023-08/2023-08:A!;2023-09/2023-10:A", "unmet", 2),  # a late month breaks the run
    ("2023-07/2023-08:B;2023-09/2023-10:A", "unmet", 2),  # a change of employer begins anew
    ("2023-06/2023-08:A", "unmet", 0),  # neither October nor September counts
    ("2023-08/2023-08:A;2023-09/2023-09:A;2023-10/2023-10:A", "met", 3),  # month by month
    ("2023-08/2023-10:A;2023-09/2023-09:A!", "met", 3),  # paid in time once is paid in time
    ("-", "unmet", 0),
]


def ls_5(insurance: str, **changes: str):
    person = LS_PERSON | {"on": "2023-11-20", "diploma_on": "2023-06-20", "insurance": insurance} | changes
    return assessed("LS-2022", person).finding("LS-5")


@pytest.mark.parametrize(("insurance", "answer", "months"), ROWS)
def test_months_are_counted_backwards_without_a_gap(insurance: str, answer: str, months: int) -> None:
    finding = ls_5(insurance)
    assert (finding.answer, finding.values["months"], finding.values["needed"]) == (answer, months, 3)


@pytest.mark.parametrize(
    ("insurance", "employer", "answer"),
    [
        ("2023-07/2023-09:A", "?", "unproven"),  # with A it is met, with anybody else it is not
        ("2023-09/2023-09:A", "?", "unmet"),  # whoever it is, it is not met
        ("-", "?", "unmet"),
        ("?", "A", "unproven"),
        ("2023-07/2023-09:A", "-", "unmet"),
    ],
)
def test_an_unknown_employer_matters_only_where_it_could_change_the_answer(
    insurance: str, employer: str, answer: str
) -> None:
    assert ls_5(insurance, employer=employer).answer == answer


def test_january_looks_back_into_the_year_before() -> None:
    assert ls_5("2023-10/2023-12:A", on="2024-01-05").answer == "met"
    assert ls_5("2023-09/2023-11:A", on="2024-01-05").answer == "met"


def test_one_more_timely_month_with_the_present_employer_never_turns_met_into_not_met() -> None:
    first = month_number(read_day("2023-01-01"))
    for insurance, answer, _months in ROWS:
        for month in range(first, first + 12):
            text = f"{month_text(month)}/{month_text(month)}:A"
            more = ls_5(text if insurance == "-" else f"{insurance};{text}")
            if answer == "met":
                assert more.answer == "met"
