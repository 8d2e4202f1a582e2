"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class CardsConfig(AppConfig):
    """Registers the talent card programme."""

    name = "applicants.cards"
    label = "cards"

    def ready(self) -> None:
        """Hand the shared floor what it needs to carry applications for a card."""
        from applicants.cards.programme import register_programme
        from portal.partners.choices import MemberRole
        from portal.partners.tools import Tool, register_tool

        register_programme()
        register_tool(
            Tool(
                "verify",
                gettext_lazy("核验优才卡"),
                gettext_lazy("扫持卡人的二维码，或者输入卡号"),
                "scan",
                (MemberRole.CARD_VERIFIER,),
            )
        )
        register_tool(
            Tool(
                "partner_benefits",
                gettext_lazy("礼遇使用情况"),
                gettext_lazy("每个月用了多少次，可以下载"),
                "columns",
                (MemberRole.MANAGER, MemberRole.CARD_VERIFIER),
            )
        )
