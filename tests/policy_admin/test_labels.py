"""Every field and every choice of the schema has a word; a new one fails here until somebody has named it."""

from portal.policy.choice_labels import KINDS, VALUES
from portal.policy.conditions import KINDS as CONDITION_KINDS
from portal.policy.editing.choices import choices_of
from portal.policy.editing.shapes import CONDITIONS, shapes_of
from portal.policy.labels import LABELS, field_label, kind_label, value_labels
from portal.policy.schema import PolicyDocument
from portal.policy.texts import Strict, Text
from tests.policy.qualifying import document


def models() -> set[type[Strict]]:
    seen: set[type[Strict]] = set()
    waiting: list[type[Strict]] = [PolicyDocument, Text, *CONDITIONS.values()]
    while waiting:
        model = waiting.pop()
        if model not in seen:
            seen.add(model)
            waiting += [shape.model for shape in shapes_of(model).values() if shape.form in ("part", "parts")]
    return seen


def test_every_field_of_every_model_has_a_label() -> None:
    unnamed = []
    for model in models():
        for name in model.model_fields:
            if name == "kind" and model in CONDITIONS.values():
                continue  # named by the kind itself
            try:
                assert field_label(model, name)
            except KeyError as missing:
                unnamed.append(str(missing))
    assert unnamed == []


def test_every_kind_of_condition_has_a_label() -> None:
    assert set(KINDS) == set(CONDITION_KINDS)
    assert all(kind_label(kind) for kind in CONDITION_KINDS)


def test_every_choice_has_a_label_and_every_label_a_choice() -> None:
    data = document("CARD-2023").model_dump(mode="json")
    used = {"stage", "insurances"}
    for model in models():
        for shape in shapes_of(model).values():
            for value, label in choices_of(model, shape, data):
                assert label, (model, shape.name, value)
            if shape.choices:
                assert set(shape.choices) <= set(value_labels(model, shape.name)), (model, shape.name)
                key = f"{model.__name__}.{shape.name}"
                used.add(key if key in VALUES else shape.name)
    assert used == set(VALUES)


def test_no_label_is_of_a_field_that_is_gone() -> None:
    names = {name for model in models() for name in model.model_fields}
    known = {base.__name__ for model in models() for base in model.__mro__}
    assert [key for key in LABELS if key.split(".")[0] not in known | {"*"} or key.split(".")[1] not in names] == []
