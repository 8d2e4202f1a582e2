"""``manage.py rotate_signing_key``: let another key follow the one that signs the codes of cards."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from applicants.cards.services.keys import rotate_signing_key
from portal import clock


class Command(BaseCommand):
    """The scheduler does the same every thirty days. ``--withdraw`` is for a key that may have become known."""

    help = "Make another key for the codes of cards; it signs in two hours, when everybody can have seen it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The one choice there is."""
        parser.add_argument(
            "--withdraw",
            action="store_true",
            help="the new key signs at once, and every code that was signed before is refused",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, and say which key signs from when."""
        key = rotate_signing_key(by=None, at=clock.now(), withdraw=options["withdraw"])
        self.stdout.write(f"{key.kid} signs from {key.signs_from:%Y-%m-%d %H:%M %Z}")
