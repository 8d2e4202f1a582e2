"""Jobs. The sweep looks at the database and is safe to run twice."""

from celery import shared_task

from portal import clock
from subsidies.services.reminding import ask_for_rechecks


@shared_task(name="subsidies.sweep_rechecks")
def sweep_rechecks() -> None:
    """Ask for the proofs that later instalments wait for."""
    ask_for_rechecks(at=clock.now())
