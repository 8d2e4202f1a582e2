"""App configuration."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """Pins the label that migrations and foreign keys use, and says where a manager belongs after signing in."""

    name = "portal.partners"
    label = "partners"

    def ready(self) -> None:
        """Managers belong to their team."""
        from portal.accounts.homes import tell_home
        from portal.partners.scopes import is_manager

        tell_home(lambda user: "partner_team" if is_manager(user) else "")
