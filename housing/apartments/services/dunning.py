"""The ladder of arrears: so many days after a bill fell due, a letter, a warning, and at last a task for a person."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from housing.apartments.models import ArrearsStep, Bill
from housing.apartments.services.billing import is_settled, lock_account
from housing.apartments.services.changing import terms_of
from housing.apartments.services.telling import tell_of_bill
from portal.audit.services import record

logger = logging.getLogger(__name__)
BATCH = 500
LETTERS = {"remind": "arrears_reminder", "warn": "arrears_warning", "decide": "arrears_task"}


def overdue(on: date) -> QuerySet[Bill]:
    """Bills that were due before ``on`` and are not paid in full."""
    return Bill.objects.filter(cancelled_at=None, due_on__lt=on, paid_fen__lt=F("amount_fen"))


def climb(*, at: datetime) -> int:
    """Take every overdue bill to the rung that its days have come to; gives how many rungs were climbed."""
    on, last = timezone.localdate(at), None
    count = 0
    while rows := _after(overdue(on), last):
        for pk, lease_id, _due in rows:
            try:
                count += _climb_one(pk, lease_id, on, at)
            except Exception as error:  # one damaged bill must not hold up the others, nor put its words in a log
                logger.error("The arrears of bill %s could not be looked at (%s).", pk, type(error).__name__)
        last = rows[-1][0]
    return count


def _after(found: QuerySet[Bill], last: UUID | None) -> list[tuple[UUID, UUID, date]]:
    rows = found.order_by("pk").values_list("pk", "lease_id", "due_on")
    return list((rows.filter(pk__gt=last) if last else rows)[:BATCH])


def _climb_one(bill_id: UUID, lease_id: UUID, on: date, at: datetime) -> int:
    with transaction.atomic():
        account = lock_account(lease_id)
        bill = overdue(on).filter(pk=bill_id).first()
        if bill is None or is_settled(account):
            return 0
        climbed = set(bill.arrears.values_list("rung", flat=True))
        made = [
            ArrearsStep(bill=bill, lease_id=lease_id, rung=rung, act=row.act, on=on, owed_fen=bill.owed_fen)
            for rung, row in enumerate(terms_of(account[-1]).arrears, start=1)
            if rung not in climbed and bill.due_on + timedelta(days=row.days_overdue) <= on
        ]
        ArrearsStep.objects.bulk_create(made)
        for step in made:
            record(action=f"arrears.{step.act}", actor=None, target=step, at=at, note=str(step.owed_fen))
        if made:
            tell_of_bill(bill, LETTERS[made[-1].act], at=at)
        return len(made)
