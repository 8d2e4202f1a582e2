"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HousingConfig(AppConfig):
    """Registers lodging and apartments, which cannot be applied for yet."""

    name = "housing"
    label = "housing"

    def ready(self) -> None:
        """Tell the shared floor that the programmes exist."""
        from portal.casework.programmes import Programme, register

        register(
            Programme(
                code="lodging",
                prefix="LG",
                title=_("求职免费住宿"),
                summary=_("来石狮面试、找工作的毕业生，可以免费住签约酒店或驿站。"),
                icon="bed",
            )
        )
        register(
            Programme(
                code="apartment",
                prefix="AP",
                title=_("人才公寓租赁"),
                summary=_("在石狮没有住房的人才，按批次申请，摇号过程可查验。"),
                icon="key",  # the sprite's "key" is drawn as a building
            )
        )
