"""The twenty-five edge cases of the survey by number, as far as a policy decides them.

10 (two accounts in one week) and 24 (leaving between approval and payment) are decided where money is granted and
paid; they are tested there.
"""

from datetime import date

import pytest

from applicants.people.answers import declared_facts
from applicants.people.identities import parse_identity
from applicants.people.numbers import parse_resident_number
from portal.policy.calendar import shipped_calendar
from tests.policy.judging import TITLE, answered, judged, with_clause
from tests.policy.qualifying import LS_PERSON, YTE_PERSON, answers, assessed, cases, document

SHISHI = {"place": "350581", "place_name": {"zh": "石狮", "en": "Shishi"}}
LS_GRANT = {"scheme": "LS-2022", "title": TITLE}


def ls(clause: str, **changes: str) -> str:
    return answers(assessed("LS-2022", LS_PERSON | changes))[clause]


def answer(condition: dict, **facts: str) -> str:
    return judged(condition, **facts).answer.value


def test_01_an_overseas_degree_waits_for_its_certificate_and_is_not_refused() -> None:
    assert ls("LS-1", overseas_certified="no") == "unproven"
    assert ls("LS-1", overseas_certified="yes") == "met"


def test_02_the_year_starts_with_the_diploma_unless_the_document_says_the_certificate() -> None:
    changes = {"on": "2023-09-01", "diploma_on": "2022-06-30", "insurance": "2023-06/2023-08:A"}
    assert ls("LS-7", overseas_certified="yes", **changes) == "unmet"
    by_certificate = with_clause("LS-2022", "LS-7", {"kind": "within", "anchor": "overseas_certified_on", "years": 1})
    later = answered(by_certificate, LS_PERSON, overseas_certified="yes", overseas_certified_on="2023-02-15", **changes)
    assert answers(later)["LS-7"] == "met"


def test_03_a_month_paid_back_breaks_the_run_unless_ordered_months_count() -> None:
    paid_back = "2022-09/2022-09:A;2022-10/2022-10:A{};2022-11/2022-11:A"
    assert ls("LS-5", insurance=paid_back.format("!!")) == "unmet"
    forgiving = {"kind": "insured_months", "months": 3, "ordered_counts": True}
    facts = {"on": "2022-12-20", "employer": "A"}
    assert answer(forgiving, insurance=paid_back.format("!!"), **facts) == "met"
    assert answer(forgiving, insurance=paid_back.format("!"), **facts) == "unmet"


def test_04_a_month_that_is_not_in_the_register_yet_is_no_refusal() -> None:
    assert ls("LS-5", insurance="2022-09/2022-10:A") == "unproven"
    strict = {"kind": "insured_months", "months": 3, "lag": 1}
    assert answer(strict, on="2022-12-20", employer="A", insurance="2022-09/2022-10:A") == "unmet"


@pytest.mark.parametrize(("lag", "expected"), [(1, "unmet"), (2, "unproven"), (3, "met")])
def test_04_how_far_registers_lag_is_in_the_document(lag: int, expected: str) -> None:
    condition = {"kind": "insured_months", "months": 2, "lag": lag}
    insurance = "2022-08/2022-09:A" if lag == 3 else "2022-10/2022-10:A"
    assert answer(condition, on="2022-12-20", employer="A", insurance=insurance) == expected


def test_05_a_bachelor_by_upgrade_counts_and_may_be_kept_apart() -> None:
    assert ls("LS-1", by_upgrade="yes") == "met"
    apart = {"kind": "education_level", "levels": ["bachelor"], "upgraded_counts": False}
    assert [answer(apart, education="bachelor", by_upgrade=it) for it in ("yes", "no", "?")] == [
        "unmet",
        "met",
        "unproven",
    ]


def test_06_a_part_time_bachelor_is_refused() -> None:
    assert ls("LS-1", study_mode="part_time") == "unmet"


def test_07_a_part_time_master_of_the_national_plan_counts_where_the_document_says_so() -> None:
    assert ls("LS-1", education="master", study_mode="part_time", national_plan="yes") == "unmet"
    condition = {"kind": "study_mode", "modes": ["full_time"], "national_plan_counts": True}
    assert [answer(condition, study_mode="part_time", national_plan=it) for it in ("yes", "no", "?")] == [
        "met",
        "unmet",
        "unproven",
    ]


@pytest.mark.parametrize(
    ("mode", "verdict", "yuan"),
    [("top_up", "eligible", 40_000), ("deduct", "eligible", 40_000), ("higher", "eligible", 50_000)],
)
def test_08_after_ten_thousand_for_the_bachelor_the_master_is_topped_up_by_mode(
    mode: str, verdict: str, yuan: int
) -> None:
    policy = with_clause("YTE-2024", "YT-6", {"kind": "earlier_grants", "mode": mode, "schemes": [LS_GRANT]})
    master = {"education": "master", "prior_grants": "LS-2022@350581@10000@2022-11-30"}
    assessment = answered(policy, YTE_PERSON, **master)
    assert (assessment.verdict, assessment.amount_fen) == (verdict, yuan * 100)
    assert [part.amount_fen for part in assessment.instalments] == [yuan * 50, yuan * 50]


def test_08_as_it_stands_the_two_subsidies_of_quanzhou_exclude_each_other() -> None:
    refused = assessed("YTE-2024", YTE_PERSON | {"prior_grants": "LS-2022@350581@10000@2022-11-30"})
    assert refused.clauses("unmet") == ("YT-6",)


@pytest.mark.parametrize("mode", ["higher", "top_up"])
def test_08_nothing_is_left_where_the_earlier_grant_was_as_high(mode: str) -> None:
    condition = {"kind": "earlier_grants", "mode": mode, "schemes": [LS_GRANT]}
    facts = {"prior_grants": "LS-2022@350581@10000@2022-11-30"}
    assert judged(condition, gross_fen=1_000_000, **facts).answer == "unmet"
    assert judged(condition, gross_fen=1_000_001, **facts).answer == "met"
    assert judged(condition, gross_fen=None, **facts).answer == "unproven"


def test_08_a_waiting_time_runs_from_the_last_grant() -> None:
    wait = {"kind": "earlier_grants", "mode": "wait", "wait_months": 6, "schemes": [LS_GRANT]}
    assert answer(wait, on="2023-05-30", prior_grants="LS-2022@350581@10000@2022-11-30") == "met"
    assert answer(wait, on="2023-05-29", prior_grants="LS-2022@350581@10000@2022-11-30") == "unmet"


@pytest.mark.parametrize(("area", "expected"), [("350582", "unmet"), ("350100", "met")])
def test_09_a_subsidy_of_another_county_of_quanzhou_blocks(area: str, expected: str) -> None:
    assert ls("LS-8", prior_grants=f"living-subsidy@{area}@10000@2022-09-30") == expected


def test_11_a_change_of_employer_begins_anew_unless_any_employer_counts() -> None:
    moved = "2022-09/2022-10:B;2022-11/2022-11:A"
    assert ls("LS-5", insurance=moved) == "unmet"
    assert (
        answer({"kind": "insured_months", "months": 3, "any_employer": True}, on="2022-12-20", insurance=moved) == "met"
    )


@pytest.mark.parametrize(("reading", "expected"), [("agency", "unmet"), ("user_firm", "met")])
def test_12_dispatched_from_jinjiang_to_shishi_is_read_as_the_document_says(reading: str, expected: str) -> None:
    condition = {"kind": "employer_in", **SHISHI, "dispatched_by": reading}
    facts = {"is_dispatched": "yes", "employer_place": "350582", "user_firm_place": "350581"}
    assert answer(condition, **facts) == expected


@pytest.mark.parametrize(("firms", "expected"), [("B", "met"), ("-", "unmet"), ("?", "unproven")])
def test_13_a_firm_of_the_same_group_counts_where_the_document_says_so(firms: str, expected: str) -> None:
    facts = {"on": "2022-12-20", "employer": "A", "insurance": "2022-09/2022-11:B", "group_firms": firms}
    assert answer({"kind": "insured_months", "months": 3, "group_counts": True}, **facts) == expected
    assert ls("LS-5", insurance="2022-09/2022-11:B") == "unmet"


@pytest.mark.parametrize(
    ("inclusive", "on", "expected"),
    [
        (True, "application", "met"),  # 35 on 20 November: "35 and below" holds until the 36th birthday
        (False, "application", "unmet"),
        (True, "application_year", "met"),
        (False, "application_year", "met"),  # 34 on 1 January
        (True, "approval", "unmet"),  # 36 on 1 March of the next year
        (True, "approval_year", "met"),  # 35 on 1 January of it
    ],
)
def test_14_who_turns_36_during_the_review(inclusive: bool, on: str, expected: str) -> None:
    condition = {"kind": "age_under", "years": 35, "inclusive": inclusive, "on": on}
    facts = {"birth_date": "1988-02-01", "approved_on": "2024-03-01"}
    assert answer(condition, **facts) == expected


def test_14_before_the_approval_only_who_is_too_old_already_is_refused() -> None:
    condition = {"kind": "age_under", "years": 35, "on": "approval"}
    assert answer(condition, birth_date="1990-02-01") == "unproven"
    assert answer(condition, birth_date="1988-11-20") == "unmet"


@pytest.mark.parametrize(("on", "expected"), [("2025-02-28", "met"), ("2025-03-01", "unmet")])
def test_15_a_diploma_of_29_february_ends_on_the_28th(on: str, expected: str) -> None:
    assert ls("LS-7", diploma_on="2024-02-29", on=on) == expected


def test_15_who_is_born_on_29_february_is_a_year_older_on_the_28th() -> None:
    condition = {"kind": "age_under", "years": 35}
    assert answer(condition, on="2023-02-27", birth_date="1988-02-29") == "met"
    assert answer(condition, on="2023-02-28", birth_date="1988-02-29") == "unmet"


@pytest.mark.parametrize(
    ("diploma_on", "on", "expected"),
    [
        ("2022-06-25", "2023-06-25", "met"),  # a make-up working Sunday is the last day itself
        ("2022-06-25", "2023-06-26", "unmet"),
        ("2022-06-23", "2023-06-25", "met"),  # a holiday moves on to it
    ],
)
def test_16_the_last_day_on_a_make_up_day_or_in_a_holiday(diploma_on: str, on: str, expected: str) -> None:
    assert ls("LS-7", diploma_on=diploma_on, on=on) == expected
    assert shipped_calendar().is_working(date(2023, 6, 25)) is True


def test_16_filing_on_line_may_stay_open_without_moving_the_last_day() -> None:
    fixed = {"kind": "within", "anchor": "diploma_on", "years": 1, "rolls": False}
    assert answer(fixed, on="2023-06-25", diploma_on="2022-06-23") == "unmet"


@pytest.mark.parametrize(("months", "expected"), [(0, "met"), (6, "unmet")])
def test_17_a_household_of_two_days_counts_unless_the_document_asks_for_months(months: int, expected: str) -> None:
    condition = {"kind": "household_in", **SHISHI, "months": months}
    facts = {"hukou_code": "350581", "hukou_collective": "no", "hukou_since": "2023-11-18"}
    assert answer(condition, **facts) == expected


def test_18_a_collective_household_is_local_for_the_subsidy_and_not_for_the_lodging() -> None:
    assert ls("LS-3", hukou_collective="yes") == "met"
    assert document("LODGE-2023").clause("JL-4").conditions[0].kind == "household_outside"
    assert answer({"kind": "household_outside", **SHISHI}, hukou_code="350581", hukou_collective="yes") == "met"
    assert answer({"kind": "household_in", **SHISHI}, hukou_code="350581", hukou_collective="yes") == "met"


@pytest.mark.parametrize("area", ["359002", "350522", "350581"])
def test_19_an_old_area_code_is_no_mistake(area: str) -> None:
    digits = f"{area}19880302001"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11]
    assert parse_resident_number(digits + check).birth_date == date(1988, 3, 2)


@pytest.mark.parametrize(
    ("kind", "number", "born"),
    [
        ("residence_permit", "810000199408230021", None),
        ("residence_permit", "830000199201300022", None),
        ("foreign_permanent", "911124198108030024", None),
        ("foreign_permanent", "USA110012345678", "1994-08-23"),
        ("hk_macao_travel", "H12345678", "1994-08-23"),
        ("taiwan_travel", "12345678", "1994-08-23"),
        ("passport", "E12345678", "1994-08-23"),
    ],
)
def test_20_other_papers_have_the_same_rights_and_no_household(kind: str, number: str, born: str | None) -> None:
    """No clause asks for a kind of paper. LS-3 says 户籍在石狮: without a mainland household it is not met, as a bureau
    reads it, and not unproven, since nothing is left to prove. YTE-2024 has no such clause; for the lodging a household
    that is not there is not in Shishi.
    """
    identity = {"number_kind": kind, "number": number, "birth_date": born, "household_code": "none"}
    facts = declared_facts({"identity": identity})
    assert parse_identity(kind, number).number == number
    assert facts["hukou_code"] == "-"
    assert facts["birth_date"] == (date.fromisoformat(born) if born else date(*map(int, _born_in(number))))
    assert "hukou_collective" not in facts
    assert ls("LS-3", hukou_code="-") == "unmet"
    assert all("hukou_code" not in it.reads for it in document("YTE-2024").all_conditions())
    assert answer({"kind": "household_outside", **SHISHI}, hukou_code="-") == "met"
    others = [it.code for it in document("LS-2022").clauses if it.code != "LS-3"]
    with_permit = answers(assessed("LS-2022", LS_PERSON | {"hukou_code": "-"}))
    resident = answers(assessed("LS-2022", LS_PERSON))
    assert {code: with_permit[code] for code in others} == {code: resident[code] for code in others}


def _born_in(number: str) -> tuple[str, str, str]:
    return number[6:10], number[10:12], number[12:14]


@pytest.mark.parametrize(
    ("role", "since", "expected"),
    [
        ("legal_representative", "2023-05-20", "met"),
        ("legal_representative", "2023-09-20", "unmet"),  # two months old
        ("shareholder", "2023-05-20", "unmet"),
        ("?", "2023-05-20", "unproven"),
        ("?", "2023-09-20", "unmet"),
    ],
)
def test_21_an_own_business_is_led_and_old_enough_where_the_document_asks(role: str, since: str, expected: str) -> None:
    condition = {"kind": "own_business", "roles": ["legal_representative", "sole_owner"], "months": 6}
    facts = {"employer_kind": "self_employed", "business_role": role, "business_since": since}
    assert answer(condition, **facts) == expected
    assert ls("LS-4", employer_kind="self_employed") == "met"  # Shishi asks for neither


def test_22_a_couple_rents_one_apartment_and_each_has_their_own_subsidy() -> None:
    row = next(case for case in cases("APT-2023") if case.expected["unmet"] == "TA-6")
    assert row.facts.known["spouse_grants"].value[0].scheme == "APT-2023"
    assert "couple" not in {it.kind for it in document("LS-2022").all_conditions()}


@pytest.mark.parametrize(
    ("rule", "waiver", "grants", "expected"),
    [
        ("both", "no", "LS-2022@350581@10000@2022-11-30", "met"),
        ("one", "yes", "-", "met"),
        ("one", "yes", "LS-2022@350581@10000@2022-11-30", "unmet"),
        ("waiver", "yes", "-", "met"),
        ("waiver", "no", "-", "unmet"),
        ("waiver", "?", "-", "unproven"),
    ],
)
def test_22_the_rules_for_couples(rule: str, waiver: str, grants: str, expected: str) -> None:
    condition = {"kind": "couple", "rule": rule, "schemes": [LS_GRANT]}
    assert answer(condition, married="yes", spouse_waiver=waiver, spouse_grants=grants) == expected


@pytest.mark.parametrize(
    ("home", "expected"),
    [("350581@2023-11-19", "unmet"), ("350581@2023-11-21", "met"), ("350582@2023-11-19", "met")],
)
def test_23_a_home_counts_in_the_scope_and_from_the_day_it_is_had(home: str, expected: str) -> None:
    condition = {"kind": "no_home", **SHISHI, "family": ["self", "spouse"]}
    assert answer(condition, married="yes", homes="-", spouse_homes=home) == expected
    terms = document("APT-2023").apartment
    assert terms is not None
    assert (terms.grace_days_after_loss, terms.percent_after_loss) == (90, 100)


def test_25_the_employer_is_asked_about_on_the_day_of_application_and_again_where_the_route_says() -> None:
    assert [answer({"kind": "employer_active"}, employer_status=it) for it in ("active", "deregistered", "?")] == [
        "met",
        "unmet",
        "unproven",
    ]
    assert ls("LS-4", employer_kind="state_enterprise") == "unmet"
    route = [stage.model_dump() for stage in document("LS-2022").route]
    route[4]["recheck"] = ["employer_kind", "employer_status"]
    again = with_clause("LS-2022", "LS-6", {"kind": "employer_active"}, route=route)
    assert again.stage("public_notice").recheck == ("employer_kind", "employer_status")
    assert again.not_acted_on == document("LS-2022").not_acted_on  # the floor asks: tests/casework/test_registers_asked
