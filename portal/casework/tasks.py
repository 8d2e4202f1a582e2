"""Jobs. Each makes one service call per file and is safe to run twice; the sweeps find what a lost message forgot."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task

from portal import clock
from portal.casework.services.checking import check_submission, unchecked_submissions
from portal.casework.services.due import act_on_due

logger = logging.getLogger(__name__)
LONGEST_CHECK = timedelta(minutes=15)  # then a file goes to its reviewer with every clause unproven


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


@shared_task(name="casework.sweep_due")
def sweep_due() -> None:
    """Close notices that ended, lapse corrections that were never sent, remind those that are close."""
    act_on_due(at=clock.now())
