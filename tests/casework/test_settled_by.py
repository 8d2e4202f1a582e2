"""What would settle a clause: which paper, which register, what to fill in, or which day to wait for."""

from datetime import date
from typing import Any

import pytest

from portal.casework.views.findings import ways_of
from portal.policy.assessing import Finding, assess
from portal.policy.calendar import shipped_calendar
from portal.policy.conditions import Answer, Reason
from portal.policy.facts import Facts, Provenance
from tests.policy.qualifying import document

IN_2024 = date(2024, 10, 16)


def ways(policy: str, clause: str, finding: Finding, on: date = IN_2024) -> list[str]:
    """The sentences for one clause of a shipped policy."""
    return [way.text for way in ways_of(document(policy).clause(clause), finding, document(policy), on=on, known={})]


def judged(
    policy: str, clause: str, on: date = IN_2024, provenance: Provenance = Provenance.DECLARED, **values: str
) -> Finding:
    """What one clause answers to these facts."""
    return assess(document(policy), Facts.of(on, values, provenance, "profile"), shipped_calendar()).finding(clause)


@pytest.mark.parametrize(
    ("policy", "clause", "known", "sentences"),
    [
        ("LS-2022", "LS-2", {}, ["还没有填写：毕业证书签发日期。"]),
        ("LS-2022", "LS-8", {}, ["申请这一项时由本人说明：已领补贴。"]),
        (
            "LS-2022",
            "LS-2",
            {"diploma_on": "2024-06-20"},
            ["凭毕业证书、教育部学历证书电子注册备案表核对，或者由学信网学历学籍登记证实：毕业证书签发日期。"],
        ),
        ("LS-2022", "LS-2", {"diploma_on": "2021-06-20"}, [
            "填写有误或者情况有变化的，请更正。",
            "凭毕业证书、教育部学历证书电子注册备案表核对，或者由学信网学历学籍登记证实：毕业证书签发日期。",
        ]),
        (
            "APT-2023",
            "TA-6",
            {},
            ["凭婚姻登记证明核对，或者由其他补贴台账证实：配偶已领补贴。"],
        ),
        (
            "LS-2022",
            "LS-5",
            {"insurance": "2024-09/2024-09:A", "employer": "A"},
            [
                "还差 2 个月，按时缴满后再看。",
                "填写有误或者情况有变化的，请更正。",
                "凭参保缴费证明、劳动合同或营业执照核对，或者由社会保险登记证实：参保月份、现单位。",
            ],
        ),
        (
            "LS-2022",
            "LS-5",
            {"insurance": "2024-07/2024-08:A", "employer": "A"},
            [
                "等 2024-09 的缴费数据入库（通常晚一到两个月），或者凭参保缴费证明、劳动合同或营业执照核对。",
                "凭参保缴费证明、劳动合同或营业执照核对，或者由社会保险登记证实：参保月份、现单位。",
            ],
        ),
        ("APT-2023", "TA-5", {"homes": "350581@2020-05-01/2023-11-01", "married": "no"}, ["等到 2026 年 11 月 1 日。"]),
        ("LS-2022", "LS-1", {"education": "bachelor", "study_mode": "full_time", "overseas_certified": ""}, [
            "凭毕业证书、教育部学历证书电子注册备案表核对，或者由学信网学历学籍登记证实：学历、学习形式、国（境）外学历认证。"
        ]),
    ],
)  # fmt: skip
def test_every_open_clause_says_what_would_settle_it(
    policy: str, clause: str, known: dict[str, str], sentences: list[str]
) -> None:
    assert ways(policy, clause, judged(policy, clause, **known)) == sentences


def test_a_clause_that_is_met_needs_nothing() -> None:
    assert ways("LS-2022", "LS-8", judged("LS-2022", "LS-8", prior_grants="-")) == []


def test_what_was_settled_against_somebody_names_the_papers_to_look_at_again() -> None:
    finding = assess(
        document("LS-2022"),
        Facts.of(IN_2024, {"hukou_code": "350582"}, Provenance.PAPER, "paper:household_page"),
        shipped_calendar(),
    ).finding("LS-3")
    assert ways("LS-2022", "LS-3", finding) == ["情况有变化的，凭户口簿本人页重新核对。"]


@pytest.mark.parametrize(
    ("kind", "code", "values", "day"),
    [
        ("earlier_grants", "wait", {"first_on": "2025-01-05"}, "2025 年 1 月 5 日"),
        ("household_in", "short", {"since_on": "2024-09-01", "months": 6}, "2025 年 3 月 1 日"),
        ("own_business", "young", {"since_on": "2024-10-31", "months": 4}, "2025 年 2 月 28 日"),
        ("between", "unmet", {"first_on": "2024-11-01", "last_on": "2024-11-30"}, "2024 年 11 月 1 日"),
        ("within", "early", {"anchor_on": "2024-10-20"}, "2024 年 10 月 20 日"),
    ],
)
def test_where_time_is_the_reason_the_day_is_named(kind: str, code: str, values: dict[str, Any], day: str) -> None:
    finding = Finding("LS-3", Answer.UNMET, (Reason(kind, code, values),), (), {})
    assert ways("LS-2022", "LS-3", finding) == [f"等到 {day}。"]


def test_a_period_that_is_over_is_not_waited_for() -> None:
    over = Reason("between", "unmet", {"first_on": "2024-01-01", "last_on": "2024-01-31"})
    assert ways("LS-2022", "LS-3", Finding("LS-3", Answer.UNMET, (over,), (), {})) == [
        "情况有变化的，凭户口簿本人页重新核对。"
    ]


def test_a_clause_that_only_a_register_proves_names_the_register() -> None:
    clause = document("LS-2022").clause("LS-3").model_copy(update={"proven_by": "register", "papers": ()})
    finding = judged("LS-2022", "LS-3", hukou_code="350581")
    (way,) = ways_of(clause, finding, document("LS-2022"), on=IN_2024, known={})
    assert way.text == "由公安户籍登记证实：户籍所在地。"
