"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class ApartmentsConfig(AppConfig):
    """Registers talent apartments."""

    name = "housing.apartments"
    label = "apartments"

    def ready(self) -> None:
        """Tell the shared floor that the programme exists."""
        from housing.apartments.programme import register_programme
        from portal.partners.choices import MemberRole
        from portal.partners.tools import Tool, register_tool

        register_programme()
        register_tool(
            Tool(
                "partner_apartments",
                gettext_lazy("人才公寓"),
                gettext_lazy("签约、交房、验房和退房"),
                "key",
                (MemberRole.APARTMENT_OPERATOR,),
            )
        )
