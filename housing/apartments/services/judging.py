"""What every decision about a tenant has in common: a task, a person who may decide it, a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from housing.apartments.machine import change_named
from housing.apartments.models import Finding, LossReport, RenewalRequest, Violation
from housing.apartments.services.changing import lock_lease, may_change
from housing.apartments.services.refusals import LeaseRefused
from portal.accounts.models import User

Report = LossReport | Violation
Task = TypeVar("Task", LossReport, Violation, RenewalRequest)


def judge(
    kind: type[Task], pk: UUID, *, may: Callable[[Task, User], bool], is_true: bool, reason: str, by: User, at: datetime
) -> Task:
    """Write what ``by`` decides on a task that is open, under the lock of its lease; the caller saves the row.

    Called in a transaction. Raises LeaseRefused.
    """
    lock_lease(kind._default_manager.values_list("lease_id", flat=True).get(pk=pk))
    beside = ("unit__building__place", "person", "application__policy_version", "previous")
    row = kind._default_manager.select_related(*(f"lease__{name}" for name in beside)).get(pk=pk)
    if row.finding != Finding.OPEN:
        raise LeaseRefused(_("这件事已经有人决定了。"))
    if not reason.strip():
        raise LeaseRefused(_("请写明理由。"))
    if not may(row, by):
        raise LeaseRefused(_("报告的人和本人不能决定，请由别的审核人办理。"))
    row.decided_by, row.decided_at, row.reason = by, at, reason.strip()
    row.finding = Finding.CONFIRMED if is_true else Finding.DISMISSED
    return row


def may_judge(row: Report, change: str, by: User) -> bool:
    """Whether ``by`` decides on a report that may lead to ``change``: a decider of the town, who did not report it."""
    found = change_named(change, row.lease.state)
    return found is not None and row.reported_by_id != by.pk and may_change(found, row.lease, by)
