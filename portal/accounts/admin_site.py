"""The Django admin's door."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from portal.accounts.doors import ask_again, is_recent
from portal.accounts.middleware import has_second_factor
from portal.accounts.views import admin_login


class PortalAdminSite(AdminSite):
    """For staff who have a second factor."""

    site_header = site_title = _("人才港湾后台管理")
    index_title = _("账号与日历")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, signed in, with TOTP set up."""
        return super().has_permission(request) and has_second_factor(request.user)

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Let nobody grant roles or change accounts who has not said just now who they are."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def recent(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self.has_permission(request) and not is_recent(request):
                return ask_again(request)
            return guarded(request, *args, **kwargs)

        return recent

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Go to the portal's sign-in."""
        return admin_login(request)
