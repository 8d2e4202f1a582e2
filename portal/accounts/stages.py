"""What happens between knowing who somebody is and letting them in, where it differs from allauth's."""

from __future__ import annotations

from allauth.account import stages
from django.http import HttpResponse


class EmailVerificationStage(stages.EmailVerificationStage):
    """An address has to be proven before it opens the account; one who came by phone has proven that."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Pass on whoever has a phone and did not come by an address."""
        if self.login.email is None and not self.login.signup and self.login.user.phone_id:
            return None, True
        return super().handle()
