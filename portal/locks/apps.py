"""App configuration."""

from django.apps import AppConfig


class LocksConfig(AppConfig):
    """Pins the label that migrations use."""

    name = "portal.locks"
    label = "locks"
