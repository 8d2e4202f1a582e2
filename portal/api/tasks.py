"""What the scheduler runs."""

from celery import shared_task
from django.utils import timezone

from portal.api.idempotency import forget_old_keys


@shared_task(name="api.forget_old_keys")
def forget_keys() -> None:
    """Forget the keys of yesterday."""
    forget_old_keys(at_real=timezone.now())
