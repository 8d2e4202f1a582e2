"""What may be chosen where the schema knows a name only by checking it: facts, tiers, papers of the document, cards."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from portal.policy.editing.shapes import Shape
from portal.policy.facts import FACTS
from portal.policy.labels import field_label, value_labels
from portal.policy.notation import INSURANCES
from portal.policy.schema import PolicyDocument
from portal.policy.schools import school_list_names
from portal.policy.texts import Strict, Text

Choices = list[tuple[str, str]]

VALUES_OF_FACT = {
    "EducationLevel.levels": "education",
    "StudyMode.modes": "study_mode",
    "EmployerKind.kinds": "employer_kind",
    "EmployerKind.kinds_out": "employer_kind",
    "OwnBusiness.roles": "business_role",
    "JobSearchProof.any_of": "job_proofs",
    "Rung.code": "recognitions",
    "RecognisedAs.tiers": "recognitions",
    "CardKind.tiers": "recognitions",
    "UnitRow.tiers": "recognitions",
    "PriceRow.tiers": "recognitions",
}
FACTS_OF_FORM: dict[str, tuple[str, ...]] = {
    "AmountRow.at_most_paid": ("yuan",),
    "Within.anchor": ("date",),
    "NotBefore.fact": ("date",),
    "FactIs.fact": ("choice", "yes_no"),
    "RequiredIf.fact": (),
    "InstalmentRule.recheck": (),
    "Stage.recheck": (),
}


def choices_of(model: type[Strict], shape: Shape, document: Mapping[str, Any]) -> Choices:
    """What may be chosen in a field, each with its label; empty where anything may be written."""
    key = f"{model.__name__}.{shape.name}"
    if shape.choices:
        words = value_labels(model, shape.name)
        return [(value, str(words[value])) for value in shape.choices]
    if key in VALUES_OF_FACT:
        return [(value, str(label)) for value, label in FACTS[VALUES_OF_FACT[key]].choices.items()]
    if key in FACTS_OF_FORM:
        forms = FACTS_OF_FORM[key]
        return [(name, str(spec.label)) for name, spec in FACTS.items() if not forms or spec.form in forms]
    if key == "InsuredMonths.insurances":
        return [(name, str(value_labels(model, shape.name)[name])) for name in INSURANCES]
    if key == "SchoolOnList.school_list":
        return [(name, name) for name in school_list_names()]
    if key == "PolicyDocument.illustrative":
        names = [
            name for name in PolicyDocument.model_fields if name not in ("code", "version", "programme", shape.name)
        ]
        return [(name, field_label(PolicyDocument, name)) for name in names]
    if key == "Clause.papers":
        return _titled(document.get("papers"))
    if key in ("Benefit.kinds", "Benefit.family_of", "CardTerms.family_of"):
        card = document.get("card")
        return _titled(card.get("kinds") if isinstance(card, dict) else ())
    if shape.form == "numbers" and shape.least == 1 and shape.most is not None and shape.most <= 31:
        return [(str(number), str(number)) for number in range(1, shape.most + 1)]
    return []


def hint_of_values(value: Mapping[str, Any]) -> str:
    """Which texts the fact chosen beside a list of values may have; empty where it has no fixed ones."""
    spec = FACTS.get(str(value.get("fact")))
    if spec is None or not spec.choices:
        return ""
    words = _("%(value)s（%(label)s）")
    listed = ", ".join(words % {"value": it, "label": label} for it, label in spec.choices.items())
    return _("现在可以填：%(values)s") % {"values": listed}


def text_of(value: Any) -> str:
    """A plain text of a document in the active language."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("zh"), str) and value["zh"]:
        return str(Text(zh=value["zh"], en=str(value.get("en") or "")))
    return ""


def _titled(rows: Iterable[Any] | None) -> Choices:
    return [(str(row["kind"]), text_of(row.get("title")) or str(row["kind"])) for row in rows or () if "kind" in row]
