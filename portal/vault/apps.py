"""App configuration."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.vault"
    label = "vault"

    def ready(self) -> None:
        """Refuse to start on keys that cannot seal."""
        from portal.vault.sealing import check_keys

        check_keys()
