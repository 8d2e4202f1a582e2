"""What happens by itself when a day has come: notices end, corrections are reminded of and lapse."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.casework.deadlines import REMIND_WORKING_DAYS
from portal.casework.letters import tell_applicant
from portal.casework.models import Application, Correction, NoticeLine
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.services.noticing import settle_periods
from portal.casework.states import State
from portal.policy.services import stored_calendar

logger = logging.getLogger(__name__)
BATCH = 500


def act_on_due(*, at: datetime) -> int:
    """Take every step that has come due, each file in its own transaction. Returns how many steps were taken."""
    on = timezone.localdate(at)
    settle_periods(at=at)
    remind_of_corrections(at=at)
    ended = NoticeLine.objects.filter(is_live=True, notice__ends_on__lt=on, application__state=State.PUBLIC_NOTICE)
    overdue = Correction.objects.filter(
        closed_at__isnull=True, due_on__lt=on, reminded_at__isnull=False, application__state=State.CORRECTION
    )
    taken = _advance_each(ended.order_by("pk").values_list("application", flat=True), "close_notice", at)
    return taken + _advance_each(overdue.order_by("due_on", "pk").values_list("application", flat=True), "lapse", at)


def _advance_each(application_ids: QuerySet[NoticeLine] | QuerySet[Correction], step: str, at: datetime) -> int:
    taken = 0
    for pk in list(application_ids[:BATCH]):
        row = Application.objects.get(pk=pk)
        try:
            advance(row, step, actor=None, at=at, expected_version=row.version)
            taken += 1
        except StepRefused:  # somebody was faster, or the last day is provisional still
            logger.info("%s of application %s waits.", step, pk)
        except Exception as error:  # one damaged file must not hold up the others, nor put its words in a log
            logger.error("%s of application %s failed (%s).", step, pk, type(error).__name__)
    return taken


def remind_of_corrections(*, at: datetime) -> None:
    """Write once to those whose correction ends within two working days; silence lapses only after this letter."""
    on = timezone.localdate(at)
    last = stored_calendar().add_working_days(on, REMIND_WORKING_DAYS).day
    due = Correction.objects.filter(closed_at__isnull=True, reminded_at__isnull=True, due_on__lte=last).select_related(
        "application__applicant__user", "application__policy_version__policy"
    )
    for correction in due.order_by("due_on", "id")[:BATCH]:
        try:
            _remind(correction, at)
        except Exception as error:
            logger.error("The reminder of correction %s failed (%s).", correction.pk, type(error).__name__)


def _remind(correction: Correction, at: datetime) -> None:
    # Whoever is reminded late keeps the days that a reminder leaves.
    latest = stored_calendar().add_working_days(timezone.localdate(at), REMIND_WORKING_DAYS).day
    with transaction.atomic():
        Correction.objects.filter(pk=correction.pk).update(reminded_at=at)
        tell_applicant(
            correction.application,
            "correction_reminder",
            key=f"{correction.pk}:correction_reminder",
            at=at,
            due_on=max(correction.due_on, latest).isoformat(),
            is_provisional=correction.is_due_provisional,
        )
