"""App configuration."""

from django.apps import AppConfig


class HousingConfig(AppConfig):
    """Holds the policies of lodging and apartments, which are apps of their own."""

    name = "housing"
    label = "housing"
