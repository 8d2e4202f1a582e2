"""Settling facts against a paper: every form of value has its control, its words and its check beside the field."""

from datetime import date
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.utils.translation import override

from portal.casework.forms.facts import HINTS, fields_of
from portal.casework.forms.settling import SettleForm
from portal.policy.facts import FACTS, read_value

PAPER = "00000000-0000-0000-0000-000000000001"
SHELF = [(SimpleNamespace(pk=UUID(PAPER), paper="the paper"), "毕业证书")]


def form_for(*names, values=None, latest=date(2033, 1, 1), **sent):
    """A form over a clause that reads ``names``; bound where something is sent."""
    clause = SimpleNamespace(code="X-1", reads=names)
    data = {"X-1-paper": PAPER} | {f"X-1-{name}": value for name, value in sent.items()}
    return SettleForm(data if sent else None, clause=clause, values=values or {}, shelf=SHELF, latest=latest)


def settled(*names, values=None, **sent):
    form = form_for(*names, values=values, **sent)
    assert form.is_valid(), form.errors
    return form.facts


def refused(*names, **sent):
    form = form_for(*names, **sent)
    assert not form.is_valid()
    return {field: list(errors) for field, errors in form.errors.items()}


@pytest.mark.parametrize("name", [name for name, spec in FACTS.items() if spec.form in HINTS])
def test_a_form_with_a_notation_says_it_in_words_or_offers_a_list(name):
    field = fields_of(name, "")[name]
    assert bool(field.help_text) != bool(FACTS[name].choices)


@pytest.mark.parametrize("name", [name for name, spec in FACTS.items() if spec.choices])
def test_where_there_are_choices_they_are_listed(name):
    fields = fields_of(name, "")
    if FACTS[name].form == "proofs":
        shown = {key.removeprefix(f"{name}_") for key in fields}
    else:
        shown = {code for code, _label in fields[name].choices}
    assert shown >= set(FACTS[name].choices)


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("nights_wanted", " ７ ", "7"),
        ("nights_used", "0", "0"),
        ("pension_paid", "486.5", "486.5"),
        ("homes", "350581@2020-05-01/2022-03-01\r\n\r\n35@2021-01-01", "350581@2020-05-01/2022-03-01;35@2021-01-01"),
        ("spouse_homes", "350581＠2020-05-01", "350581@2020-05-01"),
        ("prior_grants", "LS-2022@350581@10000@2023-11-30", "LS-2022@350581@10000@2023-11-30"),
        ("group_firms", "甲公司\n乙公司", "甲公司;乙公司"),
        ("recognitions", ["L1", "PR"], "L1;PR"),
        ("employer_place", "350581", "350581"),
    ],
)  # fmt: skip
def test_what_is_typed_is_kept_in_its_notation(name, typed, kept):
    assert settled(name, **{name: typed}) == {name: kept}


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("nights_wanted", "sieben", "“sieben”不是整数"),
        ("nights_wanted", "-3", "“-3”不是整数"),
        ("pension_paid", "486.555", "“486.555”不是金额，请写成 486.50 这样"),
        ("homes", "石狮", "“石狮”不是住房，请写成 地区代码@取得日期/售出日期，例如 350581@2020-05-01/2022-03-01"),
        ("prior_grants", "LS", "“LS”不是已领补贴，请写成 项目@地区代码@元@日期，例如 LS-2022@350581@10000@2023-11-30"),
        ("employer_place", "石狮", "区县代码是 6 位数字，例如 350581。"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_beside_the_field(name, typed, sentence):
    assert refused(name, **{name: typed}) == {name: [sentence]}


@pytest.mark.parametrize("name", [name for name, spec in FACTS.items() if spec.form in HINTS])
@pytest.mark.parametrize(
    "typed", ["\x00", "x" * 5000, "@@@@", ["1", "2"], "; ;", "９" * 40, "1e999999", "NaN@1@Infinity@2"]
)
def test_hostile_input_is_a_sentence_and_never_an_error(name, typed):
    form = form_for(name, **{name: typed})
    form.is_valid()
    assert all(read_value(key, text) is not None for key, text in form.facts.items())


def test_dates_of_proofs_are_given_by_kind():
    facts = settled("job_proofs", job_proofs_interview_notice="2023-06-05", job_proofs_employer_invite="2023年6月1日")
    assert facts == {"job_proofs": "interview_notice@2023-06-05;employer_invite@2023-06-01"}


def test_a_proof_dated_in_another_century_is_refused_beside_its_date():
    errors = refused("job_proofs", job_proofs_interview_notice="1723-06-05")
    assert errors["job_proofs_interview_notice"] == ["日期要在 1900 年到 2033 年之间。请对照材料核对。"]


@pytest.mark.parametrize("name", ["homes", "recognitions", "job_proofs", "prior_grants", "group_firms"])
def test_a_paper_may_show_that_there_is_none(name):
    assert settled(name, **{f"{name}_none": "on"}) == {name: "-"}


def test_none_and_something_together_are_refused():
    errors = refused("homes", homes="350581@2020-05-01", homes_none="on")
    assert errors == {"homes_none": ["已经填了内容，就不要再勾“材料显示没有”。"]}


def test_what_is_known_is_filled_in():
    values = {
        "homes": "350581@2020-05-01;350582@2021-01-01",
        "recognitions": "L3",
        "job_proofs": "interview_notice@2023-05-05;interview_notice@2023-06-05",
        "spouse_homes": "-",
        "nights_used": "?",
    }
    form = form_for(*values, values=values)
    shown = {field.name: field.value() for field in form.plain_fields()}
    assert shown == {
        "homes": "350581@2020-05-01\n350582@2021-01-01",
        "homes_none": False,
        "recognitions": ["L3"],
        "recognitions_none": False,
        "job_proofs_interview_notice": date(2023, 6, 5),
        "job_proofs_job_fair_ticket": None,
        "job_proofs_employer_invite": None,
        "job_proofs_none": False,
        "spouse_homes": "",
        "spouse_homes_none": True,
        "nights_used": "",
    }


def test_labels_are_in_the_readers_language():
    with override("en"):
        labels = [field.label for field in form_for("job_proofs").plain_fields()]
    assert len(labels) == 4
