"""App configuration."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Tell the frame around every page how to count unread letters."""
        from portal.notifications.services import count_unread
        from portal.ui.context_processors import count_unread_letters_with

        count_unread_letters_with(count_unread)
