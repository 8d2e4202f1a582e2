"""What an applicant writes to have a refusal reconsidered."""

from django import forms
from django.utils.translation import gettext_lazy as _

from applicants.people.fields import PlainForm


class ReconsiderationForm(PlainForm):
    """Why the refusal is wrong. Papers are handed in beside it, one by one."""

    reason = forms.CharField(
        label=_("您为什么不同意"),
        max_length=2000,
        help_text=_("写清楚决定书里哪一点不对、事实是什么、凭哪份材料。最多 2000 个字。"),
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={
            "required": _("请写明您为什么不同意这个决定。"),
            "max_length": _("最多写 2000 个字。"),
        },
    )
