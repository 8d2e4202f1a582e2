"""What a clerk takes in for somebody without an account."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from applicants.people.fields import DayField, PlainForm
from applicants.people.papers import ACCEPT


class SignedByHandForm(PlainForm):
    """The scan of what was signed by hand, and that the clerk looked at who signed."""

    file = forms.FileField(
        label=gettext_lazy("本人签名的纸"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages=dict.fromkeys(("required", "invalid", "missing"), gettext_lazy("请先选择要上传的文件。")),
    )
    is_compared = forms.BooleanField(
        label=gettext_lazy("我核对了证件，本人当面签的名"),
        error_messages={"required": gettext_lazy("请先核对本人的证件，再勾选。")},
    )


class NoticeByHandForm(PlainForm):
    """The last day in the unit, as it stands on the paper."""

    until = DayField(label=gettext_lazy("最后一天"), missing=gettext_lazy("请选择最后一天。"))
