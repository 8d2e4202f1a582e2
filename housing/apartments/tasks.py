"""Jobs. Each makes one service call and is safe to run twice; the sweeps find what a lost message forgot."""

from celery import shared_task

from housing.apartments.services.announcing import tell_due
from housing.apartments.services.billing import make_bills
from housing.apartments.services.closing import finish_due
from housing.apartments.services.contracts import make_contracts
from housing.apartments.services.drawing import rank_due
from housing.apartments.services.dunning import climb
from housing.apartments.services.freezing import freeze_due
from housing.apartments.services.leaving import end_terms, keep_days
from housing.apartments.services.passing_on import pass_on
from housing.apartments.services.rechecking import ask_about_tenants
from housing.apartments.services.renewing import begin_renewals, tell_of_windows
from housing.apartments.services.signing import lapse_unsigned
from portal import clock


@shared_task(name="apartments.sweep_offers")
def sweep_offers() -> None:
    """End offers whose time is over, and offer free units down the rankings."""
    pass_on(at=clock.now())


@shared_task(name="apartments.sweep_contracts")
def sweep_contracts() -> None:
    """Draw the contracts of drafted leases."""
    make_contracts(at=clock.now())


@shared_task(name="apartments.sweep_signatures")
def sweep_signatures() -> None:
    """Cancel leases that were not signed in time."""
    lapse_unsigned(at=clock.now())


@shared_task(name="apartments.sweep_rounds")
def sweep_rounds() -> None:
    """Freeze rounds whose moment has come, write missing ranks, tell entrants theirs, finish rounds that are over."""
    freeze_due(at=clock.now())
    rank_due(at=clock.now())
    tell_due(at=clock.now())
    finish_due(at=clock.now())


@shared_task(name="apartments.sweep_bills")
def sweep_bills() -> None:
    """Make the bills that leases call for."""
    make_bills(at=clock.now())


@shared_task(name="apartments.sweep_arrears")
def sweep_arrears() -> None:
    """Take overdue bills up the ladder of arrears."""
    climb(at=clock.now())


@shared_task(name="apartments.sweep_rechecks")
def sweep_rechecks() -> None:
    """Have registers asked again, by night, about those who rent."""
    ask_about_tenants(at=clock.now())


@shared_task(name="apartments.sweep_terms")
def sweep_terms() -> None:
    """Let renewals begin, tell who may ask for one, end terms that nothing follows, and keep the days of who stays."""
    at = clock.now()
    begin_renewals(at=at)
    end_terms(at=at)
    keep_days(at=at)
    tell_of_windows(at=at)
