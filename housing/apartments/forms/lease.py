"""Forms about leases: signing, handing over, cancelling; and the text of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.fields import TOO_LONG, DayField, LineField, PickField, PlainForm
from housing.apartments.models import Handover, HandoverLine
from housing.apartments.services.contract_texts import wrong_places
from housing.apartments.services.handing_over import METERS, Line
from housing.photos import ACCEPT

Condition = HandoverLine.Condition
METER_LABELS = {"water": gettext_lazy("水表读数"), "power": gettext_lazy("电表读数"), "gas": gettext_lazy("燃气表读数")}
MOST_CHARACTERS = 40_000  # of a contract's text


class SignForm(PlainForm):
    """That it was read, and which bytes were shown."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    agreed = forms.BooleanField(
        label=gettext_lazy("我已看过全文，同意签署"),
        error_messages={"required": gettext_lazy("请先看过全文，再勾选。")},
    )


class SignListForm(SignForm):
    """The same of a list of what was handed over."""

    agreed = forms.BooleanField(
        label=gettext_lazy("清单和实际一样，我签字"),
        error_messages={"required": gettext_lazy("请先核对清单，再勾选。")},
    )


class HandoverPhotoForm(PlainForm):
    """One more picture of what is handed over, and what is on it."""

    picture = forms.FileField(
        label=gettext_lazy("照片"),
        help_text=gettext_lazy("JPEG 或 PNG，最多 10 MB"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages=dict.fromkeys(("required", "invalid", "missing"), gettext_lazy("请选择要上传的照片。")),
    )
    caption = LineField(label=gettext_lazy("照片里是什么"), missing=gettext_lazy("请写明照片里是什么。"))


class HandoverForm(PlainForm):
    """Day, keys, meters, and the condition of every item of the inventory.

    ``items`` are the lines to be looked at; ``lines`` gives them as they were found. Whoever inspects a way out adds
    fields of their own.
    """

    on = DayField(label=gettext_lazy("交接日期"), missing=gettext_lazy("请填写交接日期。"))
    key_count = forms.IntegerField(
        label=gettext_lazy("钥匙和门卡"),
        help_text=gettext_lazy("一共几把"),
        min_value=0,
        max_value=50,
        widget=forms.NumberInput(attrs={"class": "is-short", "inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), gettext_lazy("请填写 0 到 50。")
        ),
    )
    note = forms.CharField(
        label=gettext_lazy("其他要记下的"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": TOO_LONG},
    )

    def __init__(self, *args: Any, items: Sequence[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for name in METERS:
            self.fields[name] = LineField(label=METER_LABELS[name], most=20, attrs={"class": "is-short",
                                          "inputmode": "decimal"})  # fmt: skip
        for item in items:
            self.fields[f"condition_{item.position}"] = PickField(
                label=gettext_lazy("状况"),
                choices=Condition.choices,
                widget=forms.Select,
                missing=gettext_lazy("请选择状况。"),
            )
            self.fields[f"note_{item.position}"] = LineField(label=gettext_lazy("说明"), most=120)

    @classmethod
    def initial_of(cls, written: Handover) -> dict[str, Any]:
        """What was written down before, to be written anew."""
        found = {"on": written.on, "key_count": written.key_count, "note": written.note, **written.meters}
        for line in written.lines.all():
            found |= {f"condition_{line.position}": line.condition, f"note_{line.position}": line.note}
        return found

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The items with their fields, for the page."""
        return [
            {"item": item, "condition": self[f"condition_{item.position}"], "note": self[f"note_{item.position}"]}
            for item in self.items
        ]

    @property
    def meters(self) -> dict[str, str]:
        """What the meters showed, where it was written down."""
        return {name: self.cleaned_data[name] for name in METERS if self.cleaned_data.get(name)}

    @property
    def meter_fields(self) -> list[Any]:
        """The fields of the meters, for the page."""
        return [self[name] for name in METERS]

    @property
    def lines(self) -> list[Line]:
        """The items as they were found."""
        data = self.cleaned_data
        return [
            replace(it, condition=data[f"condition_{it.position}"], note=data[f"note_{it.position}"])
            for it in self.items
        ]


class TextForm(PlainForm):
    """The text of the contract."""

    body_zh = forms.CharField(
        label=gettext_lazy("中文文本"),
        help_text=gettext_lazy("段落之间空一行。标题以“# ”开头，小标题以“## ”开头。花括号里的占位符由系统填写。"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 24}),
        error_messages={"required": gettext_lazy("请填写中文文本。"), "max_length": TOO_LONG},
    )
    body_en = forms.CharField(
        label=gettext_lazy("英文文本"),
        help_text=gettext_lazy("供承租人参考，以中文为准。"),
        required=False,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 16, "lang": "en"}),
        error_messages={"max_length": TOO_LONG},
    )

    def clean_body_zh(self) -> str:
        """Every place is known."""
        return _known(self.cleaned_data["body_zh"])

    def clean_body_en(self) -> str:
        """Every place is known."""
        return _known(self.cleaned_data["body_en"])


def _known(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if wrong := wrong_places(text):
        raise ValidationError(_("这些占位符不认识：%(names)s。") % {"names": " ".join(dict.fromkeys(wrong))})
    return text
