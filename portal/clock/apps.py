"""App configuration."""

from django.apps import AppConfig


class ClockConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.clock"
    label = "clock"
