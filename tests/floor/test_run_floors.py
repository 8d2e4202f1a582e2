"""Which part may know which: what import-linter cannot see."""

from django.apps import apps

FLOORS = [
    {"clock", "locks", "sms", "vault"},
    {"ui"},
    {"accounts"},
    {"api"},
    {"audit", "notifications"},
    {"policy"},
    {"people"},
    {"registers"},
    {"recovery"},
    {"partners"},
    {"casework"},
    {"cards"},
    {"subsidies"},
    {"housing", "lodging", "apartments"},
    {"demo"},
]


def floor_of(label: str) -> int | None:
    return next((number for number, labels in enumerate(FLOORS) if label in labels), None)


def test_a_foreign_key_points_to_its_own_app_or_to_a_floor_below():
    upwards = [
        f"{field.model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model is not None
        if (here := floor_of(model._meta.app_label)) is not None
        if (there := floor_of(field.related_model._meta.app_label)) is not None
        if model._meta.app_label != field.related_model._meta.app_label and there >= here
    ]
    assert upwards == []


def test_every_app_of_ours_stands_on_a_floor():
    ours = ("portal.", "applicants.", "subsidies", "housing")
    assert {config.label for config in apps.get_app_configs() if config.name.startswith(ours)} == set.union(*FLOORS)
