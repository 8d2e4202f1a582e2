"""App configuration."""

from django.apps import AppConfig


class SubsidiesConfig(AppConfig):
    """Registers the living subsidy programme."""

    name = "subsidies"
    label = "subsidies"

    def ready(self) -> None:
        """Hand the shared floor what it needs to carry living-subsidy applications."""
        from subsidies.living import register_programme

        register_programme()
