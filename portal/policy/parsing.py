"""From the text of a document to a typed model, or to sentences about what is wrong and where."""

from typing import Any, NamedTuple, TypeVar

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
Path = tuple[int | str, ...]  # where in a document: names of fields and positions in lists

DEEPEST = 40
MOST_NODES = 50_000  # aliases counted as often as they are written out; the largest shipped document has about 1,000


class Problem(NamedTuple):
    """What is wrong with the part of a document at ``path`` (as far down as the document goes)."""

    path: Path
    text: str


class PolicyUnreadable(ValueError):
    """A text that is not a policy document; ``sentences`` say everything that is wrong with it.

    ``problems`` say the same with the place apart; empty where not even the text could be read.
    """

    def __init__(self, sentences: list[str], problems: tuple[Problem, ...] = ()) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences
        self.problems = problems


def read_yaml(text: str) -> Any:
    """The plain data written in ``text``.

    Raises:
        PolicyUnreadable: with a sentence that names the line.
    """
    try:
        _refuse_bombs(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader that is stricter)
    except PolicyUnreadable:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PolicyUnreadable(
            [_("第 %(line)s 行读不懂：%(problem)s") % {"line": line, "problem": error.problem or error.context}]
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise PolicyUnreadable([_("文件读不懂：%(problem)s") % {"problem": error}]) from None


def read_model(model: type[Model], data: Any) -> Model:
    """Plain ``data`` as a ``model``.

    Raises:
        PolicyUnreadable: with a sentence for everything that is wrong with it.
    """
    if not isinstance(data, dict):
        raise PolicyUnreadable([_("文件不是一份政策：应由“名称: 内容”各行组成")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = _own_errors(error)
        raise PolicyUnreadable([_sentence(it, data) for it in details], problems_in(error, data)) from None


def problems_in(error: ValidationError, data: Any) -> tuple[Problem, ...]:
    """What pydantic found wrong with plain ``data``, each with its place in the data and a sentence for people."""
    return tuple(
        Problem((*_path(detail["loc"], data), *detail.get("ctx", {}).get("at", ())), _problem(detail))
        for detail in _own_errors(error)
    )


def _refuse_bombs(text: str) -> None:
    """Refuse what would grow when read: deep nesting, aliases of aliases, merged keys; and text no database takes.

    Works on the events of the parser, which need neither recursion nor much memory.
    """
    sizes: dict[str, int] = {}  # of each anchored part that is complete
    open_parts: list[tuple[str, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=_Loader):
        size, anchor = 0, str(getattr(event, "anchor", None) or "")
        if isinstance(event, yaml.CollectionStartEvent):
            open_parts.append((anchor, total))
            sizes.pop(anchor, None)
            size = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            name, before = open_parts.pop()
            if name:
                sizes[name] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            if anchor:
                sizes[anchor] = 1
            if "\0" in event.value or not _is_text(event.value) or (event.value == "<<" and event.style is None):
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise PolicyUnreadable([_("第 %(line)s 行有不能使用的字符或写法") % {"line": line}])
        elif isinstance(event, yaml.AliasEvent):
            size = sizes.get(anchor, MOST_NODES)  # an alias of what is not complete would never end
        total += size
        if total > MOST_NODES or len(open_parts) > DEEPEST:
            raise PolicyUnreadable([_("文件展开以后太大或层次太深，不像一份政策")])


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML in which a key written twice is a mistake, not a silent choice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key.value, str):
                continue  # refused below: only plain names are keys
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, _("“%(key)s”写了两次") % {"key": key.value}, key.start_mark
                )
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _own_errors(error: ValidationError) -> list[ErrorDetails]:
    """Without "too short" for a list that is short only because something in it is wrong."""
    details = error.errors()
    return [
        it
        for it in details
        if it["type"] != "too_short"
        or not any(other is not it and other["loc"][: len(it["loc"])] == it["loc"] for other in details)
    ]


def _sentence(detail: ErrorDetails, data: Any) -> str:
    where = _place(_path(detail["loc"], data), data)
    problem = _problem(detail)
    return _("%(where)s：%(problem)s") % {"where": where, "problem": problem} if where else problem


def _path(loc: Path, data: Any) -> Path:
    """``loc`` without the tag of a union of kinds, which is no place in the document."""
    steps: list[int | str] = []
    for step in loc:
        inside = data[step] if _leads_on(step, data) else None
        if inside is None and isinstance(data, dict) and step == data.get("kind"):
            continue
        steps.append(step)
        data = inside
    return tuple(steps)


def _place(path: Path, data: Any) -> str:
    """``clauses LS-5, conditions 1, months``: where in the document, with clause numbers instead of positions."""
    steps: list[str] = []
    for step in path:
        inside = data[step] if _leads_on(step, data) else None
        if isinstance(step, int) and steps:
            named = inside if isinstance(inside, dict) else {}
            steps[-1] += f" {named.get('code') or named.get('stage') or step + 1}"
        else:
            steps.append(str(step))
        data = inside
    return " → ".join(steps)


def _leads_on(step: int | str, data: Any) -> bool:
    return (isinstance(data, dict) and step in data) or (
        isinstance(data, list) and isinstance(step, int) and step < len(data)
    )


def _problem(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    kind = detail["type"]
    sentences = {
        "policy": context.get("sentence", ""),
        "missing": _("没有填写"),
        "extra_forbidden": _("没有这一项，请核对拼写"),
        "union_tag_invalid": _("没有 %(tag)s 这种条件，可用的有：%(tags)s")
        % {"tag": context.get("tag"), "tags": context.get("expected_tags")},
        "union_tag_not_found": _("没有写明条件的种类（kind）"),
        "literal_error": _("只能是：%(expected)s") % {"expected": context.get("expected")},
        "string_type": _("应为文字；数字请加引号"),
        "string_too_short": _("不能为空"),
        "string_pattern_mismatch": _("写法不对：%(value)s") % {"value": detail["input"]},
        "too_short": _("至少要有一项"),
        "too_long": _("项目太多"),
        "greater_than": _("须大于 %(limit)s") % {"limit": context.get("gt")},
        "greater_than_equal": _("不能小于 %(limit)s") % {"limit": context.get("ge")},
        "less_than_equal": _("不能大于 %(limit)s") % {"limit": context.get("le")},
    }
    by_family = {
        "int": _("应为整数"),
        "decimal": _("应为金额，最多两位小数"),
        "date": _("应为日期，例如 2024-02-06"),
        "bool": _("应为 true 或 false"),
        "tuple": _("应为一列，每行以“- ”开头"),
        "model": _("应由“名称: 内容”各行组成"),
    }
    return (
        sentences.get(kind)
        or by_family.get(kind.split("_")[0])
        or _("填写有误：%(value)s") % {"value": detail["input"]}
    )
