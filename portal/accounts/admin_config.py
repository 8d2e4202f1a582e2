"""The Django admin, entered through the portal's own sign-in and holding what the portal registers, nothing else."""

from django.contrib.admin.apps import AdminConfig

FOREIGN_APPS = {"auth", "account", "mfa", "usersessions"}


class PortalAdminConfig(AdminConfig):
    """Named in INSTALLED_APPS in place of django.contrib.admin."""

    default = False
    default_site = "portal.accounts.admin_site.PortalAdminSite"

    def ready(self) -> None:
        """Discover as usual, then take out what libraries brought: a second factor must not be deleted unrecorded."""
        super().ready()
        from django.contrib.admin import site

        for model in [model for model in site._registry if model._meta.app_label in FOREIGN_APPS]:
            site.unregister(model)
