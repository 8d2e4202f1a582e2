"""Who may call: the session of the pages, and the bureau's roles."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request


class Session(SessionAuthentication):
    """The signed-in session with its CSRF token; a visitor is told to sign in (401)."""

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Session"


def bureau_only(*roles: str) -> type[BasePermission]:
    """Let holders of one of the roles pass (none named: of any role); anybody else gets "not there" (404)."""

    class HoldsRole(IsAuthenticated):
        """A role of the bureau."""

        def has_permission(self, request: Request, view: Any) -> bool:
            """Whether the caller is signed in. Raises Http404 where no role is held."""
            if not super().has_permission(request, view):
                return False
            if not request.user.has_role(*roles):
                raise Http404
            return True

    return HoldsRole
