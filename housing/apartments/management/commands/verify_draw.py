"""``manage.py verify_draw FILE``: whether a draw can be replayed from its result file. Needs no database."""

import sys
from argparse import ArgumentParser
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from housing.apartments.draw_checks import MOST_BYTES, check_result, verdict_of
from housing.apartments.draw_words import STEPS, VERDICTS


class Command(BaseCommand):
    """Prints every step with what came of it, and fails where one failed."""

    help = "Replay a draw from its result file, and compare it with what was published before it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and what the portal published or the source of the public value said."""
        parser.add_argument("file", type=Path, help="the result file, as it was downloaded")
        parser.add_argument("--entrants-hash", default="", metavar="HEX", help="published at the freeze")
        parser.add_argument("--commitment", default="", metavar="HEX", help="published before the freeze")
        parser.add_argument("--public-value", default="", metavar="TEXT", help="as you looked it up at its source")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Check and say so.

        Raises:
            CommandError: the file cannot be read, or a step failed.
        """
        try:
            with file.open("rb") as opened:
                content = opened.read(MOST_BYTES + 1)
        except OSError:
            raise CommandError(_("打不开文件 %(path)s") % {"path": file}) from None
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8")
        checks = check_result(
            content,
            commitment=options["commitment"],
            entrants_sha256=options["entrants_hash"],
            public_value=options["public_value"],
        )
        marks = {"ok": self.style.SUCCESS("✓"), "failed": self.style.ERROR("✗"), "left_out": "–"}
        for check in checks:
            self.stdout.write(f"{marks[check.outcome]} {STEPS[check.step]}: {check.sentence}")
        verdict = verdict_of(checks)
        if verdict == "fails":
            raise CommandError(str(VERDICTS[verdict]))
        self.stdout.write(f"SHA-256: {sha256(content).hexdigest()}")
        self.stdout.write(str(VERDICTS[verdict]), self.style.SUCCESS if verdict == "holds" else self.style.WARNING)
