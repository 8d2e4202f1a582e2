"""Breaches of a lease: noted by the operator or an officer, decided by another person, who may end the lease."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from housing.apartments.models import LIVING_IN, Lease, LeaseState, Violation
from housing.apartments.services.billing import bring_up_to_date
from housing.apartments.services.changing import change_lease, lock_lease, terms_of
from housing.apartments.services.judging import judge, may_judge
from housing.apartments.services.leasing import visible_leases
from housing.apartments.services.losing import may_report
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.telling import tell_tenant
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.doors import DESK_ROLES
from portal.partners.models import PartnerMember


def report_violation(
    *,
    lease_id: UUID,
    kind: int,
    happened_on: date,
    note: str,
    by: User,
    at: datetime,
    member: PartnerMember | None = None,
) -> Violation:
    """Note a breach of a kind that the policy lists (its place in the list). Raises LeaseRefused."""
    with transaction.atomic():
        lease = lock_lease(lease_id)
        if not may_report(lease, by, member):
            raise LeaseRefused(_("您没有办理这一步的权限。"))
        if lease.state not in LIVING_IN:
            raise LeaseRefused(_("只有正在租住的租约可以报告。"))
        if not 0 <= kind < len(terms_of(lease).violations):
            raise LeaseRefused(_("请选择是哪一种。"))
        if happened_on > timezone.localdate(at):
            raise LeaseRefused(_("发生的日期还没有到。"))
        row = Violation.objects.create(
            lease=lease, kind=kind, happened_on=happened_on, note=note, reported_by=by, member=member, reported_at=at
        )
        record(action="violation.report", actor=by, target=row, at=at, note=str(kind))
        return row


def violations_for(user: User) -> QuerySet[Violation]:
    """The reports that the roles of ``user`` reach."""
    rows = Violation.objects.filter(lease__in=visible_leases(user, DESK_ROLES))
    return rows.select_related(
        "lease__unit__building__place", "lease__application__policy_version", "decided_by", "reported_by", "member"
    )


def may_decide(row: Violation, by: User) -> bool:
    """Whether ``by`` decides on it: a decider of the town, who did not report it."""
    return may_judge(row, "terminate", by)


def leave_by(lease: Lease, on: date) -> date:
    """The last day in the unit, were the lease ended on ``on``: as after a notice, never later than it ends anyway."""
    until = on + timedelta(days=terms_of(lease).notice_days)
    return max(on, min(until, lease.leave_by or lease.ends_on if lease.state == LeaseState.ENDING else lease.ends_on))


def decide_violation(
    *, violation_id: UUID, is_true: bool, ends_lease: bool, reason: str, by: User, at: datetime
) -> Violation:
    """A person decides, with a reason: nothing to it, a warning, or the end of the lease. Raises LeaseRefused."""
    with transaction.atomic():
        row = judge(Violation, violation_id, may=may_decide, is_true=is_true, reason=reason, by=by, at=at)
        row.ends_lease = is_true and ends_lease
        row.save(update_fields=["decided_by", "decided_at", "reason", "finding", "ends_lease"])
        if row.ends_lease:
            until = leave_by(row.lease, timezone.localdate(at))
            change_lease(row.lease_id, "terminate", by=by, at=at, until=until, reason=row.reason)
            bring_up_to_date(row.lease_id, at=at)
        elif is_true:
            tell_tenant(row.lease, "violation_confirmed", at=at, reason=row.reason)
        record(action="violation.decide", actor=by, target=row, at=at, note=f"{row.finding} {row.ends_lease}")
        return row
