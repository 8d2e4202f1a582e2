"""Two versions side by side: what is said of each kind of change, by hand."""

from typing import Any

import pytest
from django.utils import translation

from portal.policy.differences import Change, Group, differences, differences_in
from portal.policy.schema import check_document
from tests.policy.qualifying import PATHS, document


def said(change: Any, code: str = "LS-2022") -> list[Group]:
    """The differences between a shipped document and the same after ``change``."""
    data = document(code).model_dump(mode="json")
    change(data)
    return list(differences(document(code), check_document(data)))


def test_a_document_does_not_differ_from_itself() -> None:
    for code in PATHS:
        assert differences(document(code), document(code)) == ()


def test_an_amount_is_told_before_and_after() -> None:
    assert said(lambda it: it["amounts"][0].update(yuan="12000")) == [
        Group("金额", (Change("不分学历 → 金额（元）", "10,000", "12,000"),))
    ]


def test_a_window_is_told_under_its_clause() -> None:
    def change(data: dict[str, Any]) -> None:
        data["clauses"][6]["conditions"][0].update(years=2)

    assert said(change) == [Group("条款 LS-7", (Change("条件 → 多久以内申请 → 几年内", "1", "2"),))]


def test_a_text_is_told_language_by_language() -> None:
    def change(data: dict[str, Any]) -> None:
        data["clauses"][5]["text"]["en"] = "Still there"
        data["title"]["zh"] = "新名称"

    assert said(change) == [
        Group("基本内容", (Change("政策名称（中文）", "高校毕业生一次性生活补贴", "新名称"),)),
        Group("条款 LS-6", (Change("条文（英文）", "Still in that post on the application date", "Still there"),)),
    ]


def test_a_clause_that_came_and_one_that_went_are_told_whole() -> None:
    def change(data: dict[str, Any]) -> None:
        del data["clauses"][5]
        data["clauses"].append(
            {
                "code": "LS-20",
                "text": {"zh": "重点产业"},
                "source": {"zh": "示例"},
                "proven_by": "declared",
                "conditions": [{"kind": "fact_is", "fact": "key_industry", "values": ["yes"]}],
            }
        )

    assert said(change) == [
        Group("条款 LS-6", (Change("", "申请时仍在该单位\n申请时在职", ""),)),
        Group("条款 LS-20", (Change("", "", "重点产业\n事实为所列之一（哪一个事实：重点产业；取哪些值：yes）"),)),
    ]


def test_clauses_that_only_changed_places_are_told_as_an_order() -> None:
    def change(data: dict[str, Any]) -> None:
        data["clauses"][:2] = data["clauses"][1::-1]

    (group,) = said(change)
    assert group.title == "条款的顺序"
    assert group.changes[0].before.startswith("LS-1, LS-2, LS-3")
    assert group.changes[0].after.startswith("LS-2, LS-1, LS-3")


def test_a_condition_added_taken_out_or_changed_is_told() -> None:
    def change(data: dict[str, Any]) -> None:
        data["clauses"][4]["conditions"][0].update(cumulative=True, insurances=["pension", "medical"])
        data["clauses"][5]["conditions"] = [{"kind": "contract_years", "years": 2}]

    assert said(change) == [
        Group(
            "条款 LS-5",
            (
                Change("条件 → 参保月数 → 累计，不要求连续", "否", "是"),
                Change("条件 → 参保月数 → 要求哪些险种", "养老保险", "养老保险、医疗保险"),
            ),
        ),
        Group(
            "条款 LS-6",
            (
                Change("条件 → 申请时在职", "申请时在职", ""),
                Change("条件 → 劳动合同年限", "", "劳动合同年限（劳动合同至少几年：2）"),
            ),
        ),
    ]


def test_papers_route_and_parts_are_told() -> None:
    def change(data: dict[str, Any]) -> None:
        data["papers"][0]["limits"]["max_megabytes"] = 20
        data["route"][0]["limit_working_days"] = 4
        data["correction"]["times"] = 2
        data["declarations"][0]["zh"] = "属实。"

    assert [(group.title, [it.place for it in group.changes]) for group in said(change)] == [
        ("材料", ["居民身份证 → 文件限制 → 大小上限（MB）"]),
        ("申请人承诺", ["第 1 项（中文）"]),
        ("办理流程", ["数据核对 → 办理时限（工作日）"]),
        ("补正", ["最多几次"]),
    ]


def test_a_part_that_came_is_told_whole() -> None:
    def change(data: dict[str, Any]) -> None:
        data["payment_working_days"] = None
        outside = {"kind": "household_outside", "place": "350581", "place_name": {"zh": "石狮"}}
        data["scales"] = [{"label": {"zh": "外地户籍"}, "percent": 60, "when": [outside]}]

    groups = {group.title: group.changes for group in said(change)}
    assert groups["基本内容"] == (Change("审定后几个工作日内发放", "10", "无"),)
    (scale,) = groups["金额乘以百分之几"]
    assert (scale.place, scale.before) == ("外地户籍", "")
    assert "百分之几：60" in scale.after


@pytest.mark.slow
def test_nothing_of_the_schema_changes_without_being_told() -> None:
    """Every value of every shipped document changed alone is told, whatever it is."""

    def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        if isinstance(value, dict):
            return [leaf for name, inside in value.items() for leaf in leaves(inside, (*path, name))]
        if isinstance(value, list):
            return [leaf for place, inside in enumerate(value) for leaf in leaves(inside, (*path, place))]
        return [path]

    silent = []
    for code in PATHS:
        data = document(code).model_dump(mode="json")
        for path in leaves(data):
            if path[-1] == "number" or path in (("code",), ("programme",)):
                continue  # fixed, or counted by itself
            changed = document(code).model_dump(mode="json")
            holder: Any = changed
            for step in path[:-1]:
                holder = holder[step]
            old = holder[path[-1]]
            if path[-1] == "kind" and "conditions" in path:
                continue
            holder[path[-1]] = (not old) if isinstance(old, bool) else old + 1 if isinstance(old, int) else "x"
            if old is None and path[-1] not in ("effective_to", "amount_cap_yuan", "payment_working_days", "cap_yuan"):
                continue  # a part that is not there
            if not differences_in(data, changed):
                silent.append((code, path))
    assert silent == []


def test_the_words_are_those_of_the_reader() -> None:
    with translation.override("en"):
        (group,) = said(lambda it: it["clauses"][5]["text"].update(zh="新"))
    assert group.changes[0].after == "新"
