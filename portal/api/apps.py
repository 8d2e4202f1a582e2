"""App configuration."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Pins the label that migrations use."""

    name = "portal.api"
    label = "api"

    def ready(self) -> None:
        """Let the schema know how one signs in."""
        from portal.api import schema  # noqa: F401
