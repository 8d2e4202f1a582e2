"""Forms of giving an account back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from applicants.people.choices import NumberKind
from applicants.people.fields import LineField, PlainForm

TYPED = {"autocomplete": "off", "spellcheck": "false", "maxlength": "80"}
LONGEST_PASSWORD = 500


class IssueForm(PlainForm):
    """What the clerk reads from the paper on the counter."""

    paper_kind = forms.ChoiceField(
        label=_("看到的证件原件"), choices=NumberKind.choices, widget=forms.RadioSelect,
        error_messages={"required": _("请选择看到的是哪一种证件。"), "invalid_choice": _("请从列出的选项里选一项。")},
    )  # fmt: skip
    name = LineField(label=_("证件上的姓名"), missing=_("请照证件填写姓名。"), attrs=TYPED)
    number = LineField(label=_("证件上的号码"), missing=_("请照证件填写号码。"), attrs=TYPED)
    is_seen = forms.BooleanField(
        label=_("本人来到柜台，证件是原件，照片是本人"),
        error_messages={"required": _("没有见到本人和证件原件，不能办理。")},
    )


class CodeForm(PlainForm):
    """The slip's code, and the number that does not stand on it."""

    code = LineField(
        label=_("找回码"),
        missing=_("请填写纸条上的找回码。"),
        help_text=_("柜台给您的纸条上的 12 位字母和数字"),
        attrs={**TYPED, "autocapitalize": "characters"},
    )
    number = LineField(label=_("您的证件号码"), missing=_("请填写您的证件号码。"), attrs=TYPED)


class AddressForm(PlainForm):
    """A new address and password."""

    email = forms.EmailField(
        label=_("新的邮箱"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("下次登录时，先发一个验证码到这个邮箱。"),
    )  # fmt: skip
    password = forms.CharField(
        label=_("设一个密码"), max_length=LONGEST_PASSWORD, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("至少 10 个字符，不能全是数字，也不要用常见的密码"),
    )  # fmt: skip

    def clean_password(self) -> Any:
        """Refuse what is easy to guess."""
        password = self.cleaned_data["password"]
        validate_password(password)
        return password
