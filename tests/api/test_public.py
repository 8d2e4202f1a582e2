"""What anybody may ask of the API."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories as make

pytestmark = pytest.mark.django_db

MEETS = {
    "birth_date": "2001-03-08",
    "education": "bachelor",
    "study_mode": "full_time",
    "school": "闽南示例大学",
    "diploma_on": "2023-06-20",
    "overseas_certified": "",
    "hukou_code": "350581",
    "hukou_collective": "no",
    "employer_kind": "private_enterprise",
    "employer": "石狮潮汐数据服务有限公司",
    "first_job_in_city": "yes",
    "insurance": "2023-07/2023-09:石狮潮汐数据服务有限公司",
    "first_insured_in_city": "2023-07-01",
    "in_post": "yes",
    "employer_confirmed": "yes",
    "prior_grants": "-",
}


@pytest.fixture(autouse=True)
def _october_2023(db):
    cache.clear()
    make.load_policies()
    make.move_clock()  # the scheme of 2024 has not begun


def check(client, headers=None, **body):
    return client.post(reverse("api_eligibility"), body, content_type="application/json", headers=headers or {})


def test_the_programmes_and_the_policies_in_force_today(client):
    answer = client.get(reverse("api_programmes"), headers={"Accept-Language": "en"})
    found = {item["code"]: [policy["code"] for policy in item["policies"]] for item in answer.json()}
    assert found == {"living-subsidy": ["LS-2022"], "talent-card": [], "lodging": [], "apartment": []}
    policy = answer.json()[1]["policies"][0]
    assert [clause["code"] for clause in policy["clauses"]] == [f"LS-{number}" for number in range(1, 9)]
    assert [amount["amount_fen"] for amount in policy["amounts"]] == [1_000_000]
    assert policy["effective_from"] == "2022-06-30"


def test_the_old_address_of_the_programmes_leads_to_the_new_one(client):
    answer = client.get("/api/programmes/")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/programmes/")


def test_a_policy_in_force_and_one_that_is_not(client):
    assert [it["code"] for it in client.get(reverse("api_policies")).json()] == ["LS-2022"]
    assert client.get(reverse("api_policy", args=["LS-2022"])).json()["programme"] == "living-subsidy"
    assert client.get(reverse("api_policy", args=["YTE-2024"])).status_code == 404


def test_facts_that_meet_every_clause_are_told_what_they_give(client):
    answer = check(client, policy="LS-2022", facts=MEETS)
    (found,) = answer.json()
    assert (found["verdict"], found["amount_fen"]) == ("eligible", 1_000_000)
    assert found["instalments"] == [{"number": 1, "amount_fen": 1_000_000, "due_on": "2023-10-16"}]
    assert [row["answer"] for row in found["findings"]] == ["met"] * 8
    assert answer["Cache-Control"] == "no-store, private"


def test_one_fact_that_speaks_against_it_is_named_in_the_callers_language(client):
    facts = MEETS | {"employer_kind": "state_enterprise"}
    (found,) = check(client, {"Accept-Language": "en-GB,en;q=0.8"}, policy="LS-2022", facts=facts).json()
    assert (found["verdict"], found["amount_fen"], found["instalments"]) == ("ineligible", 0, [])
    (row,) = [row for row in found["findings"] if row["answer"] == "unmet"]
    assert row["sentence"].isascii()
    (chinese,) = check(client, policy="LS-2022", facts=facts).json()
    assert not next(it for it in chinese["findings"] if it["clause"] == row["clause"])["sentence"].isascii()


def test_what_is_left_out_is_unknown_and_never_counts_against_anyone(client):
    (found,) = check(client, facts={}).json()
    assert (found["verdict"], found["amount_fen"]) == ("undetermined", None)
    assert {row["answer"] for row in found["findings"]} == {"unproven"}


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"birth_date": "8 March"}, "facts.birth_date"),
        ({"education": "professor"}, "facts.education"),
        ({"diploma_on": "9999-12-31"}, "facts.diploma_on"),
        ({"birth_date": "0001-01-01"}, "facts.birth_date"),
        ({"insurance": "9999-01/9999-12:x"}, "facts.insurance"),
        ({"star_sign": "pisces"}, "facts"),
        ({"school": ["a"]}, "facts.school"),
        ({"school": "\x00"}, "facts.school"),
        ({"school": "x" * 2001}, "facts.school"),
    ],
)
def test_a_fact_that_cannot_be_read_is_refused_by_name(client, facts, field):
    answer = check(client, facts=facts)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_policy_that_is_not_in_force_is_refused_by_name(client):
    assert check(client, policy="NO-SUCH", facts={}).json()["errors"][0]["field"] == "policy"


def test_a_check_keeps_nothing(client):
    with CaptureQueriesContext(connection) as asked:
        answer = check(client, facts=MEETS)
    writes = [it["sql"] for it in asked if it["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert [sql for sql in writes if "portal_cache" not in sql] == []  # there the calls are counted
    assert "2001-03-08" not in "".join(writes)
    assert answer.cookies == {}


@pytest.mark.slow
def test_a_check_is_throttled_and_says_for_how_long(client):
    answers = [check(client, facts={}).status_code for _time in range(31)]
    assert answers == [200] * 30 + [429]
    answer = check(client, {"Accept-Language": "en"}, facts={})
    assert answer.json()["type"] == "/api/docs/#throttled"
    assert 0 < int(answer["Retry-After"]) <= 60
    assert re.findall(r"[0-9]+", answer.json()["detail"]) == [answer["Retry-After"]]
