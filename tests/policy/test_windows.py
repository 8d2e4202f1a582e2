"""A window of a year ends on the matching day, moves over days off, and waits where the calendar is not published."""

import pytest

from tests.policy.qualifying import LS_PERSON, answers, assessed


def ls_7(diploma_on: str, on: str) -> tuple[str, str]:
    finding = assessed("LS-2022", LS_PERSON | {"diploma_on": diploma_on, "on": on}).finding("LS-7")
    return finding.answer.value, finding.values.get("last_on", "")


@pytest.mark.parametrize(
    ("diploma_on", "on", "answer", "last_on"),
    [
        ("2022-06-30", "2023-06-30", "met", "2023-06-30"),
        ("2022-06-30", "2023-07-01", "unmet", "2023-06-30"),
        ("2022-06-22", "2023-06-25", "met", "2023-06-25"),  # holiday, then a make-up working Sunday
        ("2022-06-22", "2023-06-26", "unmet", "2023-06-25"),
        ("2022-10-01", "2023-10-07", "met", "2023-10-07"),  # the long holiday, then a make-up working Saturday
        ("2022-10-01", "2023-10-08", "unmet", "2023-10-07"),
        ("2024-02-29", "2025-02-28", "met", "2025-02-28"),
        ("2024-02-29", "2025-03-01", "unmet", "2025-02-28"),
        ("2023-06-20", "2023-06-20", "met", "2024-06-20"),  # the first day
        ("2023-06-20", "2023-06-19", "unmet", ""),  # before it there is no window yet
    ],
)
def test_inside_the_published_calendar(diploma_on: str, on: str, answer: str, last_on: str) -> None:
    assert ls_7(diploma_on, on) == (answer, last_on)


@pytest.mark.parametrize(
    ("on", "answer"),
    [
        ("2026-12-01", "met"),
        ("2027-05-01", "met"),  # up to and including the matching day: nothing could make it late
        ("2027-05-02", "unproven"),
        ("2027-05-11", "unproven"),  # ten days after
        ("2027-05-12", "unmet"),  # no holiday is that long
    ],
)
def test_a_matching_day_in_an_unpublished_year_is_unproven_only_where_that_could_change_the_answer(
    on: str, answer: str
) -> None:
    assert ls_7("2026-05-01", on) == (answer, "2027-05-01")


@pytest.mark.parametrize(("on", "answer"), [("2021-05-01", "met"), ("2021-05-11", "unproven"), ("2021-05-12", "unmet")])
def test_the_same_holds_before_the_calendar_begins(on: str, answer: str) -> None:
    assert ls_7("2020-05-01", on)[0] == answer


def test_an_unproven_window_refuses_nobody() -> None:
    person = LS_PERSON | {"diploma_on": "2026-05-01", "on": "2027-05-05", "insurance": "2027-01/2027-04:A"}
    assert assessed("LS-2022", person).verdict == "undetermined"
    assert answers(assessed("LS-2022", person))["LS-7"] == "unproven"
