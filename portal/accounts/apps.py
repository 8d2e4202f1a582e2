"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Let sessions begin and devices be noted in our own way; the signals are Django's."""
        from allauth.usersessions.models import UserSession
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import pre_save

        from portal.accounts.sessions import begin_session, shorten_address

        user_logged_in.connect(begin_session, dispatch_uid="begin_session")
        pre_save.connect(shorten_address, sender=UserSession, dispatch_uid="shorten_address")
