"""Forms of the page of one person: another paper's holder to link with, and reasons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from applicants.people.fields import OFF, LineField, PlainForm


class NumberForm(PlainForm):
    """A number of any identity paper. Sent by POST: no number stands in an address."""

    number = LineField(
        label=gettext_lazy("证件号码"),
        missing=gettext_lazy("请填写证件号码。"),
        help_text=gettext_lazy("居民身份证、居住证、永久居留证、通行证、护照都可以。要填完整的号码。"),
        attrs=OFF | {"maxlength": "40"},
    )


class LinkForm(NumberForm):
    """The number of the other paper, and why the two are one person."""

    reason = forms.CharField(
        label=gettext_lazy("关联的理由"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        help_text=gettext_lazy("例如：本人到柜台出示了通行证和居住证，姓名、出生日期和照片一致。"),
        error_messages={"required": gettext_lazy("请写明关联的理由，例如核对了哪两本证件。")},
    )
    other = forms.ChoiceField(
        label=gettext_lazy("关联哪一位"),
        required=False,
        widget=forms.RadioSelect,
        choices=(),
        error_messages={"invalid_choice": gettext_lazy("请从列出的选项里选一项。")},
    )

    def offer(self, choices: list[tuple[str, Any]]) -> None:
        """Let one of several holders of the number be chosen."""
        field = self.fields["other"]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


class UnlinkForm(PlainForm):
    """Why a link is taken back."""

    reason = forms.CharField(
        label=gettext_lazy("取消关联的理由"),
        max_length=500,
        error_messages={"required": gettext_lazy("请写明取消关联的理由。")},
    )
