"""Common ground of the section forms: bound to a person and a day, whole for a draft or limited for a correction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _

from applicants.people.fields import PlainForm
from applicants.people.labels import FIELD_LABELS
from applicants.people.models import Person
from portal.ui.figures import day_text

EARLIEST_DAY = date(1950, 1, 1)
CODE_ATTRS = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
DIGIT_ATTRS = {"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}


class SectionForm(PlainForm):
    """A form of one section.

    ``only`` names the answers that may be changed (a correction); the other fields are shown, disabled and unchanged.
    """

    section: ClassVar[str] = ""
    answers: ClassVar[tuple[str, ...]] = ()
    answer_behind: ClassVar[Mapping[str, str]] = {}  # form field → answer, where their names differ
    opened_by: ClassVar[Mapping[str, str]] = {}  # answer → the answer whose correction opens it too
    insured_rows: ClassVar[Sequence[Any]] = ()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        person: Person,
        on: date,
        only: Collection[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, initial=self.initial_from(person), **kwargs)
        self.person, self.on = person, on
        for name, field in self.fields.items():
            if field.label is None:
                field.label = FIELD_LABELS[self.section][name]
            answer = self._answer(name)
            if only is not None and answer not in only and self.opened_by.get(answer) not in only:
                self.lock(name)

    @classmethod
    def initial_from(cls, person: Person) -> dict[str, Any]:
        """What the person has answered so far, by form field."""
        raise NotImplementedError

    def lock(self, name: str) -> None:
        """Show the field, and keep what is stored whatever is sent."""
        self.fields[name].disabled = True
        self.fields[name].required = False

    def is_open(self, name: str) -> bool:
        """Whether any field of the answer ``name`` may be changed."""
        return any(not field.disabled for key, field in self.fields.items() if self._answer(key) == name)

    def add_error(self, field: str | None, error: Any) -> None:
        """Say nothing against what cannot be changed here."""
        if field is None or not self.fields[field].disabled:
            super().add_error(field, error)

    @property
    def values(self) -> dict[str, Any]:
        """The answers to save, by name; of a valid form."""
        return {name: self.cleaned_data[name] for name in self.answers if self.is_open(name)}

    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that are rendered one below the other."""
        return list(self)

    def must_be_past(self, *names: str) -> None:
        """Refuse days after today and before anyone's memory."""
        for name in names:
            day = self.cleaned_data.get(name)
            if day and day > self.on:
                self.add_error(name, _("日期不能晚于今天（%(today)s）。请核对。") % {"today": day_text(self.on)})
            elif day and day < EARLIEST_DAY:
                self.add_error(name, _("年份太早了。请核对，年份要写四位，例如 2023。"))

    def _answer(self, name: str) -> str:
        return self.answer_behind.get(name, name)
