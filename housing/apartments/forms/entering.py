"""Entering a round: the wishes, from what the round has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.fields import PickField, PlainForm
from housing.apartments.forms.applying import type_label
from housing.apartments.models import Unit, UnitType
from housing.apartments.services.applying import types_sentence


class EnterForm(PlainForm):
    """Up to three kinds of unit, the one liked most first."""

    first = PickField(
        label=gettext_lazy("最想要的房型"), widget=forms.Select, missing=gettext_lazy("请选择最想要的房型。")
    )
    second = PickField(label=gettext_lazy("其次"), widget=forms.Select)
    third = PickField(label=gettext_lazy("再次"), widget=forms.Select)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        types: Sequence[UnitType],
        liked: Sequence[UnitType],
        household_size: int,
    ) -> None:
        self.types = {it.code: it for it in types if it.is_for(household_size)}
        self.household_size = household_size
        proposed = [it.code for it in liked if it.code in self.types]
        super().__init__(data, initial=dict(zip(self.base_fields, proposed, strict=False)))
        choices = [("", _("请选择")), *((code, type_label(it)) for code, it in self.types.items())]
        for number, field in enumerate(list(self.fields)):
            self.fields[field].choices = choices
            if number >= max(len(self.types), 1):
                del self.fields[field]

    def clean(self) -> dict[str, Any]:
        """Kinds that differ."""
        data = super().clean()
        if not self.errors and (why := types_sentence(self.chosen(), self.household_size)):
            self.add_error("second" if "second" in self.fields else "first", why)
        return data

    def chosen(self) -> list[UnitType]:
        """The kinds, the one liked most first; call on cleaned data."""
        return [self.types[code] for name in self.fields if (code := self.cleaned_data.get(name)) in self.types]


class AnswerForm(PlainForm):
    """The unit that is picked, where an offer names none; empty takes any."""

    unit = PickField(label=gettext_lazy("选哪一套"))

    def __init__(self, data: Mapping[str, Any] | None = None, *, units: Sequence[Unit]) -> None:
        super().__init__(data)
        anything = ("", _("哪一套都可以"))
        self.fields["unit"].choices = [anything, *((str(it.pk), f"{it.building.name} {it.label}") for it in units)]
