"""What the worker does for the outbox."""

from celery import shared_task
from django.utils import timezone

from portal.notifications.services import deliver_letter, hand_over_waiting


@shared_task(name="notifications.deliver")
def deliver(*, letter_id: str) -> None:
    """Send one letter; nudged when it is queued."""
    deliver_letter(letter_id, at_real=timezone.now())


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Send whatever is waiting."""
    hand_over_waiting(at_real=timezone.now())
