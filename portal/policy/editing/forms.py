"""The form of one part of a document, made from its model, and what was typed as plain data that the model accepts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from portal.policy.editing.choices import Choices, choices_of, hint_of_values
from portal.policy.editing.shapes import Shape
from portal.policy.editing.tree import Node, plain_default
from portal.policy.labels import field_hint, field_label
from portal.policy.parsing import Problem, problems_in
from portal.ui.widgets import DayInput

LONGEST_TEXT = 5_000
LARGEST = 999_999_999
MOST_LINES = 500
SHORT = {"class": "is-short"}
LONG_TEXTS = frozenset(
    {"summary", "text", "note", "reconsideration", "purpose", "basis", "keeping", "rights", "answer", "zh"}
)


class PlainText(forms.CharField):
    """Text of one or more lines; a line ends with one character, whatever the browser sends."""

    def to_python(self, value: Any) -> Any:
        """The text without space around it."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


class Lines(PlainText):
    """A list written one value per line."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        """The values, without empty lines."""
        lines = [line.strip() for line in (super().to_python(value) or "").split("\n")]
        found = [line for line in lines if line]
        if len(found) > MOST_LINES:
            raise forms.ValidationError(_("项目太多"))
        return found

    def prepare_value(self, value: Any) -> Any:
        """One value per line."""
        return "\n".join(str(it) for it in value) if isinstance(value, list | tuple) else value

    def run_validators(self, value: Any) -> None:
        """Each line is checked as a text of its own."""
        for line in value:
            super().run_validators(line)


class Numbers(Lines):
    """Whole numbers, one per line."""

    def to_python(self, value: Any) -> Any:
        """The numbers as they are typed; the model says which may stand there."""
        found = super().to_python(value)
        if not all(line.isascii() and line.isdigit() and len(line) <= 9 for line in found):
            raise forms.ValidationError(_("每行一个整数"))
        return found


class PartForm(forms.Form):
    """The fields of ``node`` that are no parts themselves. Valid, it holds the part's new plain value in ``result``.

    ``document`` is the whole plain data, from which papers and cards are chosen.
    """

    def __init__(self, node: Node, document: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="id_%s")
        self.node, self.document = node, document
        self.result: dict[str, Any] = dict(node.value)
        for shape in node.fields:
            value = node.value.get(shape.name, plain_default(shape))
            self._add_fields(shape, value)

    def _add_fields(self, shape: Shape, value: Any) -> None:
        label, hint = field_label(self.node.model, shape.name), field_hint(self.node.model, shape.name)
        common = {"label": label, "help_text": hint, "required": shape.is_required, "initial": value}
        if shape.form == "text":
            self._add_text(shape, value, label, hint)
            return
        choices = choices_of(self.node.model, shape, self.document)
        if choices:
            self.fields[shape.name] = _choice_field(shape, _with_stored(choices, value), common)
            return
        if shape.form == "lines" and shape.name == "values":
            common["help_text"] = " ".join(filter(None, [hint, hint_of_values(self.node.value)]))
        self.fields[shape.name] = _field(shape, common)

    def _add_text(self, shape: Shape, value: Any, label: str, hint: str) -> None:
        value = {"zh": value} if isinstance(value, str) else value or {}
        rows = 4 if shape.name in LONG_TEXTS else 2
        words = {"zh": _("%(label)s（中文）"), "en": _("%(label)s（英文）")}
        for language, sentence in words.items():
            self.fields[f"{shape.name}_{language}"] = PlainText(
                label=sentence % {"label": label},
                help_text=hint if language == "zh" else "",
                required=shape.is_required and language == "zh",
                initial=value.get(language, ""),
                max_length=LONGEST_TEXT,
                widget=forms.Textarea(attrs={"rows": rows, "lang": "en" if language == "en" else "zh-Hans"}),
            )

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        """The fields in their order; the two languages of one text side by side."""
        found: list[list[forms.BoundField]] = []
        for bound in self:
            if bound.name.endswith("_en") and found and found[-1][0].name == f"{bound.name[:-3]}_zh":
                found[-1].append(bound)
            else:
                found.append([bound])
        return found

    def clean(self) -> dict[str, Any]:
        """Put what was typed into the part's plain value and let the model judge it."""
        for shape in self.node.fields:
            if shape.form == "text":
                if f"{shape.name}_zh" in self.cleaned_data and f"{shape.name}_en" in self.cleaned_data:
                    self.result[shape.name] = self._text(shape.name)
            elif shape.name in self.cleaned_data:
                self.result[shape.name] = self._plain(shape, self.cleaned_data[shape.name])
        try:
            self.node.model.model_validate(self.result)
        except ValidationError as error:
            for problem in problems_in(error, self.result):
                self._take(problem)
        return self.cleaned_data

    def _text(self, name: str) -> dict[str, str] | None:
        chinese, english = self.cleaned_data[f"{name}_zh"], self.cleaned_data[f"{name}_en"]
        return {"zh": chinese, "en": english} if chinese or english else None

    def _plain(self, shape: Shape, value: Any) -> Any:
        if isinstance(value, list):
            found = [int(it) for it in value] if shape.form == "numbers" else value
            is_ticked = isinstance(self.fields[shape.name], forms.MultipleChoiceField)
            return _in_stored_order(found, self.node.value.get(shape.name)) if is_ticked else found
        if value is None or value == "":
            return plain_default(shape)
        if isinstance(value, Decimal):
            return str(value)
        return value.isoformat() if hasattr(value, "isoformat") else value

    def _take(self, problem: Problem) -> None:
        """Show a problem beside its field. Those of parts with pages of their own are shown where the parts are."""
        shapes = {shape.name: shape for shape in self.node.fields}
        if not problem.path:
            if not self.node.pages:
                self.add_error(None, problem.text)
            return
        name = str(problem.path[0])
        if name not in shapes:
            return
        if shapes[name].form == "text":
            language = problem.path[1] if len(problem.path) > 1 else "zh"
            name = f"{name}_{language if language in ('zh', 'en') else 'zh'}"
        if name not in self.errors:
            self.add_error(name, problem.text)


def _field(shape: Shape, common: dict[str, Any]) -> forms.Field:
    if shape.form == "tick":
        return forms.BooleanField(**common | {"required": False})
    if shape.form == "day":
        return forms.DateField(widget=DayInput(attrs=SHORT), **common)
    if shape.form == "money":
        return forms.DecimalField(max_digits=12, widget=forms.NumberInput(attrs={**SHORT, "step": "any"}), **common)
    if shape.form == "whole":
        limits = {"min": shape.least, "max": shape.most}
        attrs = SHORT | {name: str(limit) for name, limit in limits.items() if limit is not None}
        return forms.IntegerField(
            widget=forms.NumberInput(attrs=attrs),
            max_value=None if shape.most is not None else LARGEST,
            error_messages={"invalid": gettext_lazy("应为整数")},
            **common,
        )
    if shape.form in ("lines", "numbers"):
        kind = Numbers if shape.form == "numbers" else Lines
        return kind(max_length=200, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}), **common)
    return PlainText(max_length=200, **common)


def _choice_field(shape: Shape, choices: Choices, common: dict[str, Any]) -> forms.Field:
    if shape.form in ("ticks", "lines", "numbers"):
        widget = forms.CheckboxSelectMultiple
        initial = [str(it) for it in common["initial"] or ()]
        return forms.MultipleChoiceField(choices=choices, widget=widget, **common | {"initial": initial})
    is_open = not shape.is_required and shape.default is None
    empty = [("", _("无") if is_open else _("请选择"))] if is_open or shape.is_required else []
    return forms.ChoiceField(choices=[*empty, *choices], **common)


def _with_stored(choices: Choices, value: Any) -> Choices:
    """What stands in the document stays on offer, even where the paper or card it names is gone."""
    stored = value if isinstance(value, list | tuple) else [value]
    known = {name for name, _label in choices}
    return [*choices, *((str(it), str(it)) for it in stored if it is not None and str(it) not in known)]


def _in_stored_order(found: list[Any], stored: Any) -> list[Any]:
    """What is ticked comes in the order of the form: what was there keeps its own order, the rest follows."""
    if not isinstance(stored, list) or len(set(found)) < len(found):
        return found
    return [*(it for it in stored if it in found), *(it for it in found if it not in stored)]
