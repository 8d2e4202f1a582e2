"""Jobs. Each makes one service call per file and is safe to run twice; the sweeps find what a lost message forgot."""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from portal import clock
from portal.casework.services.answering import answered_applications, ask_waiting, forget_ended, take_in_answers
from portal.casework.services.checking import LONGEST_CHECK, check_submission, unchecked_submissions
from portal.casework.services.due import act_on_due
from portal.casework.services.exporting import expire_lists, run_list_export, silent_exports
from portal.casework.services.simulating import run_simulation, silent_simulations

logger = logging.getLogger(__name__)


@shared_task(name="casework.check")
def check(*, submission_id: str) -> None:
    """Check one submission."""
    _check(UUID(submission_id), clock.now(), gives_up=False)


@shared_task(name="casework.sweep_checks")
def sweep_checks() -> None:
    """Check every submission that still waits, each in its own transaction."""
    for submission_id, submitted_at in unchecked_submissions():
        now = clock.now()
        if not _check(submission_id, now, gives_up=False) and now - submitted_at > LONGEST_CHECK:
            _check(submission_id, now, gives_up=True)


def _check(submission_id: UUID, at: datetime, *, gives_up: bool) -> bool:
    """Whether the check went through. One that fails must not hold up the others, nor put a person's words in a log."""
    try:
        check_submission(submission_id=submission_id, at=at, gives_up=gives_up)
    except Exception as error:
        logger.error("The check of submission %s failed (%s).", submission_id, type(error).__name__)
        return False
    return True


@shared_task(name="casework.ask_registers")
def ask_registers(*, application_id: str) -> None:
    """Ask the registers about one application."""
    ask_waiting(at=clock.now(), application_id=UUID(application_id))
    _take_in(answered_applications(at=clock.now(), application_id=UUID(application_id)))


@shared_task(name="casework.sweep_registers")
def sweep_registers() -> None:
    """Ask registers again whatever they have not answered yet, and see to answers that nobody took in."""
    forget_ended(at=clock.now())
    ask_waiting(at=clock.now())
    _take_in(answered_applications(at=clock.now()))


def _take_in(application_ids: Iterable[UUID]) -> None:
    for application_id in application_ids:
        try:
            take_in_answers(application_id=application_id, at=clock.now())
        except Exception as error:  # one damaged file must not hold up the others, nor put its words in a log
            logger.error("Answers about application %s were not taken in (%s).", application_id, type(error).__name__)


@shared_task(name="casework.sweep_due")
def sweep_due() -> None:
    """Close notices that ended, lapse corrections that were never sent, remind those that are close."""
    act_on_due(at=clock.now())


@shared_task(name="casework.simulate")
def simulate(*, simulation_id: str) -> None:
    """Do one turn of a simulation."""
    run_simulation(simulation_id=UUID(simulation_id), at=clock.now(), at_real=timezone.now())


@shared_task(name="casework.sweep_simulations")
def sweep_simulations() -> None:
    """Go on with the simulations that nobody works on."""
    for simulation_id in silent_simulations(at_real=timezone.now()):
        run_simulation(simulation_id=simulation_id, at=clock.now(), at_real=timezone.now())


@shared_task(name="casework.export_list")
def export_list(*, export_id: str) -> None:
    """Do one turn of a list that is made in the background."""
    run_list_export(export_id=UUID(export_id), at=clock.now(), at_real=timezone.now())


@shared_task(name="casework.sweep_lists")
def sweep_lists() -> None:
    """Go on with the lists that nobody works on, and delete those that were kept long enough."""
    expire_lists(at=clock.now())
    for export_id in silent_exports(at_real=timezone.now()):
        run_list_export(export_id=export_id, at=clock.now(), at_real=timezone.now())
