"""``manage.py sms_sandbox``: plays the operator's gateway of text messages on a port of this machine."""

from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.demo.sandbox.texts import FAULTS, Gateway


class Command(BaseCommand):
    """Take messages until it is ended. It opens no database."""

    help = "Take text messages and show them on the demo page (DEMO only). Nothing is sent to anybody."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --port, --file and --fault."""
        parser.add_argument("--port", type=int, default=0, help="0 (the default): any free one; it is printed")
        parser.add_argument("--file", type=Path, default=settings.DEMO_TEXTS, help="where messages are kept")
        parser.add_argument("--fault", choices=list(filter(None, FAULTS)), default="", help="how it fails")

    def handle(self, *args: object, **options: object) -> None:
        """Serve."""
        if not settings.DEMO:
            raise CommandError("sms_sandbox runs with DEMO=1 only.")
        try:
            gateway = Gateway(options["port"], key=settings.SMS_KEY, file=options["file"])
        except OSError as error:
            raise CommandError(f"The sandbox cannot listen on port {options['port']}: {error.strerror}.") from error
        gateway.fault = options["fault"]
        if options["verbosity"]:
            self.stdout.write(f"The gateway answers at http://127.0.0.1:{gateway.server_port}")
            self.stdout.flush()
        with suppress(KeyboardInterrupt):
            gateway.serve_forever()
