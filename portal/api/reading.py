"""The OpenAPI description as the documentation page tells it: groups of calls, and their fields in plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.api.problems import KeyMissing, KeyTaken, SecondFactorMissing, problem

DEEPEST = 4  # fields within fields; nothing of ours goes deeper


@dataclass(frozen=True)
class FieldRow:
    """One field of what is sent or answered; ``name`` is its path."""

    name: str
    kind: str
    words: str
    is_required: bool


@dataclass(frozen=True)
class Call:
    """One method of one address."""

    name: str
    method: str
    path: str
    summary: str
    needs_session: bool
    parameters: list[FieldRow] = field(default_factory=list)
    sent_as: str = ""
    sent: list[FieldRow] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)  # status and media types of what went well
    answered: list[FieldRow] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def groups_of(described: dict[str, Any]) -> list[tuple[str, list[Call]]]:
    """Every call by its audience, in the order of the addresses."""
    groups: dict[str, list[Call]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_call(described, path, method, operation))
    order = [pgettext("api", "公开"), pgettext("api", "申请人"), pgettext("api", "工作人员")]
    return sorted(groups.items(), key=lambda group: order.index(group[0]))


def kinds_of_problem() -> list[dict[str, Any]]:
    """The problems that have a type of their own, as they are answered, in the active language."""
    told: list[Any] = [SecondFactorMissing(), KeyMissing(), KeyTaken()]
    kinds = [
        problem(422, kind="invalid", errors=[{"field": "education.school", "detail": _("请填写毕业院校。")}]),
        problem(409, kind="refused", detail=_("这件申请现在不能这样办理。")),
        problem(429, kind="throttled", detail=_("请过一会儿再试。")),
        *(problem(it.status_code, kind=it.default_code, detail=str(it.detail)) for it in told),
    ]
    return [kind | {"anchor": kind["type"].partition("#")[2]} for kind in kinds]


def _call(described: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Call:
    body = operation.get("requestBody", {}).get("content", {})
    nothing: tuple[str, dict[str, Any]] = ("", {})
    sent_as, sent = next(iter(body.items()), nothing)
    went_well = {code: it for code, it in operation["responses"].items() if code.startswith("2")}
    bodies = [content["schema"] for it in went_well.values() for content in it.get("content", {}).values()]
    return Call(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        needs_session="security" in operation,
        parameters=[_parameter(it) for it in operation.get("parameters", [])],
        sent_as=sent_as,
        sent=list(_rows(described, sent.get("schema", {}), "", 1)),
        answers=[(code, ", ".join(it.get("content", {}))) for code, it in went_well.items()],
        answered=list(_rows(described, bodies[0], "", 1)) if bodies else [],
        problems=[(code, it["description"]) for code, it in operation["responses"].items() if code not in went_well],
    )


def _parameter(given: dict[str, Any]) -> FieldRow:
    where = {"path": _("在地址里"), "query": _("在问号后面"), "header": _("在请求头里")}[given["in"]]
    kind = pgettext("between two items", "，").join([_kind(given["schema"]), where])
    return FieldRow(given["name"], kind, given.get("description", ""), given.get("required", False))


def _rows(described: dict[str, Any], schema: dict[str, Any], path: str, depth: int) -> Iterator[FieldRow]:
    """The fields of ``schema``, those of objects within it below them."""
    schema = _resolved(described, schema)
    if schema.get("type") == "array":
        yield from _rows(described, schema["items"], f"{path}[]", depth)
        return
    for name, inner in schema.get("properties", {}).items():
        found = _resolved(described, inner)
        here = f"{path}.{name}".lstrip(".")
        yield FieldRow(here, _kind(found), inner.get("description", ""), name in schema.get("required", ()))
        if depth < DEEPEST:
            yield from _rows(described, found, here, depth + 1)


def _resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, also where it is only referred to, or may be null instead."""
    for choices in (schema.get("oneOf"), schema.get("anyOf"), schema.get("allOf")):
        for choice in choices or ():
            if "$ref" in choice:
                return _resolved(described, choice)
    if "$ref" in schema:
        return dict(described["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def _kind(schema: dict[str, Any]) -> str:
    """The type of a field in plain words."""
    words = {
        "string": _("文字"),
        "integer": _("整数"),
        "boolean": _("true 或 false"),
        "object": _("对象"),
        "array": _("列表"),
        "null": _("可以是 null"),
    }
    formats = {
        "date": _("日期，例如 2026-11-16"),
        "date-time": _("时间，带时区"),
        "uuid": "UUID",
        "binary": _("文件"),
        "uri": _("地址"),
    }
    types = schema.get("type", "object")
    names = [formats.get(schema.get("format", ""), "") or words[types[0] if isinstance(types, list) else types]]
    if isinstance(types, list):
        names += [words[name] for name in types[1:]]
    if "enum" in schema:
        names.append(", ".join(str(code) for code in schema["enum"] if code is not None))
    return pgettext("between two items", "；").join(dict.fromkeys(names))
