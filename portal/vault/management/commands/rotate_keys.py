"""``manage.py rotate_keys``: brings everything up to the newest keys while the portal runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.vault.rotation import (
    BATCH,
    Progress,
    families,
    rehash_columns,
    reseal_files,
    reseal_table,
    sealed_columns,
    what_is_left,
)


class Command(BaseCommand):
    """Safe to stop and to run again; run it until it says that nothing is left, then the old sealing key may go."""

    help = "Seal fields and files, and hash numbers, with the newest keys. The portal may run meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        """Rows a step."""
        parser.add_argument("--batch", type=int, default=BATCH, choices=range(1, BATCH + 1), metavar=f"1-{BATCH}")
        parser.add_argument("--check", action="store_true", help="only count what is left")

    def handle(self, *args: Any, batch: int, check: bool, **options: Any) -> None:
        """Tables, then files, then hashes."""
        if check:
            self.stdout.write(f"{what_is_left()} rows left")
            return
        broken = 0
        for model, fields in sealed_columns():
            last = None
            for last in reseal_table(model, fields, batch=batch):
                self._say(last)
            broken += last.broken if last else 0
        for seen in reseal_files():
            self._say(seen)
            broken += seen.broken
        for family in families():
            for seen in rehash_columns(family, batch=batch):
                self._say(seen)
        left = what_is_left()
        self.stdout.write(f"{left} rows left")
        if broken or left:
            raise CommandError(f"{broken} values do not open, {left} rows are left. Run it again, or look at the keys.")

    def _say(self, seen: Progress) -> None:
        self.stdout.write(f"{seen.what}: {seen.done}" + (f", {seen.broken} do not open" if seen.broken else ""))
