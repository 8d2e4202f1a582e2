"""A document as an outline to read: its parts, each with what it says in words and where it is edited."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.policy.editing.choices import text_of
from portal.policy.editing.shapes import Shape, model_of, shapes_of
from portal.policy.editing.tree import Node, find, plain_default, write_path
from portal.policy.editing.words import condition_words, field_words, name_of, parameter_words, part_words
from portal.policy.labels import field_hint, field_label
from portal.policy.parsing import Path
from portal.policy.schema import PolicyDocument
from portal.policy.texts import Strict, Text

HEADINGS = ("title", "label", "code", "stage", "question", "illustrative")  # shown beside what a part says


@dataclass(frozen=True)
class Line:
    """One part: its name, what it says in one or more lines, whether it is marked as an example, where it is."""

    title: str
    lines: tuple[str, ...]
    address: str = ""
    is_illustrative: bool = False


@dataclass(frozen=True)
class Section:
    """One field of a part that has pages of its own, with what stands in it. ``name`` is that of the field."""

    name: str
    title: str
    hint: str
    address: str
    rows: tuple[Line, ...]
    shape: Shape

    @property
    def is_list(self) -> bool:
        """Whether parts can be added, removed and moved."""
        return self.shape.is_list

    @property
    def is_condition(self) -> bool:
        """Whether what is added is a condition, whose kind has to be chosen first."""
        return self.shape.form == "conditions"


def outline(data: Mapping[str, Any]) -> list[Section]:
    """The whole document, its basics first."""
    shapes = [shape for shape in shapes_of(PolicyDocument).values() if not shape.is_page]
    rows = [_field_line(PolicyDocument, shape, data, data) for shape in shapes]
    basics = Section("basics", _("基本内容"), "", "basics", tuple(rows), Shape("basics", "part", is_required=True))
    return [basics, *sections_of(find(data, ()), data)]


def sections_of(node: Node, document: Mapping[str, Any]) -> list[Section]:
    """The parts of ``node`` that have pages of their own."""
    found = []
    for shape in node.pages:
        path = (*node.path, shape.name)
        label, hint = field_label(node.model, shape.name), field_hint(node.model, shape.name)
        value = node.value.get(shape.name, plain_default(shape))
        rows = _items(shape, value, path, document) if shape.is_list else _part(shape, value, document)
        found.append(Section(shape.name, label, hint, write_path(path), tuple(rows), shape))
    return found


def marked_illustrative(data: Mapping[str, Any]) -> list[str]:
    """The names of what the document itself says has no source."""
    found = [field_label(PolicyDocument, name) for name in data.get("illustrative") or ()]
    for section in outline(data):
        if not section.is_list and _is_illustrative(data.get(section.name)):
            found.append(section.title)
        found += [f"{section.title} {row.title}".strip() for row in section.rows if row.is_illustrative]
    return list(dict.fromkeys(found))


def title_of(node: Node, document: Mapping[str, Any]) -> str:
    """What the page of ``node`` is called."""
    if node.shape is None:
        return _("基本内容")
    holder = find(document, node.path[: -2 if node.is_item else -1])
    label = field_label(holder.model, node.shape.name)
    if not node.is_item:
        return label
    if node.is_new:
        kind = name_of(node.model, node.value, 0, document) if node.value else ""
        return _("%(label)s：新的一项") % {"label": kind or label}
    number = int(node.path[-1]) + 1
    return _("%(label)s：%(value)s") % {"label": label, "value": name_of(node.model, node.value, number, document)}


def trail(path: Path, document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parts above ``path``: address and name, from the top down, without the document itself."""
    found, holder = [], path
    while len(holder) > 1:
        holder = holder[:-2] if isinstance(holder[-1], int) or holder[-1] == "new" else holder[:-1]
        if holder:
            node = find(document, holder)
            found.append((node.address, title_of(node, document)))
    return found[::-1]


def said_by(node: Node, document: Mapping[str, Any]) -> list[Line]:
    """What the part says, as it stands in the outline."""
    if node.shape is None:
        return []
    if not node.is_item:
        return _part(node.shape, node.value, document)
    return [Line(title_of(node, document), _lines(node.shape, node.model, node.value, document))]


def place_of(path: Path, data: Mapping[str, Any]) -> tuple[str, str, str]:
    """Where a problem is mended: the address of the part, the id of the field on its page, and the place in words."""
    node, said = find(data, ()), []
    for number, step in enumerate(path):
        shape = shapes_of(node.model).get(str(step)) if isinstance(step, str) else None
        if isinstance(step, int):
            continue
        if shape is None:
            break
        said.append(field_label(node.model, shape.name))
        deeper = path[: number + (2 if shape.is_list else 1)]
        if not shape.is_page:
            suffix = f"_{path[number + 1]}" if shape.form == "text" and len(path) > number + 1 else ""
            suffix = suffix or ("_zh" if shape.form == "text" else "")
            return node.address, f"id_{shape.name}{suffix}", " → ".join(said)
        if shape.is_list and len(deeper) < number + 2:
            return node.address, f"part-{shape.name}", " → ".join(said)
        try:
            node = find(data, deeper)
        except LookupError:
            break
        if node.is_new:
            return node.address, "main", " → ".join(said)
        if shape.is_list:
            said[-1] = title_of(node, data)
    return node.address, "main", " → ".join(said)


def _items(shape: Shape, value: Any, path: Path, document: Mapping[str, Any]) -> list[Line]:
    rows = []
    for place, item in enumerate(value or ()):
        model = model_of(shape, item)
        if model is None:
            continue
        value_of = {"zh": item} if isinstance(item, str) else item
        title = name_of(model, value_of, place + 1, document)
        lines = _lines(shape, model, value_of, document)
        rows.append(Line(title, lines, write_path((*path, place)), _is_illustrative(value_of)))
    return rows


def _lines(shape: Shape, model: type[Strict], value: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[str, ...]:
    if model is Text:
        return (str(value.get("en") or ""),) if value.get("en") else ()
    if shape.form == "conditions":
        words = parameter_words(value, document)
        return (words,) if words else ()
    if model.__name__ == "Clause":
        conditions = [condition_words(it, document) for it in value.get("conditions") or ()]
        return (text_of(value.get("text")), *conditions)
    without = {name: it for name, it in value.items() if name not in HEADINGS}
    words = part_words(model, without, document)
    return (words,) if words else ()


def _part(shape: Shape, value: Any, document: Mapping[str, Any]) -> list[Line]:
    if value is None:
        return []
    fields = shapes_of(shape.model).values()
    return [_field_line(shape.model, inside, value, document) for inside in fields if inside.name != "illustrative"]


def _field_line(model: type[Strict], shape: Shape, value: Any, document: Mapping[str, Any]) -> Line:
    words = field_words(model, shape, value.get(shape.name, plain_default(shape)), document)
    return Line(field_label(model, shape.name), tuple(words.split("\n")))


def _is_illustrative(value: Any) -> bool:
    return isinstance(value, dict) and value.get("illustrative") is True
