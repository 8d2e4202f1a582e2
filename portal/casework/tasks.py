"""Jobs. Each makes one service call per file and is safe to run twice; the sweeps find what a lost message forgot."""

import logging
from uuid import UUID

from celery import shared_task

from portal import clock
from portal.casework.services.checking import check_submission, unchecked_submissions
from portal.casework.services.due import act_on_due

logger = logging.getLogger(__name__)


@shared_task(name="casework.check")
def check(*, submission_id: str) -> None:
    """Check one submission."""
    check_submission(submission_id=UUID(submission_id), at=clock.now())


@shared_task(name="casework.sweep_checks")
def sweep_checks() -> None:
    """Check every submission that still waits, each in its own transaction."""
    for submission_id in unchecked_submissions():
        try:
            check_submission(submission_id=submission_id, at=clock.now())
        except Exception:
            logger.exception("The check of submission %s failed; the next sweep tries again.", submission_id)


@shared_task(name="casework.sweep_due")
def sweep_due() -> None:
    """Close notices that ended, lapse corrections that were never sent, remind those that are close."""
    act_on_due(at=clock.now())
