"""LS-2022 and YTE-2024 read as the regulations: somebody who qualifies is changed in one respect, one clause moves."""

from datetime import date

import pytest

from portal.policy.assessing import Instalment
from tests.policy.qualifying import LS_CLAUSES, LS_PERSON, YTE_CLAUSES, YTE_PERSON, answers, assessed, document

# clause, what is changed, what the clause then answers
LS_ROWS = [
    # LS-1: bachelor or above studied full-time, or full-time technician class; an overseas degree needs certification
    ("LS-1", {"education": "doctor"}, "met"),
    ("LS-1", {"education": "master"}, "met"),
    ("LS-1", {"education": "technician"}, "met"),
    ("LS-1", {"education": "diploma"}, "unmet"),
    ("LS-1", {"education": "senior_worker"}, "unmet"),
    ("LS-1", {"education": "secondary"}, "unmet"),
    ("LS-1", {"education": "other"}, "unmet"),
    ("LS-1", {"education": "-"}, "unmet"),
    ("LS-1", {"education": "?"}, "unproven"),
    ("LS-1", {"education": ""}, "unproven"),
    ("LS-1", {"study_mode": "part_time"}, "unmet"),
    ("LS-1", {"study_mode": "?"}, "unproven"),
    ("LS-1", {"overseas_certified": "yes"}, "met"),
    ("LS-1", {"overseas_certified": "no"}, "unproven"),
    ("LS-1", {"overseas_certified": "-"}, "unproven"),
    ("LS-1", {"overseas_certified": "?"}, "unproven"),
    ("LS-1", {"education": "diploma", "study_mode": "?"}, "unmet"),
    ("LS-1", {"education": "diploma", "overseas_certified": "no"}, "unmet"),
    # LS-2: graduated in 2022 or later, by the diploma's date
    ("LS-2", {"diploma_on": "2022-01-01"}, "met"),
    ("LS-2", {"diploma_on": "2021-12-31"}, "unmet"),
    # LS-3: household in Shishi, collective included
    ("LS-3", {"hukou_collective": "yes"}, "met"),
    ("LS-3", {"hukou_collective": "?"}, "met"),
    ("LS-3", {"hukou_code": "350582"}, "unmet"),
    ("LS-3", {"hukou_code": "359002"}, "unmet"),
    ("LS-3", {"hukou_code": "-"}, "unmet"),
    ("LS-3", {"hukou_code": "?"}, "unproven"),
    # LS-4: first employment in the city, private enterprise, private non-enterprise unit or own business
    ("LS-4", {"employer_kind": "private_non_enterprise"}, "met"),
    ("LS-4", {"employer_kind": "self_employed"}, "met"),
    ("LS-4", {"employer_kind": "state_enterprise"}, "unmet"),
    ("LS-4", {"employer_kind": "public_institution"}, "unmet"),
    ("LS-4", {"employer_kind": "state_organ"}, "unmet"),
    ("LS-4", {"employer_kind": "other"}, "unmet"),
    ("LS-4", {"employer_kind": "?"}, "unproven"),
    ("LS-4", {"first_job_in_city": "no"}, "unmet"),
    ("LS-4", {"first_job_in_city": "?"}, "unproven"),
    ("LS-4", {"employer_kind": "state_organ", "first_job_in_city": "?"}, "unmet"),
    # LS-5: three consecutive months with the present employer (more in test_insured_months)
    ("LS-5", {"insurance": "2022-10/2022-11:A"}, "unmet"),
    ("LS-5", {"insurance": "2022-09/2022-10:A"}, "unproven"),
    ("LS-5", {"insurance": "-"}, "unmet"),
    ("LS-5", {"insurance": "?"}, "unproven"),
    ("LS-5", {"employer": "B"}, "unmet"),
    ("LS-5", {"employer": "?"}, "unproven"),
    # LS-6: still in post
    ("LS-6", {"in_post": "no"}, "unmet"),
    ("LS-6", {"in_post": "?"}, "unproven"),
    # LS-7: within one year of the diploma, which ends on Tuesday 10 January 2023
    ("LS-7", {"on": "2023-01-10"}, "met"),
    ("LS-7", {"on": "2023-01-11"}, "unmet"),
    ("LS-7", {"diploma_on": "2022-12-21"}, "unmet"),  # dated after the application
    # LS-8: no living subsidy of a county of Quanzhou, neither scheme
    ("LS-8", {"prior_grants": "living-subsidy@350582@10000@2022-09-30"}, "unmet"),
    ("LS-8", {"prior_grants": "YTE-2024@350581@25000@2024-05-20"}, "unmet"),
    ("LS-8", {"prior_grants": "LS-2022@350581@10000@2022-09-30"}, "unmet"),
    ("LS-8", {"prior_grants": "living-subsidy@350203@10000@2022-09-30"}, "met"),
    ("LS-8", {"prior_grants": "lodging@350581@700@2022-09-30"}, "met"),
    ("LS-8", {"prior_grants": "lodging@350581@700@2022-09-30;living-subsidy@350500@1@2022-09-30"}, "unmet"),
    ("LS-8", {"prior_grants": "?"}, "unproven"),
]

YTE_ROWS = [
    # YT-1: full-time, and doctor, master, or bachelor of a double-first-class school
    ("YT-1", {"school": "闽江学院"}, "unmet"),
    ("YT-1", {"school": "中国矿业大学(北京)"}, "met"),  # half-width brackets: compared after NFKC
    ("YT-1", {"school": "?"}, "unproven"),
    ("YT-1", {"school": "闽江学院", "education": "master"}, "met"),
    ("YT-1", {"school": "?", "education": "doctor"}, "met"),
    ("YT-1", {"education": "technician"}, "unmet"),
    ("YT-1", {"education": "?"}, "unproven"),
    ("YT-1", {"study_mode": "part_time"}, "unmet"),
    ("YT-1", {"study_mode": "?"}, "unproven"),
    ("YT-1", {"overseas_certified": "no"}, "unproven"),
    # YT-2: under forty on the application date
    ("YT-2", {"birth_date": "1984-09-03"}, "met"),
    ("YT-2", {"birth_date": "1984-09-02"}, "unmet"),
    ("YT-2", {"birth_date": "?"}, "unproven"),
    # YT-4: private enterprise, private non-enterprise unit or own business
    ("YT-4", {"employer_kind": "private_non_enterprise"}, "met"),
    ("YT-4", {"employer_kind": "self_employed"}, "met"),
    ("YT-4", {"employer_kind": "public_institution"}, "unmet"),
    ("YT-4", {"employer_kind": "?"}, "unproven"),
    # YT-5: within one year of being first insured
    ("YT-5", {"on": "2025-07-01"}, "met"),
    ("YT-5", {"on": "2025-07-02"}, "unmet"),
    # YT-3: first insured on or after 6 February 2024
    ("YT-3", {"first_insured_in_city": "2024-02-06"}, "met"),
    ("YT-3", {"first_insured_in_city": "2024-02-05"}, "unmet"),
    # YT-6: no living subsidy of a county of Quanzhou, neither scheme
    ("YT-6", {"prior_grants": "LS-2022@350581@10000@2023-11-30"}, "unmet"),
    ("YT-6", {"prior_grants": "living-subsidy@350583@8000@2023-11-30"}, "unmet"),
    ("YT-6", {"prior_grants": "living-subsidy@350102@8000@2023-11-30"}, "met"),
    ("YT-6", {"prior_grants": "?"}, "unproven"),
]


@pytest.mark.parametrize(("clause", "changes", "answer"), LS_ROWS)
def test_in_ls_2022_only_the_clause_concerned_moves(clause: str, changes: dict[str, str], answer: str) -> None:
    expected = dict.fromkeys(LS_CLAUSES, "met") | {clause: answer}
    assert answers(assessed("LS-2022", LS_PERSON | changes)) == expected


@pytest.mark.parametrize(("clause", "changes", "answer"), YTE_ROWS)
def test_in_yte_2024_only_the_clause_concerned_moves(clause: str, changes: dict[str, str], answer: str) -> None:
    expected = dict.fromkeys(YTE_CLAUSES, "met") | {clause: answer}
    assert answers(assessed("YTE-2024", YTE_PERSON | changes)) == expected


def test_an_unknown_diploma_date_leaves_the_two_clauses_that_rest_on_it_unproven() -> None:
    moved = assessed("LS-2022", LS_PERSON | {"diploma_on": "?"})
    assert moved.clauses("unproven") == ("LS-2", "LS-7")
    assert moved.clauses("unmet") == ()


def test_who_was_never_insured_in_the_city_meets_neither_clause_that_rests_on_it() -> None:
    assert assessed("YTE-2024", YTE_PERSON | {"first_insured_in_city": "-"}).clauses("unmet") == ("YT-3", "YT-5")


@pytest.mark.parametrize("level", ["doctor", "master", "bachelor", "technician"])
def test_ls_2022_pays_10000_yuan_once_whatever_the_degree(level: str) -> None:
    paid = assessed("LS-2022", LS_PERSON | {"education": level})
    assert (paid.verdict, paid.amount_fen) == ("eligible", 1_000_000)
    assert paid.instalments == (Instalment(1, 1_000_000, date(2022, 12, 20), 1),)


@pytest.mark.parametrize(
    ("level", "whole", "half"),
    [
        ("doctor", 10_000_000, 5_000_000),
        ("master", 5_000_000, 2_500_000),
        ("bachelor", 2_000_000, 1_000_000),
    ],
)
def test_yte_2024_pays_by_degree_half_now_and_half_two_years_after(level: str, whole: int, half: int) -> None:
    paid = assessed("YTE-2024", YTE_PERSON | {"education": level})
    assert (paid.verdict, paid.amount_fen) == ("eligible", whole)
    assert paid.instalments == (
        Instalment(1, half, date(2024, 9, 2), 1),
        Instalment(2, half, date(2026, 9, 2), 2),
    )


def test_the_second_instalment_of_yte_2024_needs_the_post_settled_anew() -> None:
    assert [(part.number, part.recheck) for part in document("YTE-2024").instalments] == [(1, ()), (2, ("in_post",))]


def test_ineligible_is_nothing_and_undetermined_is_not_known_yet() -> None:
    refused = assessed("LS-2022", LS_PERSON | {"in_post": "no", "hukou_code": "?"})
    assert (refused.verdict, refused.amount_fen, refused.instalments) == ("ineligible", 0, ())
    waiting = assessed("LS-2022", LS_PERSON | {"hukou_code": "?"})
    assert (waiting.verdict, waiting.amount_fen, waiting.instalments) == ("undetermined", None, ())


def test_no_clause_without_a_rule_and_no_rule_without_a_test() -> None:
    for code, clauses, rows in [("LS-2022", LS_CLAUSES, LS_ROWS), ("YTE-2024", YTE_CLAUSES, YTE_ROWS)]:
        assert tuple(clause.code for clause in document(code).clauses) == clauses
        assert {(clause, "unmet") for clause in clauses} <= {(clause, answer) for clause, _changes, answer in rows}
    # Every kind the two policies use is moved by a row above; a new kind has to be added here with its own rows.
    used = {condition.kind for code in ("LS-2022", "YTE-2024") for condition in document(code).all_conditions()}
    assert used == {
        "age_under",
        "all",
        "any",
        "education_level",
        "employer_kind",
        "first_job_in_city",
        "graduated_from",
        "household_in",
        "in_post",
        "insured_months",
        "not_before",
        "not_granted_before",
        "overseas_degree_certified",
        "school_on_list",
        "study_mode",
        "within",
    }
