"""Where django-allauth asks us: new accounts, and secrets of the second factor."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.vault.sealing import open_sealed, seal

# allauth hands over the secret without its row, so all secrets are sealed for their table.
SEALED_FOR = "mfa.authenticator.data"


class AccountAdapter(DefaultAccountAdapter):
    """Accounts."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """One address for everybody; it knows where each belongs."""
        return reverse("after_sign_in")

    def new_user(self, request: HttpRequest) -> User:
        """Remember the language the person signed up in: letters come in it."""
        user = super().new_user(request)
        user.language = get_language() or user.language
        return user


class SecondFactorAdapter(DefaultMFAAdapter):
    """TOTP and recovery codes."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _("您有工作人员角色，不能停用动态验证码。手机丢了或换了，请联系管理员重置。"),
    }

    def encrypt(self, text: str) -> str:
        """Keep no secret readable in the database."""
        return seal(text.encode(), SEALED_FOR)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what ``encrypt`` sealed."""
        return open_sealed(encrypted_text, SEALED_FOR).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The bureau's people keep their TOTP."""
        return authenticator.type != Authenticator.Type.TOTP or not authenticator.user.needs_second_factor


def user_label(user: User) -> str:
    """How allauth's pages call a person (ACCOUNT_USER_DISPLAY)."""
    return user.display_name or user.email
