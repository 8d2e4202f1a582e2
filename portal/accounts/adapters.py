"""Where django-allauth asks us: new accounts, guesses at passwords, and secrets of the second factor."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.userkit import filter_users_by_email
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.accounts.locking import begin_sign_in, end_sign_in, unlock_account
from portal.accounts.models import User
from portal.accounts.phones import masked_phone
from portal.locks.services import Locked
from portal.sms import gateway
from portal.vault.sealing import open_sealed, seal

# allauth hands over the secret without its row, so all secrets are sealed for their table.
SEALED_FOR = "mfa.authenticator.data"


WAYS = {
    "reauthenticate": _("用密码"),
    "mfa_reauthenticate": _("用动态验证码"),
    "mfa_reauthenticate:webauthn": _("用通行密钥"),
}


class AccountAdapter(DefaultAccountAdapter):
    """Accounts."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("邮箱或密码不对。"),
        "incorrect_password": _("密码不对。"),
        "incorrect_code": _("验证码不对，或者已经过期。"),
        "too_many_login_attempts": _(
            "试错的次数太多，暂时不能登录。请半小时后再试；忘记密码的，重设密码以后马上可以登录。"
        ),
        "rate_limited": _("操作太频繁，请稍等一会儿再试。"),
    }

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Compare a password, at sign-in or signed in. Raises ValidationError where the account is locked."""
        email = str(credentials.get("email") or "")
        owner = next(iter(filter_users_by_email(email, prefer_verified=True, for_login=True)), None) if email else None
        try:
            guess = begin_sign_in(owner, email)
        except Locked:
            raise self.validation_error("too_many_login_attempts") from None
        user = super().authenticate(request, **credentials)
        end_sign_in(guess, owner, is_right=user is not None)
        return user

    def set_password(self, user: User, password: str) -> None:
        """A new password, set by whoever could show the old one or read the mailbox, ends a lock."""
        super().set_password(user, password)
        if user.pk:
            unlock_account(user)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """One address for everybody; it knows where each belongs."""
        return reverse("after_sign_in")

    def new_user(self, request: HttpRequest) -> User:
        """Remember the language the person signed up in: letters come in it."""
        user = super().new_user(request)
        user.language = get_language() or user.language
        return user

    def get_login_stages(self) -> list[str]:
        """The library's, but whoever came by phone is not asked to prove an address."""
        ours = {"allauth.account.stages.EmailVerificationStage": "portal.accounts.stages.EmailVerificationStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The library's, and a code to the own phone; that is too little for the bureau."""
        methods = [{**way, "description": WAYS[way["id"]]} for way in super().get_reauthentication_methods(user)]
        if user.is_authenticated and user.phone_id and gateway.is_offered() and not user.needs_second_factor:
            address = reverse("account_phone_reauthenticate")
            methods.append({"id": "phone", "description": _("用短信验证码"), "url": address})
        return methods


class SecondFactorAdapter(DefaultMFAAdapter):
    """TOTP, recovery codes and passkeys. Of a passkey the database holds the public half, which is no secret."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("验证码或通行密钥不对，或者已经过期。请再试一次。"),
        "cannot_delete_authenticator": _("您有工作人员角色，不能停用动态验证码。手机丢了或换了，请联系管理员重置。"),
    }

    def encrypt(self, text: str) -> str:
        """Keep no secret readable in the database."""
        return seal(text.encode(), SEALED_FOR)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what ``encrypt`` sealed."""
        return open_sealed(encrypted_text, SEALED_FOR).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Where a passkey belongs: the host alone."""
        return super().get_public_key_credential_rp_entity() | {"name": str(_("人才港湾"))}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """The name of a passkey that was given none."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("通行密钥 %(number)s") % {"number": number}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The bureau's people keep their TOTP."""
        return authenticator.type != Authenticator.Type.TOTP or not authenticator.user.needs_second_factor


def user_label(user: User) -> str:
    """How allauth's pages call a person (ACCOUNT_USER_DISPLAY)."""
    return user.display_name or user.email or masked_phone(user.phone.number)
