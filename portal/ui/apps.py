"""App configuration."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.ui"
    label = "ui"
