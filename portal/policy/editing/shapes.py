"""What a field of the schema is to an editor: something to fill in, a part with its own page, or a list of them."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from portal.policy.conditions import AnyCondition, Condition
from portal.policy.texts import Strict, Text

CONDITIONS: dict[str, type[Condition]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(AnyCondition)[0])
}
# Not for anybody to fill in: which policy a draft is of, which kind a condition is, which place an instalment has.
FIXED = {("PolicyDocument", "code"), ("PolicyDocument", "programme"), ("InstalmentRule", "number")}


@dataclass(frozen=True)
class Shape:
    """One field of a model.

    ``form`` is text, line, whole, money, day, tick, choice, ticks, lines, numbers; or part, parts, conditions for what
    has pages of its own. ``model`` is that of the part.
    """

    name: str
    form: str
    is_required: bool
    default: Any = None
    model: type[Strict] = Strict
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

    @property
    def is_page(self) -> bool:
        """Whether it is edited on pages of its own."""
        return self.form in ("part", "parts", "conditions")

    @property
    def is_list(self) -> bool:
        """Whether it holds parts in an order."""
        return self.form in ("parts", "conditions")


@cache
def shapes_of(model: type[Strict]) -> Mapping[str, Shape]:
    """The fields of ``model`` that can be edited, by name, in the order of the schema."""
    return {
        name: _shape(name, info)
        for name, info in model.model_fields.items()
        if (model.__name__, name) not in FIXED and not (name == "kind" and issubclass(model, Condition))
    }


def model_of(shape: Shape, value: Any) -> type[Strict] | None:
    """The model of a part of ``shape`` with that plain value; ``None`` where a condition is of no known kind."""
    if shape.form == "conditions":
        return CONDITIONS.get(value.get("kind", "")) if isinstance(value, dict) else None
    return shape.model


def _shape(name: str, info: FieldInfo) -> Shape:
    default = info.get_default(call_default_factory=True) if not info.is_required() else None
    common: dict[str, Any] = {"name": name, "is_required": info.is_required(), "default": default}
    kind, limits = _bare(info.annotation)
    limits = [*info.metadata, *limits]
    common |= {"least": _limit(limits, Ge), "most": _limit(limits, Le)}
    if kind is Text:
        return Shape(form="text", model=Text, **common)
    if get_origin(kind) is Literal:
        return Shape(form="choice", choices=get_args(kind), **common)
    if get_origin(kind) is tuple:
        return _list_shape(kind, common)
    if issubclass(kind, Strict):
        return Shape(form="part", model=kind, **common)
    form = {bool: "tick", int: "whole", Decimal: "money", date: "day", str: "line"}[kind]
    return Shape(form=form, **common)


def _list_shape(kind: Any, common: dict[str, Any]) -> Shape:
    item, limits = _bare(get_args(kind)[0])
    if get_origin(item) in (Union, types.UnionType):
        return Shape(form="conditions", **common)
    if get_origin(item) is Literal:
        return Shape(form="ticks", choices=get_args(item), **common)
    if item is int:
        return Shape(form="numbers", **common | {"least": _limit(limits, Ge), "most": _limit(limits, Le)})
    if item is str:
        return Shape(form="lines", **common)
    return Shape(form="parts", model=item, **common)


def _bare(annotation: Any) -> tuple[Any, list[Any]]:
    """A type without ``Annotated`` and without ``None``, and its limits."""
    limits: list[Any] = []
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *found = get_args(annotation)
            limits += [limit for one in found for limit in (getattr(one, "metadata", None) or [one])]
        elif get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation):
            annotation = next(it for it in get_args(annotation) if it is not type(None))
        else:
            return annotation, limits


def _limit(limits: list[Any], kind: type[Ge] | type[Le]) -> int | None:
    for limit in limits:
        if isinstance(limit, kind):
            bound: Any = limit.ge if isinstance(limit, Ge) else limit.le
            return int(bound)
    return None
