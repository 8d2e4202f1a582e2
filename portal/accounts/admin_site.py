"""The Django admin's door."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

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

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Go to the portal's sign-in."""
        return admin_login(request)
