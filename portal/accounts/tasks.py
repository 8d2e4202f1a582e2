"""What the scheduler runs."""

from celery import shared_task
from django.utils import timezone

from portal.accounts.sessions import forget_ended


@shared_task(name="accounts.forget_ended_sessions")
def forget_ended_sessions() -> None:
    """Forget where nobody is signed in any more."""
    forget_ended(at_real=timezone.now())
