"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class LodgingConfig(AppConfig):
    """Registers free lodging."""

    name = "housing.lodging"
    label = "lodging"

    def ready(self) -> None:
        """Tell the shared floor that the programme exists."""
        from housing.lodging.programme import register_programme
        from portal.partners.choices import MemberRole
        from portal.partners.tools import Tool, register_tool

        register_programme()
        register_tool(
            Tool(
                "partner_lodging",
                gettext_lazy("今天的客人"),
                gettext_lazy("办理入住、续住、换床和退房"),
                "bed",
                (MemberRole.SITE_OPERATOR,),
            )
        )
        register_tool(
            Tool(
                "partner_settlements",
                gettext_lazy("住宿结算"),
                gettext_lazy("每个月的结算单，核对以后确认"),
                "coin",
                (MemberRole.MANAGER,),
                also_ended=True,
            )
        )
