"""Jobs. Each makes one service call and is safe to run twice; the sweeps find what a lost message forgot."""

from celery import shared_task

from housing.lodging.services.expiring import pass_beds_on
from housing.lodging.services.missing import leave_due, miss_due
from housing.lodging.services.settling import make_statements
from portal import clock


@shared_task(name="lodging.sweep_stays")
def sweep_stays() -> None:
    """Release the beds of guests who have not come, and note who has left."""
    miss_due(at=clock.now())
    leave_due(at=clock.now())


@shared_task(name="lodging.sweep_holds")
def sweep_holds() -> None:
    """End holds and offers whose time is over, and offer free beds to who waits."""
    pass_beds_on(at=clock.now())


@shared_task(name="lodging.make_statements")
def make_monthly_statements() -> None:
    """Make the statements of the month before, or bring them up to date."""
    make_statements(at=clock.now())
