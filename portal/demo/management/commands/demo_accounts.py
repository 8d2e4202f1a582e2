"""``manage.py demo_accounts``: prints who can sign in to the demo."""

from django.core.management.base import BaseCommand

from portal.demo.accounts import APPLICANT, BUREAU, HOLDER, PASSWORD


class Command(BaseCommand):
    """Print the demo's sign-ins."""

    help = "Print the demo's sign-ins; their second-factor codes are on the page /demo/."

    def handle(self, *args: object, **options: object) -> None:
        """One line an account."""
        for account in (APPLICANT, HOLDER, *BUREAU):
            roles = ", ".join(account.roles) or "applicant"
            self.stdout.write(f"  {account.email:28} {roles}{f' ({account.town})' if account.town else ''}")
        self.stdout.write(f"  password of all: {PASSWORD}; codes of the second factor: /demo/")
