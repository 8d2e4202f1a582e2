"""``manage.py load_policies``: publish the policy documents that are shipped in the apps' ``policy`` folders."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from portal import clock
from portal.policy.schema import PolicyUnreadable
from portal.policy.services import PolicyConflict, load_policy


class Command(BaseCommand):
    """Safe to run any number of times: a document that is published already is left alone."""

    help = "Publish the policy documents (YAML) in the policy folder of every installed app."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load every document.

        Raises:
            CommandError: a document cannot be read or does not fit what is published.
        """
        folders = [Path(app.path) / "policy" for app in apps.get_app_configs()]
        for path in sorted(path for folder in folders for path in folder.glob("*.yaml")):
            try:
                version = load_policy(path.read_text(encoding="utf-8"), at=clock.now())
            except (PolicyUnreadable, PolicyConflict) as error:
                raise CommandError(f"{path.name}: {error}") from error
            self.stdout.write(f"{version.policy.code} {version.label}")
