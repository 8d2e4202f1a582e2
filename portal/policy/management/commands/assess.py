"""``manage.py assess POLICY.yaml FACTS.csv``: what a policy answers to a spreadsheet of cases. Needs no database."""

import csv
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.policy.assessing import assess
from portal.policy.calendar import shipped_calendar
from portal.policy.schema import PolicyUnreadable, parse_document
from portal.policy.worked_examples import (
    EXPECTATIONS,
    OFFERS,
    ExamplesUnreadable,
    answers_of,
    disagreements,
    read_cases,
)


class Command(BaseCommand):
    """Prints a row per case as CSV, and fails where an ``expect_*`` column disagrees."""

    help = "Assess every case of a CSV against a policy document, and compare with its expect_* columns."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The two files."""
        parser.add_argument("policy", type=Path, help="the policy document, e.g. subsidies/policy/LS-2022.yaml")
        parser.add_argument("facts", type=Path, help="the cases; docs/policies.md describes the columns")

    def handle(self, *args: Any, policy: Path, facts: Path, **options: Any) -> None:
        """Assess and compare.

        Raises:
            CommandError: a file cannot be read, or a column disagrees; the message names case and column.
        """
        try:
            document = parse_document(policy.read_text(encoding="utf-8"))
            cases = read_cases(facts, document)
        except (OSError, UnicodeDecodeError):
            raise CommandError(_("打不开文件 %(path)s") % {"path": policy}) from None
        except PolicyUnreadable as error:
            raise CommandError(_named(policy, error.sentences)) from None
        except ExamplesUnreadable as error:
            raise CommandError(_named(facts, error.sentences)) from None
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8")
        rows = csv.writer(self.stdout, lineterminator="\n")
        columns = [*EXPECTATIONS, *(name for name in OFFERS if any(name in case.expected for case in cases))]
        rows.writerow(["case", *columns])
        found: list[str] = []
        for case in cases:
            assessment = assess(document, case.facts, shipped_calendar())
            answers = answers_of(assessment)
            rows.writerow([case.name, *(answers[name] for name in columns)])
            found += disagreements(case, assessment)
        if found:
            raise CommandError("\n".join(found))
        if any(case.expected for case in cases):
            agreed = ngettext("%(count)s 个案例，全部一致。", "%(count)s 个案例，全部一致。", len(cases))
            self.stderr.write(agreed % {"count": len(cases)}, self.style.SUCCESS)


def _named(path: Path, sentences: list[str]) -> str:
    return "\n".join(f"{path}: {sentence}" for sentence in sentences)
