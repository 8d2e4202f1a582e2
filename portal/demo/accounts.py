"""The demo's bureau: an account for every role, with a second factor whose codes the demo page shows."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass
from functools import lru_cache

from allauth.account.models import EmailAddress
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.hashers import make_password

from portal.accounts.models import Role, RoleGrant, User

PASSWORD = "harbour-demo-2026"  # of the demo only: every account and every person in it is invented


@dataclass(frozen=True)
class DemoAccount:
    """One sign-in that the demo prints."""

    email: str
    name: str
    roles: tuple[str, ...] = ()
    town: str = ""
    is_staff: bool = False


BUREAU = (
    DemoAccount("clerk@shishi.example", "蒋受", (Role.CLERK,)),
    DemoAccount("first@shishi.example", "蒋敏", (Role.FIRST_REVIEWER,)),
    DemoAccount("first2@shishi.example", "苏一舟", (Role.FIRST_REVIEWER, Role.CLERK), town="lingxiu"),
    DemoAccount("second@shishi.example", "许复之", (Role.SECOND_REVIEWER,)),
    DemoAccount("second2@shishi.example", "曾启明", (Role.SECOND_REVIEWER,)),
    DemoAccount("approver@shishi.example", "周以宁", (Role.APPROVER,)),
    DemoAccount("finance@shishi.example", "何算", (Role.FINANCE,)),
    DemoAccount("admin@shishi.example", "管一川", (Role.ADMINISTRATOR,), is_staff=True),
    DemoAccount("admin2@shishi.example", "柯再远", (Role.ADMINISTRATOR,)),
    DemoAccount("auditor@shishi.example", "郑观", (Role.AUDITOR,)),
)
APPLICANT = DemoAccount("talent@shishi.example", "")
HOLDER = DemoAccount("holder@shishi.example", "")  # of a gold card
TENANT = DemoAccount("tenant@shishi.example", "")  # of a talent apartment
CHOOSER = DemoAccount("chooser@shishi.example", "")  # takes part in the newest draw


def create_account(account: DemoAccount) -> User:
    """Create the user with verified address, roles and, for the bureau, its second factor."""
    user = User.objects.create(
        email=account.email,
        password=_hashed_once(),
        display_name=account.name,
        is_staff=account.is_staff,
        is_superuser=account.is_staff,
    )
    EmailAddress.objects.create(user=user, email=account.email, verified=True, primary=True)
    for role in account.roles:
        RoleGrant.objects.create(user=user, role=role, town=account.town)
    if account.roles:
        secret = base64.b32encode(hashlib.sha256(f"demo {account.email}".encode()).digest()[:20]).decode()
        Authenticator.objects.create(
            user=user, type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(secret)}
        )
    return user


@lru_cache(maxsize=1)
def _hashed_once() -> str:
    """Slow by design, and the same for every account of the demo."""
    return make_password(PASSWORD)


def code_of(user: User) -> str:
    """The six digits that the second factor of ``user`` shows right now; empty where there is none."""
    found = next((item for item in user.authenticator_set.all() if item.type == Authenticator.Type.TOTP), None)
    if found is None:
        return ""
    secret = get_adapter().decrypt(found.data["secret"])
    return format_hotp_value(hotp_value(secret, int(time.time()) // mfa_settings.TOTP_PERIOD))
