"""What happens by itself when a day has come: notices end, corrections are reminded of and lapse."""

from __future__ import annotations

import logging
from datetime import datetime

from django.utils import timezone

from portal.casework.letters import tell_applicant
from portal.casework.models import Application, Correction, NoticeLine
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.states import State
from portal.policy.services import stored_calendar

logger = logging.getLogger(__name__)
BATCH = 500
REMIND_WORKING_DAYS = 2


def act_on_due(*, at: datetime) -> int:
    """Take every step that has come due, each file in its own transaction. Returns how many steps were taken."""
    on = timezone.localdate(at)
    ended = NoticeLine.objects.filter(is_live=True, notice__ends_on__lt=on, application__state=State.PUBLIC_NOTICE)
    overdue = Correction.objects.filter(closed_at__isnull=True, due_on__lt=on, application__state=State.CORRECTION)
    taken = _advance_each(ended.order_by("pk").values_list("application", flat=True)[:BATCH], "close_notice", at)
    taken += _advance_each(overdue.order_by("pk").values_list("application", flat=True)[:BATCH], "lapse", at)
    remind_of_corrections(at=at)
    return taken


def _advance_each(application_ids: object, step: str, at: datetime) -> int:
    taken = 0
    for pk in list(application_ids):
        row = Application.objects.get(pk=pk)
        try:
            advance(row, step, actor=None, at=at, expected_version=row.version)
            taken += 1
        except StepRefused as refusal:  # somebody was faster, or the last day is provisional still
            logger.info("%s of application %s waits (%s).", step, pk, type(refusal).__name__)
    return taken


def remind_of_corrections(*, at: datetime) -> None:
    """Write once to those whose correction ends within two working days; silence lapses only after a letter."""
    on = timezone.localdate(at)
    last = stored_calendar().add_working_days(on, REMIND_WORKING_DAYS).day
    due = Correction.objects.filter(closed_at__isnull=True, due_on__range=(on, last)).select_related(
        "application__applicant__user", "application__policy_version__policy"
    )
    for correction in due.order_by("due_on", "id")[:BATCH]:
        tell_applicant(
            correction.application,
            "correction_reminder",
            key=f"{correction.pk}:correction_reminder",
            at=at,
            due_on=correction.due_on.isoformat(),
        )
