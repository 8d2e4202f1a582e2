"""How a fact is read: the notation of the worked examples."""

from datetime import date

import pytest

from portal.policy.facts import (
    FACTS,
    Absence,
    Fact,
    Facts,
    FactUnreadable,
    Grant,
    InsuredRange,
    Provenance,
    month_number,
    read_value,
    write_value,
)

JULY_2023 = month_number(date(2023, 7, 1))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("birth_date", "2000-03-02", date(2000, 3, 2)),
        ("education", "bachelor", "bachelor"),
        ("hukou_code", " 350581 ", "350581"),
        ("in_post", True, "yes"),
        ("in_post", False, "no"),
        ("in_post", None, Absence.UNKNOWN),
        ("in_post", "?", Absence.UNKNOWN),
        ("insurance", "-", Absence.NONE),
        ("overseas_certified", "", Absence.NOT_APPLICABLE),
        ("insurance", "2023-07/2023-09:A", (InsuredRange(JULY_2023, JULY_2023 + 2, "A"),)),
        (
            "insurance",
            "2023-07/2023-07:A!; 2023-08/2023-09:B",
            (InsuredRange(JULY_2023, JULY_2023, "A", True), InsuredRange(JULY_2023 + 1, JULY_2023 + 2, "B")),
        ),
        (
            "prior_grants",
            "living-subsidy@350582@10000@2023-09-30;LS-2022@350581@0.5@2023-10-01",
            (
                Grant("living-subsidy", "350582", 1_000_000, date(2023, 9, 30)),
                Grant("LS-2022", "350581", 50, date(2023, 10, 1)),
            ),
        ),
    ],
)
def test_a_text_is_read_as_its_value(name: str, text: object, value: object) -> None:
    assert read_value(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("birth_date", "2000/3/2"),
        ("birth_date", "20000302"),
        ("birth_date", "2000-02-30"),
        ("education", "Bachelor"),
        ("in_post", "maybe"),
        ("insurance", "2023-07:A"),
        ("insurance", "2023-09/2023-07:A"),
        ("insurance", "2023-07/2023-13:A"),
        ("insurance", "2023-07/2023-09"),
        ("insurance", "2023-07/2023-09:!"),
        ("prior_grants", "LS-2022"),
        ("prior_grants", "LS-2022@350581@many@2023-10-01"),
        ("prior_grants", "LS-2022@350581@0.001@2023-10-01"),
        ("prior_grants", "LS-2022@350581@NaN@2023-10-01"),
        ("prior_grants", "LS-2022@350581@1@yesterday"),
        ("shoe_size", "42"),
    ],
)
def test_a_text_that_is_not_a_value_is_refused_with_a_sentence(name: str, text: str) -> None:
    with pytest.raises(FactUnreadable) as caught:
        read_value(name, text)
    assert str(caught.value)


def test_what_is_written_is_read_back() -> None:
    for name, text in [
        ("insurance", "2023-07/2023-07:A!;2023-08/2023-09:B"),
        ("prior_grants", "LS-2022@350581@10000@2023-10-01"),
        ("diploma_on", "2023-06-20"),
        ("school", "?"),
        ("overseas_certified", ""),
    ]:
        assert write_value(read_value(name, text)) == text


def test_facts_read_their_texts() -> None:
    facts = Facts(date(2023, 11, 20), {"diploma_on": Fact("2023-06-20", Provenance.PAPER)})
    assert facts.known["diploma_on"].value == date(2023, 6, 20)


def test_the_facts_that_the_living_subsidies_read_come_first() -> None:
    assert list(FACTS)[:16] == [
        "birth_date",
        "education",
        "study_mode",
        "school",
        "diploma_on",
        "overseas_certified",
        "hukou_code",
        "hukou_collective",
        "employer_kind",
        "employer",
        "first_job_in_city",
        "insurance",
        "first_insured_in_city",
        "in_post",
        "employer_confirmed",
        "prior_grants",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("insurance", "2023-07/2023-09:A@350582#pension+medical!!"),
        ("insurance", "2023-07/2023-09:a@b"),
        ("homes", "350581@2020-05-01/2022-03-01;350582@2021-01-01"),
        ("job_proofs", "interview_notice@2023-05-01"),
        ("recognitions", "L3;MST"),
        ("nights_wanted", "7"),
        ("pension_paid", "486.50"),
    ],
)
def test_the_other_forms_are_written_as_they_are_read(name: str, text: str) -> None:
    assert write_value(read_value(name, text)) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("homes", "350581"),
        ("homes", "350581@2022-03-01/2020-05-01"),
        ("job_proofs", "letter@2023-05-01"),
        ("job_proofs", "interview_notice"),
        ("recognitions", "L9"),
        ("nights_wanted", "-3"),
        ("pension_paid", "1.005"),
        ("pension_paid", "NaN"),
    ],
)
def test_what_is_not_of_its_form_is_refused(name: str, text: str) -> None:
    with pytest.raises(FactUnreadable):
        read_value(name, text)
