"""``manage.py seed_demo``: fills an empty demo with an invented city."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.accounts.models import User
from portal.demo.seeding import seed


class Command(BaseCommand):
    """Create the demo's bureau, people and applications."""

    help = "Fill an empty database with an invented city (DEMO only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --if-empty."""
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there are accounts already")

    def handle(self, *args: object, **options: object) -> None:
        """Seed, or say why not."""
        if not settings.DEMO:
            raise CommandError("seed_demo runs with DEMO=1 only.")
        if User.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("The database has accounts already; the demo city goes into an empty one only.")
        seed()
        self.stdout.write("The demo city is ready.")
