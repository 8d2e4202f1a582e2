"""What records say, record by record, without a network."""

import json
from datetime import date
from typing import Any

import pytest

from applicants.registers.asking import Answered, Question, Spouse, Unavailable
from applicants.registers.catalogue import REGISTERS, registers_for
from applicants.registers.http import read_reply
from portal.policy.facts import FACTS, Facts, Provenance
from portal.wire.signing import sign_reply
from tests.policy.judging import judged
from tests.registers.known import CODE, EMPLOYER, lin, month, question

OTHER = {"employer_name": "石狮旧港贸易有限公司", "employer_credit_code": "91350581MA0000001X"}


def reading(asked: Question, record: Any = None, **changes: Any) -> Answered | Unavailable:
    """What a signed reply with this record is read as."""
    reply = {
        "request": str(asked.request_id),
        "person": asked.number[-4:],
        "as_of": "2023-11-20",
        "valid_until": "2023-11-21",
        "found": True,
        "record": record,
    }
    content = json.dumps(reply | changes).encode()
    return read_reply(asked, content, sign_reply("key", "/r", content), key="key", path="/r")


def values(register: str, record: Any, **changes: Any) -> Any:
    """The values of a record, or the code of what is wrong with it."""
    said = reading(question(register, **changes), record)
    return said.values if isinstance(said, Answered) else said.code


def insured(*months: dict[str, Any], until: str = "2023-10", **changes: Any) -> Any:
    return values("insurance", {"data_month": until, "months": list(months)}, **changes)


def test_every_fact_of_the_catalogue_is_one_of_the_policies_and_of_one_register():
    named = [name for register in REGISTERS.values() for name in register.facts]
    assert (set(named) - set(FACTS), len(named)) == (set(), len(set(named)))


@pytest.mark.parametrize(
    ("facts", "registers"),
    [
        (["school"], ("education",)),
        (["homes"], ("property",)),
        (["spouse_homes", "homes"], ("marriage", "property")),
        (["spouse_grants", "hukou_code"], ("household", "marriage", "grants")),
        (["employer_confirmed"], ()),
        ([], ()),
    ],
)
def test_which_registers_are_asked_for_which_facts_and_in_which_order(facts, registers):
    assert registers_for(facts) == registers


# ── insurance ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_months_are_ranges_by_employer_place_kinds_and_lateness():
    said = insured(
        month("2023-05", **OTHER),
        month("2023-06", **OTHER, area_code="350582"),
        month("2023-07", kinds=["pension"]),
        month("2023-08", kinds=["pension"]),
        month("2023-09", kinds=["pension"], paid_on="2023-10-20"),
        month("2023-10", kinds=["pension"], paid_on="2023-12-20", is_ordered=True),
    )
    assert said["insurance"] == (
        "2023-05/2023-05:石狮旧港贸易有限公司#pension+medical;"
        "2023-06/2023-06:石狮旧港贸易有限公司@350582#pension+medical;"
        f"2023-07/2023-08:{EMPLOYER};2023-09/2023-09:{EMPLOYER}!;2023-10/2023-10:{EMPLOYER}!!"
    )


@pytest.mark.parametrize(
    ("months", "first_insured", "first_job"),
    [
        ([month("2023-07")], "2023-07-01", "yes"),
        ([month("2021-03", **OTHER), month("2023-07")], "2021-03-01", "no"),
        ([month("2021-03", **OTHER, area_code="350582"), month("2023-07")], "2023-07-01", "yes"),
        ([month("2023-07", area_code="350582")], "-", "yes"),
        ([month("2023-07"), month("2023-09", **OTHER)], "2023-07-01", "yes"),  # a second job later
        ([month("2023-07", **OTHER)], "2023-07-01", None),  # perhaps an agency pays for the present one
        ([], "-", None),
    ],
)
def test_the_first_insurance_and_the_first_job_in_the_city(months, first_insured, first_job):
    said = insured(*months)
    assert (said["first_insured_in_city"], said.get("first_job_in_city")) == (first_insured, first_job)


@pytest.mark.parametrize(
    ("months", "in_post"),
    [
        (["2023-09", "2023-10"], "yes"),
        (["2023-08", "2023-09"], None),  # the last month comes in parts
        (["2023-07", "2023-08"], "no"),
    ],
)
def test_in_post_is_insured_with_the_present_employer_in_the_last_month(months, in_post):
    assert insured(*(month(it) for it in months)).get("in_post") == in_post


def test_who_is_insured_elsewhere_in_the_last_month_has_left_unless_it_is_the_month_of_the_day_itself():
    assert insured(month("2023-09"), month("2023-10", **OTHER))["in_post"] == "no"
    assert "in_post" not in insured(month("2023-10"), month("2023-11", **OTHER), until="2023-11")


def test_what_came_after_the_day_in_question_does_not_count():
    later = insured(month("2023-10"), month("2023-11"), month("2023-12", **OTHER), until="2024-01")
    assert (later["insurance"], later["in_post"]) == (f"2023-10/2023-11:{EMPLOYER}#pension+medical", "yes")


def test_months_not_paid_yet_are_not_there():
    assert insured(month("2023-09"), month("2023-10", paid_on=None))["insurance"].startswith("2023-09/2023-09:")
    assert insured(month("2023-10", paid_on=None))["insurance"] == "-"


def test_of_an_employer_without_credit_code_the_register_cannot_say_what_was_paid():
    said = insured(month("2023-10"), credit_code="")
    assert sorted(said) == ["first_insured_in_city", "pension_paid"]
    nowhere = insured(month("2023-08", **OTHER), credit_code="", employer_name="")
    assert nowhere["insurance"] == "2023-08/2023-08:石狮旧港贸易有限公司#pension+medical"


def test_another_employer_of_the_same_name_is_another_one():
    said = insured(month("2023-10", employer_name=EMPLOYER, employer_credit_code="91350581MA0000001X"))
    assert said["insurance"] == "2023-10/2023-10:其他单位#pension+medical"
    odd = insured(month("2023-10"), employer_name="甲;乙!")
    assert (odd["insurance"], odd["employer"]) == ("2023-10/2023-10:甲；乙！#pension+medical", "甲；乙！")


def test_case_4_a_register_that_lags_leaves_the_months_unproven_and_never_unmet():
    condition = {"kind": "insured_months", "months": 3, "lag": 2}
    answers = {}
    for until in ("2023-09", "2023-10"):
        rows = [month(it) for it in ("2023-08", "2023-09", "2023-10") if it <= until]
        said = insured(*rows, until=until)
        known = {name: said[name] for name in ("insurance", "employer")}
        answers[until] = judged(condition, on="2023-11-20", **known).answer.value
    assert answers == {"2023-09": "unproven", "2023-10": "met"}


# ── the others ─────────────────────────────────────────────────────────────────────────────────────────────────────

BACHELOR = lin()["records"]["education"]["diplomas"][0]


def graduate(*diplomas: dict[str, Any], **changes: Any) -> Any:
    return values("education", {"diplomas": list(diplomas), "enrolments": [], "is_complete": True} | changes)


def test_the_highest_diploma_speaks_and_of_equal_ones_the_newest():
    master = BACHELOR | {"level": "master", "issued_on": "2020-06-20", "study_mode": "part_time"}
    assert graduate(BACHELOR, master)["education"] == "master"
    older = BACHELOR | {"issued_on": "2019-06-20", "by_upgrade": True}
    assert [graduate(older, BACHELOR)[name] for name in ("diploma_on", "by_upgrade")] == ["2023-06-20", "no"]


@pytest.mark.parametrize(
    ("certified_on", "expected"), [("2023-09-01", {"yes", "2023-09-01"}), (None, {"no", "nothing"})]
)
def test_a_degree_from_abroad_is_certified_or_not_yet(certified_on, expected):
    said = graduate(BACHELOR | {"is_overseas": True, "certified_on": certified_on})
    assert {said["overseas_certified"], said.get("overseas_certified_on", "nothing")} == expected


def test_no_diploma_is_a_no_only_where_any_would_be_there():
    none = dict.fromkeys(("education", "study_mode", "school", "diploma_on", "expected_diploma_on"), "-")
    assert (graduate(), graduate(is_complete=False)) == (none, {})
    student = {"level": "master", "school": "福州大学", "expected_on": "2024-06-20"}
    assert graduate(is_complete=False, enrolments=[student]) == {"expected_diploma_on": "2024-06-20"}


BUSINESS = {
    "credit_code": CODE,
    "name": EMPLOYER,
    "kind": "private_enterprise",
    "status": "active",
    "area_code": "350581",
    "registered_on": "2023-09-20",
    "role": None,
}


@pytest.mark.parametrize(
    ("change", "kind", "role"),
    [
        ({}, "private_enterprise", "-"),
        ({"role": "legal_representative"}, "self_employed", "legal_representative"),
        ({"role": "sole_owner"}, "self_employed", "sole_owner"),
        ({"role": "shareholder"}, None, "shareholder"),  # own business, or just the employer: not for it to say
        ({"role": "legal_representative", "kind": "state_enterprise"}, "state_enterprise", "legal_representative"),
    ],
)
def test_who_leads_a_private_enterprise_has_an_own_business(change, kind, role):
    said = values("business", BUSINESS | change)
    assert (said.get("employer_kind"), said["business_role"]) == (kind, role)


def test_another_business_or_another_spouse_is_somebody_else():
    assert values("business", BUSINESS | {"credit_code": "91350581MA0000001X"}) == "wrong_person"
    homes = {"homes": [], "spouse": {"number_last4": "1234", "homes": []}, "children": None}
    assert values("property", homes) == "wrong_person"
    assert values("property", homes, spouse=None) == "wrong_person"
    assert values("grants", {"grants": [], "spouse": None}, spouse=Spouse("蔡", "1" * 18)) == {"prior_grants": "-"}


@pytest.mark.parametrize(
    ("status", "expected"), [("married", {"married": "yes"}), ("unmarried", {"married": "no"}), ("unknown", {})]
)
def test_married_unmarried_or_not_for_the_register_to_say(status, expected):
    assert values("marriage", {"status": status, "spouse": None}) == expected


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"as_of": "2023-11-21"}, "future_date"),
        ({"valid_until": "2023-11-19"}, "expired"),
        ({"person": "0000"}, "wrong_person"),
        ({"request": "00000000-0000-4000-8000-000000000000"}, "wrong_request"),
        ({"found": "yes"}, "malformed"),
        ({"record": None}, "malformed"),
        ({"record": {"birth_date": 951955200}}, "malformed"),
        ({"as_of": "20 November"}, "malformed"),
    ],
)
def test_a_reply_that_does_not_fit_is_no_answer(change, code):
    fitting = {"record": lin()["records"]["household"]}
    assert reading(question("household"), **fitting | change) == Unavailable(code)


def test_a_field_that_is_new_does_not_matter():
    said = reading(question("household"), lin()["records"]["household"] | {"blood_type": "A"}, version=2)
    assert isinstance(said, Answered)
    assert (said.as_of, said.expires_on) == (date(2023, 11, 20), date(2023, 11, 21))


def test_every_value_is_read_by_the_notation_of_the_facts():
    said = insured(month("2023-10"))
    facts = Facts.of(date(2023, 11, 20), said, Provenance.REGISTER)
    assert (facts.known["insurance"].value[0].employer, str(facts.known["pension_paid"].value)) == (EMPLOYER, "320")
