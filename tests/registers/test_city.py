"""The demo city as the registers know it: it agrees with what people declare, but for a few."""

import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from applicants.people.answers import declared_facts
from applicants.registers.asking import Answered, Question, Unavailable
from applicants.registers.catalogue import REGISTERS
from portal.demo.inventing import invent
from portal.demo.sandbox.answers import InHouse
from portal.demo.sandbox.city import ODDITIES, city_of, read_city, spare_people, write_city
from portal.policy.facts import read_value, write_value
from tests.registers.known import question

ON = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


def asked_about(one, register: str) -> Question:
    return question(
        register,
        name=one.identity["legal_name"],
        number=one.identity["number"],
        credit_code=one.employment["credit_code"],
        employer_name=one.employment["employer_name"],
        on=ON,
        at=AT,
        spouse=None,
    )


def facts_of(one, city) -> dict[str, str]:
    found: dict[str, str] = {}
    for register in REGISTERS:
        said = InHouse(city).ask(asked_about(one, register))
        assert isinstance(said, Answered), (register, said)
        found |= said.values
    return found


def declared(one) -> dict[str, str]:
    sections = {
        name: {key: str(value) if isinstance(value, date) else value for key, value in getattr(one, name).items()}
        for name in ("identity", "education", "employment")
    }
    return {name: write_value(read_value(name, value)) for name, value in declared_facts(sections).items()}


@pytest.mark.parametrize("number", [1, 2, 17, 33, 104])
@pytest.mark.parametrize("policy", ["LS-2022", "YTE-2024"])
def test_registers_agree_with_what_somebody_declares(number, policy):
    one = invent(number, on=ON, policy=policy)
    known, own = facts_of(one, city_of([one])), declared(one)
    assert known["insurance"].replace("#pension+medical+unemployment+injury+maternity", "") == own.pop("insurance")
    assert {name: known[name] for name in own} == own
    assert (known["prior_grants"], known["employer_status"]) == ("-", "active")


def test_six_spare_people_are_in_every_city_and_nobody_else_is_them(tmp_path):
    write_city(tmp_path / "registers" / "city.json", [invent(1, on=ON)], on=ON)
    city = read_city(tmp_path / "registers" / "city.json")
    spare = spare_people(ON)
    assert len({one.identity["number"] for one in spare} & set(city.people)) == 6
    assert len(city.people) == 7
    for one in spare:
        assert facts_of(one, city)["in_post"] == "yes"
    assert read_city(tmp_path / "none.json").people == {}


@pytest.mark.parametrize(
    ("way", "change"),
    [
        ("studied part-time", {"study_mode": "part_time"}),
        ("worked here before", {"first_job_in_city": "no"}),
        ("has left", {"in_post": "no"}),
        ("lives elsewhere", {"hukou_code": "350582"}),
        ("has a home here", {"homes": "350581@2022-03-01"}),
        ("was paid before", {"prior_grants": "living-subsidy@350582@10000@2025-11-28"}),
        ("a month paid late", {}),
        ("graduate unknown", {}),
    ],
)
def test_a_few_differ_in_a_way_that_has_a_name(way, change):
    one = invent(5, on=ON)
    number = str(one.identity["number"])
    as_said, known = facts_of(one, city_of([one])), facts_of(one, city_of([one], odd={number: way}))
    assert known != as_said
    assert {name: known[name] for name in change} == change
    assert ("!" in known["insurance"], "education" in known) == (way == "a month paid late", way != "graduate unknown")


def test_every_way_to_differ_is_tested():
    ways = test_a_few_differ_in_a_way_that_has_a_name.pytestmark[0].args[1]
    assert {way for way, _change in ways} == set(ODDITIES) - {"insurance takes its time"}


def test_insurance_that_takes_its_time_has_no_result_however_it_is_asked(sandbox):
    one = invent(5, on=ON)
    odd = {str(one.identity["number"]): "insurance takes its time"}
    write_city(sandbox.city_file, [one], on=ON, odd=odd)
    for adapter in (InHouse(city_of([one], odd=odd)), sandbox.adapter):
        assert adapter.ask(asked_about(one, "insurance")) == Unavailable("pending")
        assert adapter.ask(asked_about(one, "household")).is_known


def test_a_running_sandbox_takes_up_a_new_city(sandbox):
    one = spare_people(ON)[0]
    assert not sandbox.adapter.ask(asked_about(one, "education")).is_known
    write_city(sandbox.city_file, [], on=ON)
    assert sandbox.adapter.ask(asked_about(one, "education")).values["education"] == one.education["level"]
    sandbox.city_file.write_text(json.dumps({"people": {}, "businesses": {}}))
    assert not sandbox.adapter.ask(asked_about(one, "education")).is_known
