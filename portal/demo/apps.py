"""App configuration."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.demo"
    label = "demo"
