"""App configuration."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.audit"
    label = "audit"

    def ready(self) -> None:
        """Refuse to start on a key that cannot seal."""
        from portal.audit.chain import check_key

        check_key()
