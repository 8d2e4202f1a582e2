"""App configuration."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.policy"
    label = "policy"
