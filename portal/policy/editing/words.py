"""Parts of a document's plain data in words, for outlines and comparisons, in the active language."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.policy.editing.choices import choices_of, text_of
from portal.policy.editing.shapes import CONDITIONS, Shape, model_of, shapes_of
from portal.policy.editing.tree import plain_default
from portal.policy.labels import field_label, kind_label
from portal.policy.texts import Strict, Text
from portal.ui.figures import day_text, listed

NAMED_BY = ("code", "stage", "label", "title", "question", "name", "kind")


def name_of(model: type[Strict], value: Any, number: int, document: Mapping[str, Any]) -> str:
    """What one of a list is called: its number, title or kind; ``number`` counts from 1 where it has none."""
    if model is Text:
        return text_of(value)
    kind = value.get("kind")
    if model.__name__ != "Group" and "kind" not in shapes_of(model) and isinstance(kind, str):
        return kind_label(kind)
    for field in NAMED_BY:
        shape = shapes_of(model).get(field)
        if shape is not None and value.get(field):
            return field_words(model, shape, value[field], document)
    return _("第 %(number)s 项") % {"number": number}


def field_words(model: type[Strict], shape: Shape, value: Any, document: Mapping[str, Any]) -> str:
    """The value of one field in words; what is not given is “无”."""
    if value is None or value == "" or value == [] or value == ():
        return _("无")
    if shape.is_list:
        return _between_items(_item_words(shape, it, document) for it in value)
    if shape.form == "part":
        return part_words(shape.model, value, document) or _("无")
    if shape.form == "text":
        return text_of(value)
    if shape.form == "tick":
        return _("是") if value else _("否")
    if shape.form == "day":
        return _day_words(value)
    if shape.form == "money":
        return _money_words(value)
    labels = dict(choices_of(model, shape, document))
    if isinstance(value, list | tuple):
        return listed(labels.get(str(it), str(it)) for it in value)
    return labels.get(str(value), str(value))


def part_words(model: type[Strict], value: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """A part in one line: every field that is not as it is by default, with its label."""
    said = []
    for name, shape in shapes_of(model).items():
        inside = value.get(name)
        if inside is None or (inside == plain_default(shape) and not shape.is_required):
            continue
        words = field_words(model, shape, inside, document)
        said.append(_("%(label)s：%(value)s") % {"label": field_label(model, name), "value": words})
    return _between_items(said)


def condition_words(value: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """A condition in one line: its kind, and its parameters behind it."""
    kind, inside = kind_label(value["kind"]), parameter_words(value, document)
    return _("%(name)s（%(inside)s）") % {"name": kind, "inside": inside} if inside else kind


def parameter_words(value: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """The parameters of a condition, or what is in a group."""
    if value["kind"] in ("all", "any"):
        return _between_items(condition_words(it, document) for it in value.get("of") or ())
    kind, words = kind_label(value["kind"]), part_words(CONDITIONS[value["kind"]], value, document)
    return words.removeprefix(_("%(label)s：%(value)s") % {"label": kind, "value": ""})


def _item_words(shape: Shape, value: Any, document: Mapping[str, Any]) -> str:
    model = model_of(shape, value)
    if model is None:
        return str(value)
    if model is Text:
        return text_of(value)
    if shape.form == "conditions":
        return condition_words(value, document)
    return part_words(model, value, document)


def _between_items(items: Any) -> str:
    return pgettext("between two parts", "；").join(items)


def _day_words(value: Any) -> str:
    try:
        return day_text(date.fromisoformat(value))
    except (TypeError, ValueError):
        return str(value)


def _money_words(value: Any) -> str:
    try:
        return f"{Decimal(str(value)).normalize():,f}"
    except InvalidOperation:
        return str(value)
