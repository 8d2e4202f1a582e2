"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.accounts"
    label = "accounts"
