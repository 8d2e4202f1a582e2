"""App configuration."""

from django.apps import AppConfig


class SmsConfig(AppConfig):
    """Pins the label."""

    name = "portal.sms"
    label = "sms"

    def ready(self) -> None:
        """Refuse to start on an address or templates that cannot work."""
        from portal.sms.gateway import check_settings

        check_settings()
