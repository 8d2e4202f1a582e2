"""How often one caller may call."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle


class SignedIn(UserRateThrottle):
    """Counts the calls of who is signed in; what anybody may read is not counted here."""

    scope = "signed_in"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """What is counted under; None is not counted."""
        return super().get_cache_key(request, view) if request.user.is_authenticated else None
