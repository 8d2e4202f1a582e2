"""Forms of signing in by phone."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.accounts.phones import PhoneUnreadable, read_phone


class PhoneForm(forms.Form):
    """A mobile number; the cleaned one is in E.164."""

    phone = forms.CharField(
        label=_("手机号码"),
        help_text=_("内地以外的号码，请在前面加“+”和国家或地区代码"),
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )

    def clean_phone(self) -> str:
        """Read the number."""
        try:
            return read_phone(self.cleaned_data["phone"])
        except PhoneUnreadable as problem:
            raise ValidationError(str(problem)) from None


class CodeForm(forms.Form):
    """A code from a message, however it was typed."""

    code = forms.CharField(
        label=_("验证码"),
        help_text=_("短信里的 6 位数字"),
        widget=forms.TextInput(
            attrs={"class": "is-short", "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "20"}
        ),
    )

    def clean_code(self) -> str:
        """The digits alone."""
        return "".join(unicodedata.normalize("NFKC", self.cleaned_data["code"]).split())

    def refuse(self, sentence: Any) -> None:
        """Say beside the field what is wrong with the code."""
        self.add_error("code", sentence)
