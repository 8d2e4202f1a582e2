"""Forms of sign-in that differ from allauth's: guesses are counted by account, and nothing that is sent breaks them."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.locking import begin_sign_in, end_sign_in
from portal.locks.services import Locked

LONGEST_NAME = 40
LONGEST_CREDENTIAL = 20_000


class Counted(BaseAuthenticateForm):
    """A code of the second factor: a wrong one counts against the account as a wrong password does."""

    def clean_code(self) -> str:
        """Compare. Raises ValidationError where it is wrong, or where the account is locked."""
        try:
            guess = begin_sign_in(self.user)
        except Locked:
            raise get_account_adapter().validation_error("too_many_login_attempts") from None
        try:
            code = super().clean_code()
        except forms.ValidationError:
            end_sign_in(guess, self.user, is_right=False)
            raise
        end_sign_in(guess, self.user, is_right=True)
        return code


class CodeForm(Counted, AuthenticateForm):
    """At sign-in."""


class ConfirmingCodeForm(Counted, ReauthenticateForm):
    """Signed in, to confirm who it is."""


class Ceremony(forms.Form):
    """What a browser says about a passkey. It is read as what anybody may send."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = _Credential(required=True, widget=forms.HiddenInput)


class _Credential(forms.JSONField):
    """A JSON object of a reasonable size."""

    default_error_messages = {
        "required": _("没有收到通行密钥。请再试一次。"),
        "invalid": _("没有收到通行密钥。请再试一次。"),
    }

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was sent is not sent back: each ceremony is of use once."""
        return initial

    def to_python(self, value: Any) -> Any:
        """Read. Raises ValidationError."""
        if isinstance(value, str) and len(value) > LONGEST_CREDENTIAL:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            found = super().to_python(value)
        except RecursionError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        if found in self.empty_values:
            return None
        if not isinstance(found, dict) or not isinstance(found.get("response"), dict):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class AddPasskeyForm(Ceremony, AddWebAuthnForm):
    """A new passkey."""

    field_order = ("name", "passwordless")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=_("名称"),
            max_length=LONGEST_NAME,
            required=False,
            help_text=_("例如：我的手机。用来认出它，不要写姓名。"),
        )
        self.fields["passwordless"] = forms.BooleanField(
            label=_("登录时用它代替密码"),
            required=False,
            initial=True,
            help_text=_("手机、电脑自带的都可以。不带屏幕锁的安全密钥请不要勾选，它只能用在第二步。"),
        )
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        """Read what the browser says. Raises ValidationError for whatever is no passkey."""
        try:
            return super().clean()
        except forms.ValidationError:
            raise
        except Exception:  # the library reads bytes of anybody's making
            raise get_adapter().validation_error("incorrect_code") from None


class _Shown(Ceremony, AuthenticateWebAuthnForm):
    """A passkey that is shown."""

    def clean_credential(self) -> Authenticator:
        """Compare. Raises ValidationError for whatever is not a passkey of this account."""
        try:
            return super().clean_credential()
        except forms.ValidationError:
            raise
        except Exception:  # the library reads bytes of anybody's making
            raise get_adapter().validation_error("incorrect_code") from None


class SignInPasskeyForm(_Shown, LoginWebAuthnForm):
    """Instead of a password. A passkey cannot be guessed, so it opens an account that wrong passwords have locked."""


class SecondPasskeyForm(_Shown):
    """Instead of a code, after the password."""


class ConfirmingPasskeyForm(_Shown, ReauthenticateWebAuthnForm):
    """Signed in, to confirm who it is."""


class RenamePasskeyForm(EditWebAuthnForm):
    """Another name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label=_("名称"), max_length=LONGEST_NAME)
