"""Findings in words: made when shown, from stored codes and values."""

import pytest
from django.utils import translation

from portal.policy.assessing import Finding
from portal.policy.explanations import explain, fact_label, fact_text
from portal.policy.facts import Provenance
from tests.policy.qualifying import LS_PERSON, YTE_PERSON, assessed


@pytest.fixture(autouse=True)
def _in_chinese():
    with translation.override("zh-hans"):
        yield


def ls(clause: str, **changes: str) -> str:
    return explain(assessed("LS-2022", LS_PERSON | changes).finding(clause))


def yte(clause: str, **changes: str) -> str:
    return explain(assessed("YTE-2024", YTE_PERSON | changes).finding(clause))


def test_an_unmet_clause_names_what_is_and_what_is_needed() -> None:
    assert ls("LS-1", education="diploma") == "学历为大专，需为博士研究生、硕士研究生、本科、预备技师（技师）班"
    assert ls("LS-1", study_mode="part_time") == "学习形式为非全日制，需为全日制"
    assert ls("LS-2", diploma_on="2021-12-31") == "2021 年毕业，需为 2022 年及以后"
    assert ls("LS-3", hukou_code="350582") == "户籍所在地代码为 350582，不在石狮"
    assert ls("LS-4", employer_kind="state_enterprise") == "单位类型为国有企业，需为民营企业、民办非企业单位、自主创业"
    assert ls("LS-5", insurance="2022-10/2022-11:A") == "连续参保 2 个月，需 3 个月"
    assert ls("LS-6", in_post="no") == "申请时已不在该单位"
    assert ls("LS-7", on="2023-01-11") == "最晚申请日为 2023 年 1 月 10 日，申请时已过期限"
    grant = "living-subsidy@350582@10000@2022-09-30"
    assert ls("LS-8", prior_grants=grant) == "已于 2022 年 9 月 30 日 领取泉州县（市、区）的生活补贴，不能同时享受"
    assert yte("YT-2", birth_date="1984-09-02") == "申请时已满 40 周岁"
    assert (
        yte("YT-1", school="闽江学院")
        == "学历为本科，需为博士研究生、硕士研究生；闽江学院不在第二轮“双一流”建设高校名单（2022 年）内"
    )


def test_a_met_clause_says_why() -> None:
    assert ls("LS-1") == "学历为本科，符合；学习形式为全日制，符合；国内学历，不需要留服认证"
    assert ls("LS-5") == "连续参保 3 个月，需 3 个月"
    assert yte("YT-3") == "首次在本市参保日期为 2024 年 7 月 1 日，需为 2024 年 2 月 6 日 及以后"


def test_an_unproven_clause_says_what_is_missing() -> None:
    assert ls("LS-3", hukou_code="?") == "户籍所在地还没有查到"
    assert ls("LS-1", overseas_certified="no") == "国（境）外学历的留服认证还没有办好，办好后补交即可"
    assert (
        ls("LS-5", insurance="2022-09/2022-10:A")
        == "连续参保 2 个月，需 3 个月；2022-11 的缴费数据还没有入库，不等于没有缴"
    )


def test_a_declared_value_is_said_to_be_declared() -> None:
    finding = assessed("LS-2022", LS_PERSON, Provenance.DECLARED).finding("LS-6")
    assert explain(finding) == "申请时仍在该单位；以上为本人填写，核对后才能认定：申请时在职"


def test_a_stored_finding_is_explained_like_a_fresh_one() -> None:
    for finding in assessed("LS-2022", LS_PERSON, Provenance.DECLARED).findings:
        assert explain(Finding.from_json(finding.as_json())) == explain(finding)


def test_texts_of_the_policy_are_shown_in_the_language_of_the_page() -> None:
    finding = assessed("YTE-2024", YTE_PERSON | {"school": "闽江学院"}).finding("YT-1")
    with translation.override("en"):
        assert "the list of double-first-class schools of 2022" in explain(finding)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("diploma_on", "2023-06-20", "2023 年 6 月 20 日"),
        ("education", "technician", "预备技师（技师）班"),
        ("in_post", "yes", "是"),
        ("in_post", "?", "未查到"),
        ("prior_grants", "-", "没有"),
        ("overseas_certified", "", "国内学历"),
        ("school", "", "不适用"),
        ("insurance", "2023-07/2023-08:A;2023-09/2023-09:A!", "2023-07 至 2023-08，2023-09 至 2023-09（补缴）"),
        ("prior_grants", "LS-2022@350581@10000@2023-11-30", "LS-2022，10,000 元，2023 年 11 月 30 日"),
        ("education", "a text nobody can read", "a text nobody can read"),
    ],
)
def test_a_fact_in_words(name: str, value: str, text: str) -> None:
    assert fact_text(name, value) == text


def test_a_fact_has_a_name() -> None:
    assert fact_label("insurance") == "参保月份"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"on": "2027-01-05"}, "最晚申请日暂为 2027 年 5 月 1 日（该年放假安排尚未公布），申请时还在期限内"),
        ({"on": "2027-05-05"}, "最晚申请日暂为 2027 年 5 月 1 日，该年放假安排尚未公布，公布后才能确定是否顺延"),
        ({"on": "2026-04-30"}, "毕业证书签发日期为 2026 年 5 月 1 日，在申请日期之后"),
        ({"on": "2026-06-01", "diploma_on": "-"}, "查询结果：没有毕业证书签发日期"),
    ],
)
def test_windows_in_words(changes: dict[str, str], sentence: str) -> None:
    assert ls("LS-7", **({"diploma_on": "2026-05-01"} | changes)) == sentence
