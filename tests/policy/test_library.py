"""The library of conditions: every kind is written, moved by a test, and every reason has a sentence."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from portal.policy.conditions import KINDS
from portal.policy.explanations import NOT_ACTED_ON, explain_reason
from portal.policy.schema import PolicyUnreadable
from portal.policy.sentences import SENTENCES
from tests.policy.judging import answered, judged, with_clause
from tests.policy.qualifying import LS_PERSON, document

LIBRARY = Path(__file__).resolve().parents[2] / "portal" / "policy" / "conditions"


def test_every_sentence_belongs_to_a_kind_and_every_kind_has_sentences() -> None:
    assert {kind for kind, _code in SENTENCES} == {*KINDS, "", "provenance"} - {"all", "any"}


def test_every_code_that_a_condition_gives_has_a_sentence() -> None:
    codes = {code for _kind, code in SENTENCES}
    written = "".join(path.read_text(encoding="utf-8") for path in LIBRARY.glob("*.py"))
    given = set(re.findall(r'Answer\.\w+, "(\w+)"', written))
    assert given - codes == set()
    assert {code for kind, code in SENTENCES if kind == "within"} == {
        "met",
        "met_provisional",
        "unmet",
        "provisional",
        "early",
    }


@pytest.mark.parametrize(
    ("condition", "facts", "answer", "sentence"),
    [
        (
            {"kind": "season", "months": [3, 6, 9, 12], "last_day": 20},
            {"on": "2023-12-20"},
            "met",
            "2023 年 12 月 20 日申请，在受理时间内（3、6、9、12 月，每月 1 日至 20 日）",
        ),
        (
            {"kind": "season", "months": [3, 6, 9, 12], "last_day": 20},
            {"on": "2023-12-21"},
            "unmet",
            "2023 年 12 月 21 日申请，不在受理时间内（3、6、9、12 月，每月 1 日至 20 日）",
        ),
        (
            {"kind": "between", "first": "2024-12-30", "last": "2026-09-30"},
            {"on": "2026-09-30"},
            "met",
            "在受理时间内（2024 年 12 月 30 日 至 2026 年 9 月 30 日）",
        ),
        (
            {"kind": "between", "first": "2024-12-30", "last": "2026-09-30"},
            {"on": "2026-10-01"},
            "unmet",
            "不在受理时间内（2024 年 12 月 30 日 至 2026 年 9 月 30 日）",
        ),
        (
            {"kind": "contract_years", "years": 1},
            {"employer_kind": "private_enterprise", "contract_from": "2023-03-01", "contract_until": "2024-02-29"},
            "met",
            "劳动合同自 2023 年 3 月 1 日 至 2024 年 2 月 29 日，需满 1 年",
        ),
        (
            {"kind": "contract_years", "years": 1},
            {"employer_kind": "private_enterprise", "contract_from": "2023-03-01", "contract_until": "2024-02-28"},
            "unmet",
            "劳动合同自 2023 年 3 月 1 日 至 2024 年 2 月 28 日，需满 1 年",
        ),
        (
            {"kind": "contract_years", "years": 3},
            {"employer_kind": "private_enterprise", "contract_from": "2023-03-01", "contract_until": "-"},
            "met",
            "劳动合同没有终止日期",
        ),
        (
            {"kind": "insured_months", "months": 6, "cumulative": True, "any_employer": True},
            {"insurance": "2023-01/2023-03:A;2023-07/2023-08:B"},
            "unproven",
            "累计参保 5 个月，需 6 个月；2023-10 的缴费数据还没有入库，不等于没有缴",
        ),
        (
            {"kind": "insured_months", "months": 6, "cumulative": True, "any_employer": True},
            {"insurance": "2023-01/2023-03:A;2023-07/2023-09:B"},
            "met",
            "累计参保 6 个月，需 6 个月",
        ),
        (
            {"kind": "insured_months", "months": 3, "any_employer": True, "insurances": ["pension", "medical"]},
            {"insurance": "2023-08/2023-09:A#pension+medical;2023-10/2023-10:A"},
            "unmet",
            "连续参保 2 个月，需 3 个月",
        ),
        (
            {"kind": "employer_kind", "kinds_out": ["state_organ", "public_institution"]},
            {"employer_kind": "state_enterprise"},
            "met",
            "单位类型为国有企业，符合",
        ),
        (
            {"kind": "fact_is", "fact": "key_industry", "values": ["yes"]},
            {"key_industry": "no"},
            "unmet",
            "重点产业：否，需为是",
        ),
        (
            {"kind": "recognised_as", "tiers": ["L1", "L2"]},
            {"recognitions": "L2"},
            "met",
            "已认定为第二层次人才",
        ),
        (
            {"kind": "within", "anchor": "hired_on", "months": 6},
            {"hired_on": "2023-05-20"},
            "met",
            "最晚申请日为 2023 年 11 月 20 日，申请时还在期限内",
        ),
        (
            {"kind": "earlier_grants", "mode": "top_up", "schemes": [{"scheme": "LS-2022", "title": "补贴"}]},
            {"prior_grants": "LS-2022@350581@10000@2022-11-30"},
            "met",
            "已领 10,000 元，本次 50,000 元，补发差额",
        ),
    ],
)
def test_a_condition_answers_and_says_why(condition: dict, facts: dict, answer: str, sentence: str) -> None:
    outcome = judged(condition, gross_fen=5_000_000, **facts)
    with translation.override("zh-hans"):
        assert (outcome.answer, explain_reason(outcome.reasons[0])) == (answer, sentence)


def test_the_amount_grows_and_shrinks_by_scales_up_to_a_cap() -> None:
    scales = [
        {
            "label": "外地户籍",
            "percent": 60,
            "when": [{"kind": "fact_is", "fact": "hukou_collective", "values": ["yes"]}],
        },
        {"label": "重点产业", "percent": 130, "when": [{"kind": "fact_is", "fact": "key_industry", "values": ["yes"]}]},
    ]
    kept = {"kind": "in_post"}
    policy = with_clause("LS-2022", "LS-6", kept, scales=scales, amount_cap_yuan="12500")
    rows = [("no", "no", 10_000), ("yes", "no", 6_000), ("yes", "yes", 7_800), ("no", "yes", 12_500)]
    for collective, key, yuan in rows:
        assessment = answered(policy, LS_PERSON, hukou_collective=collective, key_industry=key)
        assert assessment.amount_fen == yuan * 100
    assert answered(policy, LS_PERSON, key_industry="?").verdict == "undetermined"


def test_what_no_code_acts_on_yet_is_listed_by_the_document() -> None:
    always = ("budget", "clawback", "bar_years", "tax", "payout_account")
    assert document("LS-2022").not_acted_on == always
    asked = with_clause("LS-2022", "LS-6", {"kind": "in_post"}, submitted_by=["employer"], date_that_decides="hire")
    assert asked.not_acted_on == (*always, "date_that_decides", "submitted_by")
    assert set(asked.not_acted_on) <= set(NOT_ACTED_ON)


@pytest.mark.parametrize(
    "condition",
    [
        {"kind": "within", "anchor": "diploma_on"},
        {"kind": "employer_kind"},
        {"kind": "employer_kind", "kinds": ["other"], "kinds_out": ["state_organ"]},
        {"kind": "fact_is", "fact": "school", "values": ["yes"]},
        {"kind": "insured_months", "months": 3, "insurances": ["dental"]},
        {"kind": "insured_months", "months": 3, "any_employer": True, "group_counts": True},
        {"kind": "no_home", "place": "350581", "place_name": "石狮", "family": ["spouse"]},
        {"kind": "recognised_as", "tiers": ["L9"]},
    ],
)
def test_parameters_that_make_no_sense_are_refused(condition: dict) -> None:
    with pytest.raises(PolicyUnreadable):
        judged(condition)
