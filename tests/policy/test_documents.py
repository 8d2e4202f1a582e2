"""Policy documents: what the shipped ones say, and the sentences that meet a wrong one."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import translation

from portal.policy.facts import FactUnreadable
from portal.policy.schema import PolicyDocument, PolicyUnreadable, check_document, parse_document
from portal.policy.schools import school_list
from tests.policy.qualifying import document

Change = Callable[[dict[str, Any]], object]


def sentences(change: Change, code: str = "LS-2022") -> list[str]:
    """What is said about a shipped document after ``change``."""
    data = json.loads(document(code).model_dump_json())
    change(data)
    with pytest.raises(PolicyUnreadable) as caught:
        check_document(data)
    return caught.value.sentences


@pytest.mark.parametrize("code", ["LS-2022", "YTE-2024"])
def test_both_policies_go_through_every_stage_in_23_working_days(code: str) -> None:
    assert [(stage.stage, stage.limit_working_days) for stage in document(code).route] == [
        ("check", 2),
        ("accept", 3),
        ("first_review", 5),
        ("second_review", 5),
        ("public_notice", 5),
        ("final_approval", 3),
    ]
    assert document(code).total_working_days == 23
    assert [stage.stage for stage in document(code).route if not stage.illustrative] == ["public_notice"]


@pytest.mark.parametrize("code", ["LS-2022", "YTE-2024"])
def test_both_policies_share_their_terms(code: str) -> None:
    policy = document(code)
    assert (policy.correction.times, policy.correction.working_days) == (1, 10)
    assert (policy.review_body.name.zh, policy.review_body.days) == ("石狮市人民政府", 60)
    assert policy.notice is not None
    assert policy.notice.columns == ("name", "number", "school", "education", "employer", "amount")
    assert (policy.notice.masking.name, policy.notice.masking.number_last) == ("family_name", 4)
    assert [(it.mode, it.policies) for it in policy.exclusions] == [("block", ("LS-2022", "YTE-2024"))]
    assert policy.programme == "living-subsidy"
    assert {clause.illustrative for clause in policy.clauses} == {False}


def test_a_policy_takes_effect_on_its_day() -> None:
    assert (document("LS-2022").effective_from, document("LS-2022").effective_to) == (date(2022, 6, 30), None)
    assert (document("YTE-2024").effective_from, document("YTE-2024").effective_to) == (date(2024, 2, 6), None)


def test_papers_are_those_the_policies_ask_for() -> None:
    asked = ["id_card", "diploma", "diploma_registration", "household_page", "contract_or_licence", "insurance_record"]
    assert [paper.kind for paper in document("LS-2022").required_papers({"overseas_certified": ""})] == asked
    assert [paper.kind for paper in document("YTE-2024").required_papers({})] == [*asked, "employer_confirmation"]


@pytest.mark.parametrize(("certified", "is_required"), [("yes", True), ("no", False), ("", False), (None, False)])
def test_an_overseas_certificate_is_asked_for_once_there_is_one(certified: str | None, is_required: bool) -> None:
    paper = document("LS-2022").paper("overseas_certificate")
    assert paper.is_required({"overseas_certified": certified}) is is_required


def test_a_paper_is_a_picture_or_a_pdf_of_ten_megabytes_thirty_pages_fifty_megapixels() -> None:
    limits = document("LS-2022").paper("diploma").limits
    assert limits.formats == ("jpeg", "png", "pdf")
    assert (limits.max_bytes, limits.max_pages, limits.max_megapixels) == (10_485_760, 30, 50)


def test_a_document_comes_back_from_json_as_it_was() -> None:
    for code in ("LS-2022", "YTE-2024"):
        assert PolicyDocument.model_validate_json(document(code).model_dump_json()) == document(code)
        assert parse_document(document(code).model_dump_json()) == document(code)


def test_a_text_without_english_is_shown_in_chinese_and_says_so() -> None:
    clause = document("LS-2022").clause("LS-6")
    with translation.override("en"):
        assert (str(clause.text), clause.text.lang) == ("Still in that post on the application date", "en")
        only_chinese = clause.text.model_copy(update={"en": ""})
        assert (str(only_chinese), only_chinese.lang) == ("申请时仍在该单位", "zh")
    with translation.override("zh-hans"):
        assert (str(clause.text), clause.text.lang) == ("申请时仍在该单位", "zh")


def test_the_second_round_of_double_first_class_schools_has_147() -> None:
    assert len(school_list("double-first-class-2022")) == 147
    with pytest.raises(KeyError):
        school_list("../facts")


def stages(*names: str) -> Change:
    """Replace the route by these stages."""
    return lambda data: data.update(route=[{"stage": name, "limit_working_days": 5} for name in names])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            stages("first_review", "second_review", "public_notice", "final_approval"),
            "须从受理（accept）或核对",
        ),
        (stages("accept", "first_review", "second_review", "public_notice"), "须以审定（final_approval）结束"),
        (stages("accept", "accept", "final_approval"), "同一个环节在流程中出现了两次"),
        (
            stages("accept", "second_review", "first_review", "final_approval"),
            "初审（first_review）须在复审",
        ),
        (stages("accept", "second_review", "public_notice", "final_approval"), "须有初审、复审和审定，缺 first_review"),
        (stages("accept", "first_review", "public_notice", "final_approval"), "须有初审、复审和审定，缺 second_review"),
        (stages("accept", "first_review", "second_review", "final_approval"), "流程有公示环节就须写公示办法（notice）"),
        (stages("accept", "hearing", "final_approval"), "route hearing → stage：只能是："),
        (stages(), "route：至少要有一项"),
    ],
)
def test_a_route_that_cannot_work_is_refused(change: Change, sentence: str) -> None:
    said = sentences(change)
    assert len(said) == 1
    assert sentence in said[0]


def test_a_policy_without_money_needs_no_second_review() -> None:
    data = json.loads(document("LS-2022").model_dump_json()) | {"amounts": [], "instalments": [], "notice": None}
    data["route"] = [{"stage": "accept", "limit_working_days": 3}, {"stage": "final_approval", "limit_working_days": 3}]
    assert check_document(data).makes_payable is False


def ls_5(data: dict[str, Any]) -> dict[str, Any]:
    return data["clauses"][4]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda it: ls_5(it)["conditions"][0].update(months="three"), "clauses LS-5 → conditions 1 → months：应为整数"),
        (lambda it: ls_5(it)["conditions"][0].update(m=3), "clauses LS-5 → conditions 1 → m：没有这一项，请核对拼写"),
        (lambda it: ls_5(it)["conditions"][0].update(months=0), "clauses LS-5 → conditions 1 → months：不能小于 1"),
        (lambda it: ls_5(it)["conditions"][0].pop("kind"), "clauses LS-5 → conditions 1：没有写明条件的种类（kind）"),
        (lambda it: ls_5(it).update(conditions=[]), "clauses LS-5 → conditions：至少要有一项"),
        (lambda it: ls_5(it).update(proven_by=0), "clauses LS-5 → proven_by：只能是：'declared', 'paper' or 'register'"),  # noqa: E501
        (lambda it: ls_5(it).pop("text"), "clauses LS-5 → text：没有填写"),
        (lambda it: ls_5(it).update(papers=[]), "LS-5 凭材料认定，须写明凭哪些材料（papers）"),
        (lambda it: ls_5(it).update(papers=["diary"]), "LS-5 引用的材料 diary 不在材料清单中"),
        (lambda it: ls_5(it).update(code="LS-4"), "clauses：LS-4 出现了两次"),
        (lambda it: it.update(effective_from="soon"), "effective_from：应为日期，例如 2024-02-06"),
        (lambda it: it.update(effective_to="2022-06-29"), "截止日期早于施行日期"),
        (lambda it: it.update(code=2022), "code：应为文字；数字请加引号"),
        (lambda it: it.update(illustrative=["bar_year"]), "illustrative：没有 bar_year 这一项，请核对拼写"),
        (lambda it: it["amounts"][0].update(yuan=0), "amounts 1 → yuan：须大于 0"),
        (lambda it: it["amounts"][0].update(yuan="1.234"), "amounts 1 → yuan：应为金额，最多两位小数"),
        (lambda it: it["instalments"][0].update(percent=90), "instalments：各期比例合计须为 100，现为 90"),
        (lambda it: it["instalments"][0].update(number=2), "instalments：各期须按 1、2、3 的顺序编号"),
        (lambda it: it.pop("instalments"), "金额（amounts）与分期（instalments）须同时填写；一次发放写成一期"),
        (lambda it: it["instalments"][0].update(recheck=["mood"]), "instalments 1 → recheck 1：没有名为 mood 的事实"),
        (lambda it: it["notice"].update(working_days=7), "公示办法的天数与流程中公示环节的天数不一致"),
        (lambda it: it["exclusions"][0].update(name="x", policies=["X-1", "X-2"]), "互斥组 x 不含本政策 LS-2022"),
        (lambda it: it["papers"][1].update(kind="id_card"), "papers：id_card 出现了两次"),
        (lambda it: it["privacy"].update(kinds="all"), "privacy → kinds：应为一列，每行以“- ”开头"),
        (lambda it: it["review_body"].update(name=""), "review_body → name → zh：不能为空"),
    ],
)  # fmt: skip
def test_a_mistake_is_met_with_a_sentence_that_says_where(change: Change, said: str) -> None:
    assert sentences(change) == [said]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"kind": "education_level", "levels": ["bachlor"]}, "→ levels：“bachlor”不在可填的值之中：doctor、master、"),
        ({"kind": "employer_kind", "kinds": ["state"]}, "→ kinds：“state”不在可填的值之中：private_enterprise、"),
        ({"kind": "within", "anchor": "school", "years": 1}, "→ anchor：“school”不在可填的值之中：birth_date、"),
        ({"kind": "school_on_list", "school_list": "qs", "title": "QS"}, "→ school_list：没有名为 qs 的学校名单"),
        ({"kind": "height"}, "：没有 height 这种条件，可用的有："),
        ({"kind": "any", "of": []}, "→ of：至少要有一项"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(condition: dict[str, Any], said: str) -> None:
    found = sentences(lambda it: ls_5(it).update(conditions=[condition]))
    assert len(found) == 1
    assert found[0].startswith("clauses LS-5 → conditions 1")
    assert said in found[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code: A\ncode: B\n", "第 2 行读不懂：“code”写了两次"),
        ("code: [A\n", "第 2 行读不懂："),
        ("", "文件不是一份政策：应由“名称: 内容”各行组成"),
        ("- a\n", "文件不是一份政策：应由“名称: 内容”各行组成"),
        ("code: \x00\n", "文件读不懂："),
        ("? [a, b]\n: c\n", "第 1 行读不懂："),
    ],
)
def test_a_text_that_is_no_document_is_refused(text: str, said: str) -> None:
    with pytest.raises(PolicyUnreadable) as caught:
        parse_document(text)
    assert str(caught.value).startswith(said)


def test_every_mistake_is_named_at_once() -> None:
    def change(data: dict[str, Any]) -> None:
        data["correction"]["times"] = -1
        del data["summary"]

    assert sorted(sentences(change)) == ["correction → times：不能小于 0", "summary：没有填写"]


def test_a_required_paper_is_decided_by_a_readable_value() -> None:
    with pytest.raises(FactUnreadable):
        document("LS-2022").required_papers({"overseas_certified": "perhaps"})
