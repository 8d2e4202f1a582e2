"""``manage.py register_sandbox``: plays the state's registers on a port of this machine."""

from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.demo.sandbox.server import Sandbox
from portal.demo.sandbox.switches import Switchboard, SwitchWrong


class Command(BaseCommand):
    """Answer for every register until it is ended. It opens no database."""

    help = "Play the registers from a city file (DEMO only); the page at / switches outages, delays and wrong answers."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --port, --city and --switch."""
        parser.add_argument("--port", type=int, default=0, help="0 (the default): any free one; it is printed")
        parser.add_argument("--city", type=Path, default=settings.VAR_DIR / "registers" / "city.json")
        parser.add_argument(
            "--switch",
            action="append",
            default=[],
            metavar="REGISTER:NAME=VALUE[,NAME=VALUE]",
            help="how a register (or *) begins, e.g. insurance:lag=3,latency=2 or *:fault=unavailable",
        )

    def handle(self, *args: object, **options: object) -> None:
        """Serve."""
        if not settings.DEMO:
            raise CommandError("register_sandbox runs with DEMO=1 only.")
        switchboard = Switchboard()
        for text in options["switch"]:
            register, _colon, rest = text.partition(":")
            try:
                switchboard.set(register, **dict(part.split("=", 1) for part in rest.split(",")))
            except (SwitchWrong, TypeError, ValueError) as error:
                raise CommandError(f"--switch {text}: {error}") from error
        try:
            sandbox = Sandbox(options["port"], key=settings.REGISTER_KEY, city=options["city"], switchboard=switchboard)
        except OSError as error:
            raise CommandError(f"The sandbox cannot listen on port {options['port']}: {error.strerror}.") from error
        if options["verbosity"]:
            self.stdout.write(f"The registers answer at http://127.0.0.1:{sandbox.server_port}")
            self.stdout.flush()
        with suppress(KeyboardInterrupt):
            sandbox.serve_forever()
