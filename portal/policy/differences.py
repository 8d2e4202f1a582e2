"""What differs between two versions of a policy: clause by clause, part by part, before and after in words.

Pure: two documents in, sentences out. Parts are told apart by what people call them (clause number, kind of paper,
stage), so a part that only moved is not shown as changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.policy.editing.choices import text_of
from portal.policy.editing.shapes import Shape, model_of, shapes_of
from portal.policy.editing.tree import plain_default
from portal.policy.editing.words import condition_words, field_words, name_of, part_words
from portal.policy.labels import field_label
from portal.policy.schema import PolicyDocument
from portal.policy.texts import Strict, Text

KEYS = ("code", "kind", "stage", "name", "scheme")  # by which a part of a list is the same one in both versions


@dataclass(frozen=True)
class Change:
    """One change: where, and what it said before and says now. Empty ``before``: added; empty ``after``: taken out."""

    place: str
    before: str
    after: str


@dataclass(frozen=True)
class Group:
    """The changes of one clause, or of one part of the document such as its amounts or its route."""

    title: str
    changes: tuple[Change, ...]


def differences(before: PolicyDocument, after: PolicyDocument) -> tuple[Group, ...]:
    """What changed from one document to the other, in the order of the schema; nothing for equal ones."""
    return differences_in(before.model_dump(mode="json"), after.model_dump(mode="json"))


def differences_in(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Group, ...]:
    """The same of plain data: a draft can be compared before it is finished."""
    comparing = _Comparing(before, after)
    shapes = shapes_of(PolicyDocument)
    plain = [shape for shape in shapes.values() if not shape.is_page]
    groups = [Group(_("基本内容"), tuple(comparing.fields(PolicyDocument, plain, before, after, "")))]
    for shape in shapes.values():
        if shape.name == "clauses":
            groups += comparing.clauses(shape)
        elif shape.is_page:
            title = field_label(PolicyDocument, shape.name)
            groups.append(Group(title, tuple(comparing.fields(PolicyDocument, [shape], before, after, ""))))
    return tuple(group for group in groups if group.changes)


@dataclass(frozen=True)
class _Comparing:
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def clauses(self, shape: Shape) -> list[Group]:
        old, new = _keyed(self.before.get("clauses")), _keyed(self.after.get("clauses"))
        groups = []
        for key in dict.fromkeys([*old, *new]):
            one, other = old.get(key), new.get(key)
            if one is None or other is None:
                changes: Iterable[Change] = [Change("", self._clause(one, old=True), self._clause(other, old=False))]
            else:
                changes = self.fields(shape.model, shapes_of(shape.model).values(), one, other, "")
            code = (one or other or {}).get("code", "")
            groups.append(Group(_("条款 %(code)s") % {"code": code}, tuple(changes)))
        order = [list(filter(other.__contains__, one)) for one, other in ((old, new), (new, old))]
        if order[0] != order[1]:
            texts = [", ".join(str(key[0]) for key in keys) for keys in order]
            groups.append(Group(_("条款的顺序"), (Change("", texts[0], texts[1]),)))
        return groups

    def _clause(self, clause: Mapping[str, Any] | None, *, old: bool) -> str:
        if clause is None:
            return ""
        document = self.before if old else self.after
        conditions = [condition_words(it, document) for it in clause.get("conditions") or ()]
        return "\n".join([text_of(clause.get("text")), *conditions])

    def fields(
        self, model: type[Strict], shapes: Iterable[Shape], old: Mapping[str, Any], new: Mapping[str, Any], place: str
    ) -> list[Change]:
        found: list[Change] = []
        for shape in shapes:
            one, other = (side.get(shape.name, plain_default(shape)) for side in (old, new))
            if one == other:
                continue
            here = _joined(place, field_label(model, shape.name)) if place or model is not PolicyDocument else ""
            here = here or ("" if shape.is_page else field_label(model, shape.name))
            if shape.is_list:
                found += self._lists(shape, one or [], other or [], here)
            elif shape.form == "text":
                found += self._texts(one, other, here)
            elif shape.form == "part" and one and other:
                found += self.fields(shape.model, shapes_of(shape.model).values(), one, other, here)
            else:
                words = [field_words(model, shape, it, side) for it, side in ((one, self.before), (other, self.after))]
                if shape.form == "part":
                    words = ["" if it is None else text for it, text in zip((one, other), words, strict=True)]
                found.append(Change(here, *words))
        return found

    def _lists(self, shape: Shape, old: list[Any], new: list[Any], place: str) -> list[Change]:
        before, after = _keyed(old), _keyed(new)
        if shape.model is Text and len(old) == len(new):  # texts have no names: in place they are the same one
            before, after = ({(number, 0): row for number, row in enumerate(rows)} for rows in (old, new))
        found: list[Change] = []
        for number, key in enumerate(dict.fromkeys([*before, *after]), start=1):
            one, other = before.get(key), after.get(key)
            if one == other:
                continue
            model = model_of(shape, other if one is None else one)
            if model is None:
                continue
            here = _joined(place, self._name(model, one or other, number))
            if model is Text and one and other:
                found += self._texts(one, other, here)
            elif one is not None and other is not None:
                found += self.fields(model, shapes_of(model).values(), one, other, here)
            else:
                words = [self._whole(shape, it, side) for it, side in ((one, self.before), (other, self.after))]
                found.append(Change(here, *words))
        if not found and list(before) != list(after):
            words = [field_words(PolicyDocument, shape, rows, self.after) for rows in (old, new)]
            found.append(Change(_joined(place, _("顺序")), *words))
        return found

    def _name(self, model: type[Strict], value: Any, number: int) -> str:
        if model is Text:
            return _("第 %(number)s 项") % {"number": number}
        return name_of(model, value, number, self.after)

    def _whole(self, shape: Shape, value: Any, document: Mapping[str, Any]) -> str:
        if value is None:
            return ""
        if shape.form == "conditions":
            return condition_words(value, document)
        return text_of(value) if shape.model is Text else part_words(shape.model, value, document)

    @staticmethod
    def _texts(one: Any, other: Any, place: str) -> list[Change]:
        old, new = ({"zh": it} if isinstance(it, str) else it or {} for it in (one, other))
        words = {"zh": _("%(label)s（中文）"), "en": _("%(label)s（英文）")}
        return [
            Change(words[language] % {"label": place}, old.get(language) or "", new.get(language) or "")
            for language in ("zh", "en")
            if (old.get(language) or "") != (new.get(language) or "")
        ]


def _keyed(rows: Any) -> dict[tuple[Any, int], Any]:
    """The parts of a list by what names them; those of one name are counted."""
    found: dict[tuple[Any, int], Any] = {}
    for number, row in enumerate(rows or ()):
        key: Any = next((row[name] for name in KEYS if isinstance(row.get(name), str)), None)
        if key is None:
            label = row.get("label") or row.get("question") or row.get("title")
            key = label["zh"] if isinstance(label, dict) else (row.get("zh") or number)
        count = 0
        while (key, count) in found:
            count += 1
        found[key, count] = row
    return found


def _joined(*places: str) -> str:
    return " → ".join(filter(None, places))
