"""A document's plain data as a tree: finding a part by its path, and the data with one part changed.

A path is written ``clauses/3/conditions/0``; ``basics`` is the document itself, and ``new`` stands for the place behind
the last one of a list.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from portal.policy.editing.shapes import CONDITIONS, Shape, model_of, shapes_of
from portal.policy.labels import field_label
from portal.policy.parsing import Path
from portal.policy.schema import PolicyDocument
from portal.policy.texts import Strict
from portal.ui.asking import number_in
from portal.ui.figures import listed

ROOT = "basics"
NEW = "new"


class NoSuchPart(LookupError):
    """The draft has no part at that path (any more)."""


@dataclass(frozen=True)
class Node:
    """One part of a document: where it is, its model and its plain value.

    ``shape`` is the field it stands in (none for the document itself); ``is_new`` where it is not in the data yet.
    """

    path: Path
    model: type[Strict]
    value: dict[str, Any]
    shape: Shape | None = None
    is_new: bool = False

    @property
    def address(self) -> str:
        """The path as it stands in addresses."""
        return write_path(self.path)

    @property
    def is_item(self) -> bool:
        """Whether it is one of a list."""
        return self.shape is not None and self.shape.is_list

    @property
    def is_removable(self) -> bool:
        """Whether the document can be without it."""
        shape = self.shape
        if shape is None or self.is_new:
            return False
        return shape.is_list or (not shape.is_required and shape.default is None)

    @property
    def fields(self) -> list[Shape]:
        """What is filled in on its page."""
        return [shape for shape in shapes_of(self.model).values() if not shape.is_page]

    @property
    def pages(self) -> list[Shape]:
        """Its parts with pages of their own."""
        return [shape for shape in shapes_of(self.model).values() if shape.is_page]

    @property
    def page_names(self) -> str:
        """What these parts are called."""
        return listed(field_label(self.model, shape.name) for shape in self.pages)


def read_path(text: str) -> Path:
    """The path written in an address. Raises NoSuchPart for what is none."""
    if text == ROOT:
        return ()
    steps: list[int | str] = []
    for step in text.split("/"):
        number = number_in(step)
        steps.append(step if number is None else number)
    return tuple(steps)


def write_path(path: Path) -> str:
    """A path as ``read_path`` reads it back."""
    return "/".join(str(step) for step in path) or ROOT


def find(data: Mapping[str, Any], path: Path, kind: str = "") -> Node:
    """The part at ``path``; one that is not there yet is new, and of that ``kind`` where it is a condition.

    Raises:
        NoSuchPart: the schema has no such part, or the list is shorter.
    """
    node = Node((), PolicyDocument, dict(data))
    steps = list(path)
    while steps:
        if node.is_new:
            raise NoSuchPart  # what is not stored yet has no parts
        name = steps.pop(0)
        shape = shapes_of(node.model).get(name) if isinstance(name, str) else None
        if shape is None or not shape.is_page:
            raise NoSuchPart
        inside = node.value.get(shape.name)
        if shape.is_list:
            if not steps:
                raise NoSuchPart
            node = _item(node, shape, inside, steps.pop(0), kind)
        else:
            value = plain_default(shape) if inside is None else inside
            node = Node((*node.path, name), shape.model, dict(value or {}), shape, is_new=not value)
    return node


def _item(node: Node, shape: Shape, items: Any, step: int | str, kind: str) -> Node:
    items = items if isinstance(items, list) else []
    path = (*node.path, shape.name, step)
    if step == NEW:
        model = CONDITIONS.get(kind) if shape.form == "conditions" else shape.model
        if model is None:
            raise NoSuchPart
        return Node(path, model, {"kind": kind} if shape.form == "conditions" else {}, shape, is_new=True)
    if not isinstance(step, int) or step >= len(items):
        raise NoSuchPart
    value = items[step]
    found = model_of(shape, value)
    if found is None:
        raise NoSuchPart
    return Node(path, found, {"zh": value} if isinstance(value, str) else dict(value), shape)


def plain_default(shape: Shape) -> Any:
    """The default of a field as plain data."""
    default = shape.default
    if isinstance(default, Strict):
        return default.model_dump(mode="json")
    return list(default) if isinstance(default, tuple) else default


def with_value(data: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of ``data`` in which the part at ``path`` is ``value``; ``new`` adds it to its list."""
    copy: dict[str, Any] = deepcopy(dict(data))
    if not path:
        return {**copy, **value}
    holder, last = _holder(copy, path)
    if last == NEW:
        holder.append(value)
    else:
        holder[last] = value
    return copy


def without(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A copy of ``data`` without the part at ``path``."""
    copy: dict[str, Any] = deepcopy(dict(data))
    holder, last = _holder(copy, path)
    del holder[last]
    return copy


def with_moved(data: Mapping[str, Any], path: Path, by: int) -> dict[str, Any]:
    """A copy of ``data`` in which the part at ``path`` changed places with the one ``by`` further on in its list.

    At the end of a list nothing changes.
    """
    copy: dict[str, Any] = deepcopy(dict(data))
    items, place = _holder(copy, path)
    other = place + by
    if 0 <= other < len(items):
        items[place], items[other] = items[other], items[place]
    return copy


def _holder(copy: Any, path: Path) -> tuple[Any, Any]:
    """What holds the last step of ``path``; a list that is not there yet is begun."""
    inside = copy
    for step, following in pairwise(path):
        is_list = following == NEW or isinstance(following, int)
        if isinstance(inside, dict) and inside.get(step) is None:
            inside[step] = [] if is_list else {}
        inside = inside[step]
    return inside, path[-1]
