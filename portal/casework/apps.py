"""App configuration."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.casework"
    label = "casework"

    def ready(self) -> None:
        """Let a draft's page show what was simulated of its text."""
        from portal.casework.views.simulation_reading import simulations_of_text
        from portal.policy import drafting

        drafting.simulations_of = simulations_of_text
