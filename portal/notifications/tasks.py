"""What the worker does for the outbox."""

from celery import shared_task
from django.utils import timezone

from portal.notifications.services import deliver_letter, hand_over_waiting
from portal.notifications.texting import deliver_text, hand_over_texts


@shared_task(name="notifications.deliver")
def deliver(*, letter_id: str) -> None:
    """Send one letter, and tell of it by SMS; nudged when it is queued."""
    deliver_letter(letter_id, at_real=timezone.now())
    deliver_text(letter_id, at_real=timezone.now())


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Send whatever is waiting."""
    hand_over_waiting(at_real=timezone.now())
    hand_over_texts(at_real=timezone.now())
