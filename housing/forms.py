"""What the desk's forms about lodging and apartments have alike: places, figures, closures, photos."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy

from applicants.people.fields import NOT_LISTED, OFF, TOO_LONG, LineField, PlainForm
from housing.photos import ACCEPT
from portal.partners.models import PartnerPlace

SHORT = OFF | {"class": "is-short"}
MOST_FEN = 1_000_000_00


def lines_field(label: Any, help_text: Any = "", rows: int = 4) -> forms.CharField:
    """Several lines that may be left empty."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"max_length": TOO_LONG},
    )


def number_field(label: Any, missing: Any, *, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    """A whole number."""
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs=SHORT | {"inputmode": "numeric"}),
        error_messages={
            "required": missing,
            "invalid": gettext_lazy("请填一个整数。"),
            "min_value": gettext_lazy("请填 %(limit_value)s 或更大的整数。"),
            "max_value": gettext_lazy("最多填 %(limit_value)s。"),
        },
    )


class HundredthsField(forms.CharField):
    """A figure with up to two decimals, kept as whole hundredths: yuan as fen, m² as dm²."""

    def __init__(self, *, missing: Any, wrong: Any, most: int, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs=SHORT | {"inputmode": "decimal"})
        figure = RegexValidator(r"\A[0-9]+(\.[0-9]{1,2})?\Z", wrong)
        messages = {"required": missing, "max_length": TOO_LONG}
        super().__init__(max_length=12, widget=widget, validators=[figure], error_messages=messages, **kwargs)
        self.most, self.wrong = most, wrong

    def clean(self, value: Any) -> Any:
        """Whole hundredths. Raises ValidationError."""
        whole, _dot, rest = super().clean(value).partition(".")
        total = int(whole) * 100 + int(rest.ljust(2, "0") or 0)
        if not 0 < total <= self.most:
            raise ValidationError(self.wrong)
        return total

    def prepare_value(self, value: Any) -> Any:
        """Hundredths as people write them."""
        return f"{value / 100:.2f}".removesuffix(".00") if isinstance(value, int) else value


class PlaceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the places of partners; the form gives the queryset."""

    def __init__(self, help_text: Any) -> None:
        messages = {
            "required": gettext_lazy("请选择地点。"),
            "invalid_choice": NOT_LISTED,
            "invalid_pk_value": NOT_LISTED,
        }
        super().__init__(
            label=gettext_lazy("地点"),
            help_text=help_text,
            queryset=None,
            empty_label=gettext_lazy("请选择"),
            error_messages=messages,
        )

    def label_from_instance(self, obj: PartnerPlace) -> str:
        """The place and whose it is."""
        return f"{obj.name} · {obj.partner.name}"


class StockForm(PlainForm):
    """A form about a row with a version."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=999_999_999)

    @classmethod
    def initial_from(cls, row: Any) -> dict[str, Any]:
        """What the form shows of a row that is there."""
        return {name: getattr(row, name) for name in cls.base_fields}

    @property
    def values(self) -> dict[str, Any]:
        """The columns of the row."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("version", "place")}


def closing_reason(help_text: Any) -> LineField:
    """Why something is closed."""
    missing = gettext_lazy("请写明停用的理由。")
    return LineField(label=gettext_lazy("理由"), missing=missing, help_text=help_text, most=120, attrs=OFF)


class ClosureForm(PlainForm):
    """A closure. A subclass has the dates ``from_on`` and ``until_on``, and the sentences that refuse them."""

    too_early: Any
    ends_before: Any

    def __init__(self, *args: Any, earliest: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earliest = earliest

    def clean(self) -> dict[str, Any]:
        """From the earliest date on, and the end not before the beginning."""
        data = super().clean() or {}
        begins, ends = data.get("from_on"), data.get("until_on")
        if begins and begins < self.earliest:
            self.add_error("from_on", self.too_early)
        if begins and ends and ends < begins:
            self.add_error("until_on", self.ends_before)
        return data


class PhotoForm(PlainForm):
    """A picture and what it shows. A subclass says by example what to take, and how to describe it."""

    help_texts: Mapping[str, Any]

    picture = forms.FileField(
        label=gettext_lazy("照片"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={
            "required": gettext_lazy("请选择照片。"),
            "empty": gettext_lazy("这个文件是空的。请重新选择文件。"),
            "invalid": gettext_lazy("请选择照片。"),
        },
    )
    caption_zh = LineField(
        label=gettext_lazy("照片说明"), missing=gettext_lazy("请写明照片上是什么。"), most=60, attrs=OFF
    )
    caption_en = LineField(label=gettext_lazy("英文照片说明"), most=100, attrs=OFF)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in self.help_texts.items():
            self.fields[name].help_text = text
