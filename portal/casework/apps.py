"""App configuration."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.casework"
    label = "casework"
