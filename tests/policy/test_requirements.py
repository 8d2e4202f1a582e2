"""Conditions in words: every kind has them, in both languages."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from django.utils.translation import override
from pydantic import TypeAdapter

from portal.policy.conditions import KINDS, AnyCondition
from portal.policy.requirements import one_of, requirement, requirements, span_text
from tests.policy.qualifying import PATHS, document

SHISHI = {"place": "350581", "place_name": {"zh": "石狮", "en": "Shishi"}}
SCHEMES = {"schemes": [{"scheme": "X-1", "title": {"zh": "生活补贴", "en": "a living subsidy"}}]}
LEVELS = {"kind": "education_level", "levels": ["doctor", "master", "bachelor"]}
SAID: list[tuple[dict[str, Any], str]] = [
    (LEVELS, "学历为博士研究生、硕士研究生或本科"),
    (LEVELS | {"upgraded_counts": False}, "学历为博士研究生、硕士研究生或本科（不含统招专升本）"),
    ({"kind": "study_mode", "modes": ["full_time"]}, "全日制"),
    ({"kind": "study_mode", "modes": ["full_time"], "national_plan_counts": True}, "全日制，或列入国家统一招生计划"),
    ({"kind": "overseas_degree_certified"}, "国（境）外学历经过留服认证"),
    (
        {"kind": "school_on_list", "school_list": "double-first-class-2022", "title": "“双一流”名单"},
        "毕业院校在“双一流”名单内",
    ),
    ({"kind": "graduated_from", "year": 2022}, "2022 年及以后毕业"),
    ({"kind": "final_year_student"}, "一年内毕业"),
    ({"kind": "recognised_as", "tiers": ["L1", "PR"]}, "认定为第一层次人才或实用型人才"),
    ({"kind": "household_in"} | SHISHI, "户籍在石狮"),
    ({"kind": "household_in", "months": 6, "collective_counts": False} | SHISHI, "户籍在石狮满 6 个月（集体户不算）"),
    ({"kind": "household_outside"} | SHISHI, "户籍不在石狮"),
    ({"kind": "employer_kind", "kinds": ["private_enterprise"]}, "单位类型为民营企业"),
    ({"kind": "employer_kind", "kinds_out": ["state_organ"]}, "单位类型不是国家机关"),
    ({"kind": "employer_in"} | SHISHI, "单位在石狮"),
    ({"kind": "employer_in", "dispatched_by": "user_firm"} | SHISHI, "单位在石狮（劳务派遣的，看用工单位）"),
    ({"kind": "employer_active"}, "单位登记状态正常"),
    ({"kind": "first_job_in_city"}, "首次在本市就业"),
    ({"kind": "in_post"}, "申请时在职"),
    ({"kind": "own_business", "roles": ["sole_owner"]}, "自主创业的，为个体工商户经营者"),
    (
        {"kind": "own_business", "roles": ["sole_owner", "shareholder"], "months": 12},
        "自主创业的，为个体工商户经营者或股东，企业登记满 12 个月",
    ),
    ({"kind": "fact_is", "fact": "hardship", "values": ["yes"]}, "困难家庭：是"),
    ({"kind": "insured_months", "months": 3}, "养老保险连续缴满 3 个月（同一单位）"),
    (
        {
            "kind": "insured_months",
            "months": 6,
            "cumulative": True,
            "any_employer": True,
            "insurances": ["pension", "medical"],
        },
        "养老保险、医疗保险累计缴满 6 个月",
    ),
    ({"kind": "not_insured"}, "最近 1 个月在本市没有缴纳社会保险"),
    ({"kind": "within", "anchor": "diploma_on", "years": 1, "months": 6}, "从毕业证书签发日期起 1 年 6 个月内申请"),
    ({"kind": "age_under", "years": 40}, "申请日未满 40 周岁"),
    (
        {"kind": "age_under", "years": 35, "inclusive": True, "on": "application_year"},
        "申请年份的 1 月 1 日不超过 35 周岁",
    ),
    (
        {"kind": "not_before", "fact": "first_insured_in_city", "day": "2024-02-06"},
        "首次在本市参保日期在 2024 年 2 月 6 日及以后",
    ),
    (
        {"kind": "between", "first": "2024-03-01", "last": "2024-05-31"},
        "2024 年 3 月 1 日 至 2024 年 5 月 31 日 申请",
    ),
    ({"kind": "season", "months": [3, 9], "last_day": 15}, "每年 3、9 月的 1 日至 15 日申请"),
    ({"kind": "contract_years", "years": 3}, "劳动合同不少于 3 年"),
    ({"kind": "not_granted_before"} | SCHEMES, "没有领过生活补贴"),
    ({"kind": "earlier_grants", "mode": "top_up"} | SCHEMES, "领过生活补贴的：补差额"),
    ({"kind": "earlier_grants", "mode": "wait", "wait_months": 12} | SCHEMES, "领过生活补贴的，满 12 个月"),
    ({"kind": "couple", "rule": "one"} | SCHEMES, "夫妻：只由一方享受"),
    ({"kind": "no_home"} | SHISHI, "本人在石狮没有住房"),
    (
        {"kind": "no_home", "family": ["self", "spouse"], "sold_within_years": 3} | SHISHI,
        "本人、配偶在石狮没有住房，3 年内也没有出售过",
    ),
    (
        {"kind": "job_search_proof", "any_of": ["interview_notice", "job_fair_ticket"], "valid_days": 30},
        "有 30 日内的面试通知或招聘会入场凭证",
    ),
    ({"kind": "free_nights", "per_stay": 7, "in_total": 14}, "每次不超过 7 晚，总共不超过 14 晚"),
    ({"kind": "booked_ahead", "working_days": 3, "days": 30}, "至少提前 3 个工作日、最多提前 30 日申请"),
    ({"kind": "all", "of": [{"kind": "in_post"}, {"kind": "first_job_in_city"}]}, "申请时在职，首次在本市就业"),
    ({"kind": "any", "of": [{"kind": "in_post"}, {"kind": "first_job_in_city"}]}, "申请时在职；或者首次在本市就业"),
]


def read(plain: dict[str, Any]) -> Any:
    return TypeAdapter(AnyCondition).validate_python(plain)


@pytest.mark.parametrize(("plain", "words"), SAID, ids=lambda it: it["kind"] if isinstance(it, dict) else "")
def test_a_condition_in_words(plain: dict[str, Any], words: str) -> None:
    assert requirement(read(plain)) == words


def test_every_kind_of_the_library_is_above_and_has_words() -> None:
    assert {plain["kind"] for plain, _words in SAID} == set(KINDS)
    without = requirement.dispatch(object)
    kinds = get_args(get_args(AnyCondition)[0])
    assert [kind.__name__ for kind in kinds if requirement.dispatch(kind) is without] == []


def every_condition() -> Iterator[Any]:
    for code in PATHS:
        for clause in document(code).clauses:
            yield from clause.conditions


def test_every_shipped_condition_is_said_in_english_too() -> None:
    with override("en"):
        assert all(requirement(condition) for condition in every_condition())


def test_several_conditions_are_one_sentence() -> None:
    assert requirements([read({"kind": "in_post"}), read(LEVELS)]) == "申请时在职，学历为博士研究生、硕士研究生或本科"
    assert requirements([]) == ""


def test_spans_and_alternatives() -> None:
    assert [span_text(2, 0), span_text(0, 6), span_text(1, 1), span_text(0, 0)] == ["2 年", "6 个月", "1 年 1 个月", ""]
    assert [one_of([]), one_of(["甲"]), one_of("甲乙"), one_of("甲乙丙")] == ["", "甲", "甲或乙", "甲、乙或丙"]
