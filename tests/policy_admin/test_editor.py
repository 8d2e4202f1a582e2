"""The editor: the schema as forms. A part opened and saved stays as it is; what is wrong is said beside its field."""

from typing import Any

import pytest
from django.http import QueryDict

from portal.policy.editing.forms import PartForm
from portal.policy.editing.shapes import CONDITIONS, shapes_of
from portal.policy.editing.tree import NoSuchPart, find, read_path, with_moved, with_value, without, write_path
from portal.policy.schema import PolicyDocument, check_document
from portal.policy.texts import Strict
from tests.policy.qualifying import PATHS, document
from tests.policy_admin.drafts import nodes_of, untouched

BOTH = "不限单位（any_employer）时，不必再写集团单位（group_counts）"


def data_of(code: str) -> dict[str, Any]:
    return document(code).model_dump(mode="json")


def typed(policy: str, part: str, **values: Any) -> PartForm:
    """The form of one part with what was typed into it."""
    data = data_of(policy)
    node = find(data, read_path(part))
    sent = untouched(PartForm(node, data))
    for name, value in values.items():
        sent.setlist(name, value if isinstance(value, list) else [value])
    return PartForm(node, data, sent)


@pytest.mark.parametrize("code", PATHS)
def test_every_part_opened_and_saved_unchanged_gives_the_same_document(code: str) -> None:
    data = data_of(code)
    opened = 0
    for node in nodes_of(data):
        form = PartForm(node, data, untouched(PartForm(node, data)))
        assert form.is_valid(), (node.address, form.errors)
        assert check_document(with_value(data, node.path, form.result)) == document(code), node.address
        assert find(with_value(data, node.path, form.result), node.path).value == node.value, node.address
        opened += 1
    assert opened > 30


def test_every_model_of_the_schema_has_a_shape_for_every_field() -> None:
    seen: set[type[Strict]] = set()
    waiting: list[type[Strict]] = [PolicyDocument, *CONDITIONS.values()]
    while waiting:
        model = waiting.pop()
        if model not in seen:
            seen.add(model)
            waiting += [shape.model for shape in shapes_of(model).values() if shape.form in ("part", "parts")]
    assert len(seen) == 33 + 33  # conditions, and everything else
    forms = {shape.form for model in seen for shape in shapes_of(model).values()}
    assert forms == {
        "text", "line", "whole", "money", "day", "tick", "choice", "ticks", "lines", "numbers", "part", "parts",
        "conditions",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "part", "values", "stored"),
    [
        ("LS-2022", "basics", {"effective_to": "2027-12-31"}, {"effective_to": "2027-12-31"}),
        ("LS-2022", "basics", {"title_en": ""}, {"title": {"zh": "高校毕业生一次性生活补贴", "en": ""}}),
        ("LS-2022", "basics", {"reconsideration_zh": "", "reconsideration_en": ""}, {"reconsideration": None}),
        ("LS-2022", "basics", {"bar_years": ""}, {"bar_years": 0}),
        ("LS-2022", "amounts/0", {"yuan": "12000.50"}, {"yuan": "12000.50"}),
        ("LS-2022", "clauses/4/conditions/0", {"months": "6"}, {"months": 6}),
        ("LS-2022", "clauses/4/conditions/0", {"insurances": ["medical"]}, {"insurances": ["medical"]}),
        ("LS-2022", "clauses/4/conditions/0", {"cumulative": "on"}, {"cumulative": True}),
        ("LS-2022", "correction", {"clock": "running"}, {"clock": "running"}),
        ("LS-2022", "route/0", {"recheck": ["in_post"]}, {"recheck": ["in_post"]}),
        ("LS-2022", "exclusions/0", {"policies": "LS-2022\r\n\r\n X-1 \r\n"}, {"policies": ["LS-2022", "X-1"]}),
        ("APT-2023", "apartment/prices/0", {"percent": "10\n50\n40"}, {"percent": [10, 50, 40]}),
    ],
)  # fmt: skip
def test_what_is_typed_is_put_into_the_part(code: str, part: str, values: dict[str, Any], stored: Any) -> None:
    form = typed(code, part, **values)
    assert form.errors == {}
    assert {name: form.result[name] for name in stored} == stored


def test_months_of_a_season_are_ticked_and_come_as_numbers() -> None:
    data = data_of("LS-2022")
    node = find(data, ("clauses", 0, "conditions", "new"), "season")
    form = PartForm(node, data, QueryDict("months=3&months=4&first_day=1&last_day=20"))
    assert form.is_valid()
    assert form.result == {"kind": "season", "months": [3, 4], "first_day": 1, "last_day": 20}


@pytest.mark.parametrize(
    ("part", "values", "field", "sentence"),
    [
        ("clauses/4/conditions/0", {"months": "0"}, "months", "不能小于 1"),
        ("clauses/4/conditions/0", {"months": "three"}, "months", "应为整数"),
        ("clauses/4/conditions/0", {"months": "9" * 5000}, "months", "应为整数"),
        ("clauses/4/conditions/0", {"place": "泉州"}, "place", "写法不对：泉州"),
        ("clauses/4/conditions/0", {"any_employer": "on", "group_counts": "on"}, "__all__", BOTH),
        ("clauses/4", {"code": "ls 5"}, "code", "写法不对：ls 5"),
        ("clauses/4", {"note_zh": "", "note_en": "Only English"}, "note_zh", "不能为空"),
        ("amounts/0", {"yuan": "0"}, "yuan", "须大于 0"),
        ("amounts/0", {"yuan": "1.234"}, "yuan", "应为金额，最多两位小数"),
        ("basics", {"effective_to": "2022-06-29"}, "effective_to", "截止日期早于施行日期"),
        ("basics", {"version": "../2"}, "version", "写法不对：../2"),
        ("basics", {"title_zh": "长" * 201}, "title_zh", "最多 200 个字"),
        ("notice/masking", {"number_last": "5"}, "number_last", "不能大于 4"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_the_field(part: str, values: dict[str, str], field: str, sentence: str) -> None:
    form = typed("LS-2022", part, **values)
    assert form.errors == {field: [sentence]}


@pytest.mark.parametrize(
    "sent",
    ["", "months=%00&lag=%00", "months=1&months=2", "months[]=1", "insurances=gold", "place=" + "1" * 9999, "kind=all"],
)
def test_hostile_input_is_an_error_and_never_a_crash(sent: str) -> None:
    data = data_of("LS-2022")
    for node in nodes_of(data):
        form = PartForm(node, data, QueryDict(sent))
        form.is_valid()
        if node.model in CONDITIONS.values():
            assert form.result["kind"] == node.value["kind"]


def test_a_part_may_be_saved_before_the_parts_inside_it_are_written() -> None:
    data = data_of("LS-2022")
    node = find(data, ("clauses", "new"))
    sent = QueryDict(mutable=True)
    sent.update({"code": "LS-9", "text_zh": "新的一条", "source_zh": "示例", "proven_by": "declared"})
    form = PartForm(node, data, sent)
    assert form.is_valid(), form.errors
    assert form.result["code"] == "LS-9"
    assert "conditions" not in form.result


def test_what_is_ticked_keeps_the_order_it_had_and_what_is_new_comes_last() -> None:
    data = data_of("LS-2022")
    data["notice"]["columns"] = ["amount", "name"]
    node = find(data, ("notice",))
    sent = untouched(PartForm(node, data))
    sent.setlist("columns", ["name", "school", "amount"])
    form = PartForm(node, data, sent)
    assert form.is_valid()
    assert form.result["columns"] == ["amount", "name", "school"]


def test_a_paper_that_is_gone_stays_ticked_until_somebody_unticks_it() -> None:
    data = data_of("LS-2022")
    data["papers"] = [row for row in data["papers"] if row["kind"] != "insurance_record"]
    node = find(data, ("clauses", 4))
    assert "insurance_record" in dict(PartForm(node, data).fields["papers"].choices)


# ── paths ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "part",
    [
        "nothing", "code", "clauses", "clauses/99", "clauses/-1", "clauses/x", "clauses/0/conditions", "clauses/0/text",
        "amounts/0/when/0/levels", "clauses/new/conditions/new", "basics/basics", "", "/", "clauses/99999999999999",
        "clauses/0/conditions/new", "notice/notice",
    ],
)  # fmt: skip
def test_a_part_that_is_not_there_is_not_found(part: str) -> None:
    with pytest.raises(NoSuchPart):
        find(data_of("LS-2022"), read_path(part))


def test_a_new_condition_needs_a_known_kind() -> None:
    data = data_of("LS-2022")
    with pytest.raises(NoSuchPart):
        find(data, ("clauses", 0, "conditions", "new"), "height")
    assert find(data, ("clauses", 0, "conditions", "new"), "within").value == {"kind": "within"}


def test_a_path_is_written_as_it_is_read() -> None:
    for text in ("basics", "clauses/3/conditions/0", "notice/masking", "clauses/new"):
        assert write_path(read_path(text)) == text


def test_parts_are_put_moved_and_taken_out_of_a_copy() -> None:
    data = {"clauses": [{"code": "A"}, {"code": "B"}], "notice": None}
    assert with_value(data, ("clauses", "new"), {"code": "C"})["clauses"][-1] == {"code": "C"}
    assert with_value(data, ("papers", "new"), {"kind": "x"})["papers"] == [{"kind": "x"}]
    assert with_value(data, ("notice",), {"working_days": 5})["notice"] == {"working_days": 5}
    assert without(data, ("clauses", 0))["clauses"] == [{"code": "B"}]
    assert with_moved(data, ("clauses", 0), 1)["clauses"] == [{"code": "B"}, {"code": "A"}]
    assert with_moved(data, ("clauses", 0), -1) == data
    assert data == {"clauses": [{"code": "A"}, {"code": "B"}], "notice": None}
