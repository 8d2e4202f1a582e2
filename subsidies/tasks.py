"""Jobs. The sweep looks at the database and is safe to run twice."""

from celery import shared_task

from portal import clock
from subsidies.services.doubting import ask_before_paying
from subsidies.services.reminding import ask_for_rechecks


@shared_task(name="subsidies.sweep_rechecks")
def sweep_rechecks() -> None:
    """Ask for the proofs that later instalments wait for."""
    ask_for_rechecks(at=clock.now())


@shared_task(name="subsidies.sweep_before_paying")
def sweep_before_paying() -> None:
    """Have registers asked once more about whoever is to be paid soon."""
    ask_before_paying(at=clock.now())
