"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CardsConfig(AppConfig):
    """Registers the talent card, which cannot be applied for yet."""

    name = "applicants.cards"
    label = "cards"

    def ready(self) -> None:
        """Tell the shared floor that the programme exists."""
        from portal.casework.programmes import Programme, register

        register(
            Programme(
                code="talent-card",
                prefix="TC",
                title=_("优才卡"),
                summary=_("一张卡享受停车、景区、就医等礼遇，手机出示即可。"),
                icon="card",
            )
        )
