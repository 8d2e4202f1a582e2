"""App configuration."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "applicants.people"
    label = "people"
