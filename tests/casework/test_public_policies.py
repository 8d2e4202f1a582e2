"""The programme page says everything of the documents: every clause, every figure, every mark of an example."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pydantic import BaseModel

from portal.casework import programmes
from portal.casework.programmes import Programme, all_programmes, programme, register
from portal.casework.views.public_policy import PolicyPage
from portal.casework.views.public_terms import sections_of
from portal.casework.views.public_unacted import SAYINGS, unacted_rows
from portal.policy.explanations import NOT_ACTED_ON
from portal.policy.models import PolicyVersion
from portal.policy.schema import PolicyDocument, check_document
from portal.policy.services import load_policy
from tests.factories import SHANGHAI, load_policies, make_draft, move_clock
from tests.policy.qualifying import EXAMPLES, PATHS, cases, document

pytestmark = pytest.mark.django_db
KEY_INDUSTRY = {"kind": "fact_is", "fact": "key_industry", "values": ["yes"]}
ON = datetime(2024, 3, 1, 9, tzinfo=SHANGHAI)
SAID = {
    "YTE-2024": [
        "100,000 元 学历为博士研究生",
        "50,000 元 学历为硕士研究生",
        "申请满 2 年后发放。发放前再核实：申请时在职。",
    ],
    "LS-2022": [
        "只能享受一项；涉及：LS-2022、YTE-2024",
        "提供虚假材料的，3 年内不能再申请",
        "发到社会保障卡账户",
        "不代扣个人所得税",
    ],
    "CARD-2023": [
        "第一层次人才、第二层次人才；有效期 5 年",
        "金卡、银卡、绿卡；每年 4 次；要先在线领取",
        "到期前 60 日到 30 日之间办理",
        "学历为本科或预备技师（技师）班，全日制",
        "社会保险中断满 3 个月",
    ],
    "LODGE-2023": [
        "每次最多 7 晚，总共最多 7 晚，每年 1 次",
        "第 1 次：提醒；第 2 次：90 日内不能再申请",
        "还可以与住宿点另行商定，再住 14 晚，按房价的 50% 直接付给住宿点",
        "至少提前 3 个工作日，最多提前 30 日",
        "签约酒店、公寓床位",
    ],
    "APT-2023": [
        "45 平方米，2 人合住",
        "第 1 年 30%、第 2 年 40%、第 3 年 50%",
        "先按层次，同层次抽签；办理批次：每季度",
        "一般最多 3 年，可以延长到 5 年",
        "这一步重新核实：申请时在职、本人住房、配偶住房",
        "90 日内搬离",
        "接受以后 5 个工作日内签合同",
        "每月 10 日以前付当月租金",
        "到期前 90 日起可以申请",
        "逾期 5 日：发信提醒；逾期 30 日：发信警告；逾期 180 日：由人决定是否收回",
    ],
}
SHIPPED = [code for code in PATHS if code != "SI-2022"]  # an example of the documentation, not in the catalogue


@pytest.fixture(autouse=True)
def _every_policy():
    move_clock(ON)
    for code in SHIPPED:
        load_policy(PATHS[code].read_text(encoding="utf-8"), at=ON)


def page_of(code: str, language: str = "zh-hans") -> str:
    client = Client()
    client.cookies["language"] = language
    response = client.get(f"/programmes/{document(code).programme}/")
    assert response.status_code == 200
    return response.content.decode()


def flat(html: str) -> str:
    """The words of a page without markup and spaces."""
    return re.sub(r"\s+", "", unescape(re.sub(r"<[^>]+>", "", html)))


def marks_on(html: str, code: str) -> set[str]:
    """The places of the document of ``code`` that the page marks as examples."""
    return set(re.findall(rf'data-illustrative="{code} ([a-z0-9_.]+)"', html))


def illustrative_fields(part: BaseModel, path: str = "") -> Iterator[str]:
    """Every place of a document that no source supports."""
    mark = getattr(part, "illustrative", False)
    if isinstance(mark, tuple):
        yield from mark
    elif mark:
        yield path.removeprefix(".")
    for name in type(part).model_fields:
        value: Any = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from illustrative_fields(value, f"{path}.{name}")
        elif isinstance(value, tuple):
            for number, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from illustrative_fields(item, f"{path}.{name}.{number}")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("code", SHIPPED)
def test_every_illustrative_field_is_marked_where_it_stands(code, language):
    expected = set(illustrative_fields(document(code)))
    assert expected != set()
    assert marks_on(page_of(code, language), code) == expected


@pytest.mark.parametrize("code", SHIPPED)
def test_every_clause_is_written_under_its_number(code):
    html = page_of(code)
    for clause in document(code).clauses:
        item = html.split(f'<li id="{clause.code}">')[1].split("</li>")[0]
        assert flat(item).startswith(re.sub(r"\s", "", clause.code + clause.text.zh)), clause.code


@pytest.mark.parametrize("code", PATHS)
def test_no_clause_without_a_rule_and_no_rule_without_a_test(code):
    asked = {clause.code for clause in document(code).clauses}
    assert {clause.code for clause in document(code).clauses if clause.conditions and clause.text.zh} == asked
    not_met = [set(f"{case.expected['unmet']};{case.expected['unproven']}".split(";")) for case in cases(code)]
    met_somewhere = {clause for clause in asked if any(clause not in row for row in not_met)}
    missed_somewhere = {clause for clause in asked if any(clause in row for row in not_met)}
    # SI-9 only says that the two may be received together: nothing refuses it.
    assert (met_somewhere, missed_somewhere | {"SI-9"}) == (asked, asked | {"SI-9"})
    assert code in EXAMPLES


@pytest.mark.parametrize("code", [code for code in SHIPPED if document(code).programme == "apartment"])
def test_a_programme_that_is_not_open_shows_its_policy_and_no_way_in(code, monkeypatch):
    closed = replace(programme(document(code).programme), is_open=False)
    monkeypatch.setitem(programmes._PROGRAMMES, closed.code, closed)
    html = page_of(code)
    said = [words in html for words in ("尚未开放", "这份政策是示例", "12333", "开始申请", "/apply/")]
    assert said == [True, True, True, False, False]


@pytest.mark.parametrize("code", SAID)
def test_the_page_says_what_the_document_gives_and_what_nobody_does_by_itself_yet(code):
    text = flat(page_of(code))
    assert [it for it in SAID[code] if re.sub(r"\s", "", it) not in text] == []
    assert "这些规定由工作人员掌握。本系统目前还不会自动照办。" in text


@pytest.mark.parametrize("code", SHIPPED)
def test_every_page_reads_in_english_with_anchors_that_lead_somewhere(code):
    html = page_of(code, "en")
    targets = set(re.findall(r'href="#([^"]+)"', html)) - {"main"}
    assert targets - set(re.findall(r'id="([^"]+)"', html)) == set()


def test_what_no_code_acts_on_has_words_for_every_field():
    assert set(SAYINGS) == set(NOT_ACTED_ON)


def other(code: str, **changes: Any) -> PolicyDocument:
    return check_document(document(code).model_dump(mode="json") | changes)


def page_for(found: PolicyDocument) -> PolicyPage:
    text = found.model_dump_json()
    return PolicyPage(PolicyVersion(document=text, sha256=sha256(text.encode()).hexdigest()))


def test_rules_that_another_city_writes_are_said_too():
    found = other(
        "LS-2022",
        budget={"mode": "first_come", "cap_yuan": 3_000_000},
        clawback={"service_years": 3, "rule": "proportional"},
        tax={"treatment": "withheld", "percent": 20},
        payout_account="employer",
        bar_years=0,
        date_that_decides="hire",
        submitted_by=["employer"],
        correction={"times": 1, "working_days": 5, "clock": "running"},
        notice=document("LS-2022").notice.model_dump(mode="json") | {"day_kind": "calendar", "online_days": 30},
    )
    assert {row.label: row.text for row in unacted_rows(found)} == {
        "资金总额": "总额 3,000,000 元，先到先得，用完为止",
        "服务年限和退回": "服务不满 3 年的，按未满的年限退回",
        "不实申请的限制期限": "没有规定",
        "个人所得税": "按 20% 代扣个人所得税",
        "收款账户种类": "发到用人单位账户",
        "以哪一天的政策为准": "入职日",
        "由谁提交": "用人单位提交",
        "补正期间是否计时": "补正期间，办理时限照常计算",
        "公示办法": "公示期按自然日计算；名单在网上保留 30 日",
    }


def test_monthly_sums_caps_scales_and_windows_of_months_are_in_words():
    found = other(
        "LS-2022",
        amounts=[
            {"label": "养老保险费", "yuan": 600, "months": 24, "at_most_paid": "pension_paid"},
        ],
        scales=[{"label": "重点产业", "percent": 130, "when": [KEY_INDUSTRY]}],
        amount_cap_yuan=15000,
        instalments=[
            {"percent": 40},
            {"percent": 60, "years_after_application": 1, "months_after_application": 6, "monthly": 12}
            | {"illustrative": True},
        ],
    )
    page = page_for(found)
    assert [(row.figure, row.note) for row in page.amounts] == [
        ("最高 14,400 元", "每月 600 元，共 24 个月；不超过本人每月缴纳的养老保险费（元）"),
    ]
    assert [(row.figure, row.note) for row in page.scales] == [("按 130% 计算", "重点产业：是")]
    assert (page.cap, page.how_paid) == ("最高 15,000 元", "按月发放，共 13 笔")
    assert [(part.title, part.text, part.field) for part in page.parts] == [
        ("第 1 期：40%", "审定后发放。", ""),
        ("第 2 期：60%", "申请满 1 年 6 个月后发放。从那时起每月一笔，分 12 个月发完。", "instalments.1"),
    ]


@pytest.mark.parametrize(("years", "months", "words"), [(1, 0, "1 年内"), (0, 6, "6 个月内"), (2, 6, "2 年 6 个月内")])
def test_a_window_is_said_in_years_in_months_or_in_both(years, months, words):
    clauses = [clause.model_dump(mode="json") for clause in document("LS-2022").clauses]
    window = {"kind": "within", "anchor": "diploma_on", "years": years, "months": months}
    changed = [clause | {"conditions": [window]} if clause["code"] == "LS-7" else clause for clause in clauses]
    assert page_for(other("LS-2022", clauses=changed)).window == (words, "从毕业证书签发日期算起")


def test_a_window_that_is_only_one_way_is_left_to_its_clause():
    assert page_for(document("LODGE-2023")).window == ("入住以前", "至少提前 3 个工作日，最多提前 30 日")
    assert page_for(document("APT-2023")).window is None


def test_money_alone_has_no_other_sections():
    assert sections_of(document("LS-2022")) == []


def test_where_a_policy_is_chosen_examples_are_marked():
    draft = make_draft(policy="YTE-2024", at=ON)
    user = draft.applicant.user
    check = Client()
    check.force_login(user)
    assert marks_on(check.get(f"/applications/{draft.pk}/check/").content.decode(), "YTE-2024") == {"bar_years"}
    draft.shelf.all().delete()
    draft.delete()
    check.post("/apply/living-subsidy/privacy/")
    assert marks_on(check.get("/apply/living-subsidy/").content.decode(), "YTE-2024") == {"instalments.1"}


def test_a_card_programme_once_open_marks_its_examples_where_it_is_chosen():
    load_policies()
    known = {item.code: item for item in all_programmes()}
    opened = Programme(code="talent-card", prefix="TC", title="优才卡", summary="一张卡。", icon="card", is_open=True)
    register(opened)
    try:
        client = Client()
        client.force_login(make_draft(at=ON, policy="YTE-2024").applicant.user)
        client.post("/apply/talent-card/privacy/")
        html = client.get("/apply/talent-card/").content.decode()
    finally:
        register(known["talent-card"])
    assert marks_on(html, "CARD-2023") == {"document_number"} | {f"clauses.{number}" for number in range(5)}
