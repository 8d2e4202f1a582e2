"""App configuration."""

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "applicants.registers"
    label = "registers"

    def ready(self) -> None:
        """Refuse to start on an address or a list of registers that cannot work."""
        from applicants.registers.http import check_settings

        check_settings()
