"""Answers as plain data, as facts for a policy, and as words on a page."""

from datetime import date

import pytest

from applicants.people.answers import doubts_about, missing_answers
from applicants.people.choices import EducationLevel, EmployerKind, StudyMode
from applicants.people.labels import FIELD_LABELS, display_value
from applicants.people.models import Education, Employment, PayoutAccount, Person
from applicants.people.services import answers_digest, answers_of, declared_facts, person_of
from portal.policy.facts import FACTS
from tests.people.filled import ACCOUNT, EDUCATION, EMPLOYMENT, IDENTITY, a_filled_person, a_user

ANSWERS = {
    "identity": IDENTITY,
    "education": EDUCATION | {"diploma_on": "2023-06-20"},
    "employment": EMPLOYMENT | {"started_on": "2023-07-03", "first_insured_on": "2023-07-01"},
    "account": ACCOUNT,
}


def changed(section, **values):
    return ANSWERS | {section: ANSWERS[section] | values}


@pytest.mark.django_db
def test_answers_come_back_as_plain_data():
    assert answers_of(a_filled_person()) == ANSWERS


@pytest.mark.django_db
def test_nothing_answered_is_nothing_declared():
    answers = answers_of(person_of(user=a_user()))
    assert (answers["education"], answers["employment"], answers["account"]) == ({}, {}, {})
    assert declared_facts(answers) == {}


def test_answers_declare_facts_in_the_notation_of_the_worked_examples():
    assert declared_facts(ANSWERS) == {
        "birth_date": date(2000, 3, 2),
        "hukou_code": "350581",
        "hukou_collective": "no",
        "education": "bachelor",
        "study_mode": "full_time",
        "school": "福州大学",
        "diploma_on": date(2023, 6, 20),
        "overseas_certified": "",
        "employer_kind": "private_enterprise",
        "employer": "石狮潮汐数据服务有限公司",
        "first_job_in_city": "yes",
        "insurance": "2023-07/2023-09:石狮潮汐数据服务有限公司",
        "first_insured_in_city": date(2023, 7, 1),
        "in_post": "yes",
    }


def test_insurance_says_who_paid_and_what_was_late():
    ranges = [
        {"from": "2023-04", "to": "2023-05", "employer": "other", "late": False},
        {"from": "2023-07", "to": "2023-07", "employer": "present", "late": False},
        {"from": "2023-08", "to": "2023-08", "employer": "present", "late": True},
    ]
    facts = declared_facts(changed("employment", employer_name="A; B!", insured_ranges=ranges))
    assert facts["employer"] == "A； B！"
    assert facts["insurance"] == "2023-04/2023-05:其他单位;2023-07/2023-07:A； B！;2023-08/2023-08:A； B！!"


def test_no_insured_month_is_an_answer():
    assert declared_facts(changed("employment", insured_ranges=[]))["insurance"] == "-"


@pytest.mark.parametrize(
    ("overseas", "certified", "fact"), [("no", "", ""), ("yes", "no", "no"), ("yes", "yes", "yes")]
)
def test_an_overseas_degree_is_certified_or_not_yet(overseas, certified, fact):
    answers = changed("education", is_overseas=overseas, overseas_certified=certified)
    assert declared_facts(answers)["overseas_certified"] == fact


def test_the_closed_lists_are_those_the_policies_know():
    assert set(EducationLevel.values) == set(FACTS["education"].choices)
    assert set(StudyMode.values) == set(FACTS["study_mode"].choices)
    assert set(EmployerKind.values) == set(FACTS["employer_kind"].choices)
    assert set(declared_facts(ANSWERS)) <= set(FACTS)


def test_the_digest_sees_every_section_but_the_account():
    digest = answers_digest(ANSWERS)
    assert len(digest) == 64
    assert answers_digest(changed("account", number="6217001820000009999")) == digest
    assert answers_digest({key: ANSWERS[key] for key in ("employment", "identity", "education")}) == digest
    assert answers_digest(changed("education", school="闽江学院")) != digest
    assert answers_digest(ANSWERS | {"declaration": {"agreed": True}}) != digest


@pytest.mark.parametrize(
    ("section", "values", "missing"),
    [
        ("identity", {}, ()),
        ("identity", {"phone": ""}, ("phone",)),
        ("identity", {"household_town": ""}, ()),
        ("education", {"diploma_number": ""}, ("diploma_number",)),
        ("education", {"is_overseas": "yes", "diploma_number": ""}, ("overseas_certified",)),
        ("employment", {"insured_ranges": [], "first_insured_on": ""}, ()),
        ("account", {"is_activated": False}, ("is_activated",)),
    ],
)
def test_what_must_still_be_answered(section, values, missing):
    assert missing_answers(changed(section, **values), section) == missing


def test_a_section_never_opened_misses_everything_it_requires():
    assert missing_answers({}, "account") == ("holder", "number", "bank_name", "is_activated")


@pytest.mark.parametrize(
    ("section", "values", "doubted"),
    [
        ("identity", {}, set()),
        ("identity", {"number": "350581198001010019"}, {("identity", "number")}),
        ("account", {"number": "6217001820000000427"}, {("account", "number")}),
        ("employment", {"employer_kind": "public_institution"}, {("employment", "employer_kind")}),
        ("employment", {"employer_kind": "state_enterprise"}, set()),
        ("employment", {"credit_code": "N2350581MF12345675"}, set()),
    ],
)
def test_what_a_reviewer_should_look_at_twice(section, values, doubted):
    assert set(doubts_about(changed(section, **values))) == doubted


def test_every_answer_has_a_label():
    rows = {"identity": Person, "education": Education, "employment": Employment, "account": PayoutAccount}
    assert {section: tuple(labels) for section, labels in FIELD_LABELS.items()} == {
        section: row.ANSWERS for section, row in rows.items()
    }


@pytest.mark.parametrize(
    ("section", "field", "value", "text"),
    [
        ("identity", "legal_name", "林晓航", "林晓航"),
        ("identity", "household_code", "350581", "石狮市"),
        ("identity", "household_code", "350582", "福建省晋江市 350582"),
        ("identity", "household_code", "other", "其他地方"),
        ("identity", "household_collective", "yes", "是"),
        ("education", "level", "technician", "预备技师（技师）班"),
        ("education", "diploma_on", "2023-06-20", "2023 年 6 月 20 日"),
        ("education", "diploma_on", date(2023, 6, 20), "2023 年 6 月 20 日"),
        ("education", "overseas_certified", "", ""),
        ("employment", "town", "lingxiu", "灵秀镇"),
        ("employment", "insured_ranges", [], ""),
        (
            "employment",
            "insured_ranges",
            [
                {"from": "2023-07", "to": "2023-08", "employer": "present", "late": False},
                {"from": "2023-09", "to": "2023-09", "employer": "other", "late": True},
            ],
            "2023 年 7 月 至 2023 年 8 月，现单位\n2023 年 9 月 至 2023 年 9 月，其他单位或个人，事后补缴",
        ),
        ("account", "is_activated", True, "是"),
    ],
)
def test_an_answer_reads_as_words(section, field, value, text):
    assert display_value(section, field, value) == text


def test_numbers_are_masked_for_those_who_need_not_see_them():
    assert display_value("identity", "number", "350581200003020018", is_masked=True) == "3505**********0018"
    assert display_value("identity", "phone", "13800006810", is_masked=True) == "138****6810"
    assert display_value("account", "number", "6217001820000000426", is_masked=True) == "**** 0426"
    assert display_value("education", "school", "福州大学", is_masked=True) == "福州大学"
