"""What the scheduler runs."""

from celery import shared_task
from django.utils import timezone

from portal.locks.services import forget_old_guesses


@shared_task(name="locks.forget_old_guesses")
def forget_guesses() -> None:
    """Forget the guesses of yesterday."""
    forget_old_guesses(at_real=timezone.now())
