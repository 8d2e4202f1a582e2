"""Forms about what comes up in a card's life."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from applicants.people.fields import DayField, LineField, PlainForm, ReasonForm
from applicants.people.numbers import parse_credit_code


class WhyForm(ReasonForm):
    """Why the holder does not agree with what was decided about their card."""

    reason = forms.CharField(
        label=gettext_lazy("您为什么不同意"),
        help_text=gettext_lazy("写明事实和理由。有证明材料的，请带到窗口。"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=2000,
        error_messages={"required": gettext_lazy("请写明您的理由。")},
    )


class AnswerForm(ReasonForm):
    """The answer to a reconsideration."""

    upheld = gettext_lazy("支持，卡恢复使用")
    outcome = forms.ChoiceField(
        label=gettext_lazy("决定"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选择一项。"), "invalid_choice": gettext_lazy("请选择一项。")},
    )
    field_order = ("outcome", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = [("upheld", self.upheld), ("dismissed", gettext_lazy("维持原决定"))]


class EmployerForm(PlainForm):
    """A change of employer, as its holder reports it."""

    employer_name = LineField(
        label=gettext_lazy("新单位名称"),
        missing=gettext_lazy("请填写用人单位名称。"),
        attrs={"autocomplete": "organization"},
    )
    credit_code = LineField(
        label=gettext_lazy("统一社会信用代码"),
        missing=gettext_lazy("请填写统一社会信用代码。"),
        parse=parse_credit_code,
        help_text=gettext_lazy("18 位，在营业执照或登记证书上。"),
    )
    started_on = DayField(label=gettext_lazy("入职日期"), missing=gettext_lazy("请填写入职日期。"))

    def values(self) -> dict[str, Any]:
        """What is reported, in plain JSON."""
        return {**self.cleaned_data, "started_on": self.cleaned_data["started_on"].isoformat()}
