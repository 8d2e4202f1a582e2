"""A status that may be lost: somebody says so, a person looks and decides, and what follows leaves time to move."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from housing.apartments.machine import change_named
from housing.apartments.models import LIVING_IN, Ending, Finding, Lease, LeaseState, LossReport
from housing.apartments.services.billing import bring_up_to_date
from housing.apartments.services.changing import change_lease, lock_lease, may_change, terms_of, works_at
from housing.apartments.services.judging import Report, judge, may_judge
from housing.apartments.services.leasing import CODE, visible_leases
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.telling import tell_tenant
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import DESK_ROLES
from portal.partners.models import PartnerMember

REPORTERS = (Role.CLERK, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.APPROVER)


def may_report(lease: Lease, by: User, member: PartnerMember | None = None) -> bool:
    """Whether ``by`` may note what speaks against the tenant: an operator of the building, an officer of the town."""
    if by.pk == lease.person.user_id:
        return False
    if member is not None:
        return works_at(member, lease)
    town = lease.unit.building.place.town
    return any(by.may_act_as(role, CODE, town) for role in REPORTERS)


def report_loss(
    *,
    lease_id: UUID,
    kind: str,
    source: str,
    happened_on: date | None,
    note: str,
    by: User | None,
    at: datetime,
    member: PartnerMember | None = None,
) -> LossReport:
    """Note that a tenant may no longer meet the conditions; nothing changes for them yet. Raises LeaseRefused."""
    with transaction.atomic():
        lease = lock_lease(lease_id)
        if by is not None and by.pk != lease.person.user_id and not may_report(lease, by, member):
            raise LeaseRefused(_("您没有办理这一步的权限。"))
        if lease.state not in LIVING_IN:
            raise LeaseRefused(_("只有正在租住的租约可以报告。"))
        if happened_on is not None and happened_on > timezone.localdate(at):
            raise LeaseRefused(_("发生的日期还没有到。"))
        try:
            with transaction.atomic():
                row = LossReport.objects.create(
                    lease=lease,
                    kind=kind,
                    source=source,
                    happened_on=happened_on,
                    note=note,
                    reported_by=by,
                    reported_at=at,
                )
        except IntegrityError:
            raise LeaseRefused(_("同样的情况已经有人报告，正在核实。")) from None
        record(action="loss.report", actor=by, target=row, at=at, note=f"{kind} {source}")
        return row


def losses_for(user: User) -> QuerySet[LossReport]:
    """The reports that the roles of ``user`` reach, the open ones oldest first."""
    rows = LossReport.objects.filter(lease__in=visible_leases(user, DESK_ROLES))
    return rows.select_related("lease__unit__building__place", "lease__application", "decided_by", "reported_by")


def may_decide(row: LossReport, by: User) -> bool:
    """Whether ``by`` decides on the report: a decider of the town, who did not report it."""
    return may_judge(row, "lose_status", by)


def grace_end(lease: Lease, on: date) -> date:
    """The last day in the unit, were the status lost on ``on``: the policy's grace, or an earlier end agreed on."""
    until = on + timedelta(days=terms_of(lease).grace_days_after_loss)
    if lease.state == LeaseState.ENDING and lease.leave_by is not None:
        return max(on, min(until, lease.leave_by))
    return until


def decide_loss(*, report_id: UUID, is_lost: bool, reason: str, by: User, at: datetime) -> LossReport:
    """A person decides, with a reason: time to move, the market price afterwards, or nothing at all.

    Raises LeaseRefused, and UnitTaken where the unit is promised to somebody else before the grace is over.
    """
    with transaction.atomic():
        row = judge(LossReport, report_id, may=may_decide, is_true=is_lost, reason=reason, by=by, at=at)
        if is_lost:
            row.grace_until = grace_end(row.lease, timezone.localdate(at))
            change_lease(row.lease_id, "lose_status", by=by, at=at, until=row.grace_until, reason=row.reason)
            bring_up_to_date(row.lease_id, at=at)
        else:
            tell_tenant(row.lease, "loss_dismissed", at=at, reason=row.reason)
        row.save(update_fields=["decided_by", "decided_at", "reason", "finding", "grace_until"])
        record(action="loss.decide", actor=by, target=row, at=at, note=row.finding)
        return row


def may_restore(row: Report, by: User) -> bool:
    """Whether ``by`` may take back what was decided: a decider of the town, who neither decided nor reported.

    Only the report that ended the lease is taken back: of several that were confirmed, the last one.
    """
    lease, change = row.lease, change_named("restore", row.lease.state)
    is_loss = isinstance(row, LossReport)
    ending, said = (
        (Ending.STATUS_LOST, Q(finding=Finding.CONFIRMED)) if is_loss else (Ending.BREACH, Q(ends_lease=True))
    )
    ended = type(row)._default_manager.filter(said, lease=lease).order_by("-decided_at", "-id")
    last = ended.values_list("pk", flat=True).first()
    if change is None or lease.ending != ending or row.pk != last:
        return False
    has_ended_it = lease.events.filter(kind__in=("lose_status", "terminate"), actor=by).exists()
    return not has_ended_it and by.pk != row.reported_by_id and may_change(change, lease, by)


def restore_lease(row: Report, *, reason: str, by: User, at: datetime) -> Lease:
    """The tenant was right after all: the lease runs on to the end of its term, at its price. Raises LeaseRefused.

    Raises UnitTaken where the unit is promised to somebody else by now: then a person finds another way.
    """
    with transaction.atomic():
        lease = lock_lease(row.lease_id)
        row.lease = lease
        if not may_restore(row, by):
            raise LeaseRefused(_("报告的人和本人不能决定，请由别的审核人办理。"))
        lease = change_lease(lease.pk, "restore", by=by, at=at, until=lease.agreed_until, reason=reason)
        bring_up_to_date(lease.pk, at=at)
        return lease
