"""Asks for the proof of being in post before a later instalment."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from portal.casework.letters import tell_applicant
from portal.notifications.models import Letter
from subsidies.models import Payable
from subsidies.services.outlook import EVIDENCE_AHEAD

logger = logging.getLogger(__name__)


def ask_for_rechecks(*, at: datetime) -> int:
    """Write once to everybody whose instalment falls due within sixty days unchecked. Returns how many were written."""
    waiting = Payable.objects.filter(
        is_recheck_needed=True,
        rechecked_at__isnull=True,
        cancelled_at__isnull=True,
        due_on__lte=timezone.localdate(at) + EVIDENCE_AHEAD,
        application__isnull=False,
        person__user__isnull=False,
    ).order_by("due_on", "id")
    keys = {f"{pk}:recheck_due": pk for pk in waiting.values_list("pk", flat=True)}
    told = set(Letter.objects.filter(key__in=list(keys)).values_list("key", flat=True))
    written = 0
    for key, pk in keys.items():
        if key in told:
            continue
        try:
            _ask(pk, key, at)
            written += 1
        except Exception as error:  # one damaged file must not hold up the others, nor put its words in a log
            logger.error("The letter about payable %s failed (%s).", pk, type(error).__name__)
    return written


def _ask(pk: UUID, key: str, at: datetime) -> None:
    rows = Payable.objects.select_related("application__applicant__user", "application__policy_version__policy")
    payable = rows.get(pk=pk)
    tell_applicant(payable.application, "recheck_due", key=key, at=at, due_on=payable.due_on.isoformat())
