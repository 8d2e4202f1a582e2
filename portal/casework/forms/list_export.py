"""What is asked before a list of applications is taken along."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.fields import PlainForm

MASKED, UNMASKED = "masked", "unmasked"


class ListExportForm(PlainForm):
    """Masked or not; unmasked needs a reason, and is offered to administrators only."""

    masking = forms.ChoiceField(
        label=gettext_lazy("姓名和号码"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选择要不要遮盖。")},
    )
    reason = forms.CharField(
        label=gettext_lazy("为什么需要不遮盖的名单"),
        help_text=gettext_lazy("只有选了不遮盖才要填。和您的名字、时间、件数一起留痕。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        required=False,
    )

    def __init__(self, data: Any = None, *, may_unmask: bool) -> None:
        super().__init__(data, initial={"masking": MASKED})
        choices = [(MASKED, _("遮盖：林**，3505**********2718"))]
        if may_unmask:
            choices.append((UNMASKED, _("不遮盖：完整的姓名、证件号和手机号")))
        else:
            del self.fields["reason"]
        self.fields["masking"].choices = choices

    def clean(self) -> dict[str, Any]:
        """Ask for the reason where names are shown."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("masking") == UNMASKED and not cleaned.get("reason", "").strip() and "reason" not in self.errors:
            self.add_error("reason", _("请写明为什么需要不遮盖的名单。"))
        return cleaned
