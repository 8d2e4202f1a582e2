"""App configuration."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.audit"
    label = "audit"
