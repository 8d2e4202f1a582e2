"""What the worker does for the audit trail."""

from celery import shared_task
from django.utils import timezone

from portal.audit.sealing import seal_entries


@shared_task(name="audit.seal")  # type: ignore[untyped-decorator]
def seal() -> None:
    """Seal what waits."""
    seal_entries(at_real=timezone.now())
