"""App configuration."""

from django.apps import AppConfig


class CardsConfig(AppConfig):
    """Registers the talent card programme."""

    name = "applicants.cards"
    label = "cards"

    def ready(self) -> None:
        """Hand the shared floor what it needs to carry applications for a card."""
        from applicants.cards.programme import register_programme

        register_programme()
