"""The one function that writes a lease's state."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import Paper
from housing.apartments.machine import OPERATOR, SYSTEM, TENANT, Change, change_named
from housing.apartments.models import (
    LIVE_LEASES,
    Ending,
    Finding,
    Handover,
    Lease,
    LeaseAdult,
    LeaseEvent,
    LeaseState,
    RenewalRequest,
)
from housing.apartments.services.occupying import ONE_DAY, lock_units, occupy, vacate
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.telling import tell_of_renewal, tell_tenant
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.doors import speaks_for_applicant
from portal.casework.models import Application
from portal.partners.choices import MemberRole
from portal.partners.models import PartnerMember
from portal.partners.scopes import places_of
from portal.policy.models import PolicyVersion
from portal.policy.offers import ApartmentTerms


def change_lease(
    lease_id: UUID,
    name: str,
    *,
    by: User | None,
    at: datetime,
    member: PartnerMember | None = None,
    expected_version: int | None = None,
    until: date | None = None,
    reason: str = "",
    paper: Paper | None = None,
) -> Lease:
    """Make one change of the lease's table, whole or not at all: state, unit-days, event, audit entry.

    ``by`` is None for the portal itself; for an operator it is ``member.user``; a clerk does what the tenant may with
    the ``paper`` that the tenant signed by hand. ``until`` is the last day in the unit,
    for a change that begins the end or takes it back. Raises LeaseRefused, and UnitTaken where days are wanted that
    have another use by now.
    """
    with transaction.atomic():
        lease = lock_lease(lease_id)
        if expected_version is not None and lease.version != expected_version:
            raise LeaseRefused(_("这份租约刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
        change = change_named(name, lease.state)
        if change is None:
            raise LeaseRefused(_("这份租约现在不能这样办理。"))
        if not may_change(change, lease, by, member, paper):
            raise LeaseRefused(_("您没有办理这一步的权限。"))
        if change.needs_reason and not reason.strip():
            raise LeaseRefused(_("请写明理由。"))
        _write(lease, change, by=by, at=at, until=until, reason=reason.strip(), paper=paper)
        return lease


def lock_lease(lease_id: UUID) -> Lease:
    """The lease, locked for the running transaction, then read with its relations. Raises Lease.DoesNotExist."""
    Lease.objects.select_for_update(no_key=True).values_list("pk").get(pk=lease_id)
    rows = Lease.objects.select_related("unit__building__place", "person", "application__policy_version", "previous",
                                        "application__applicant")  # fmt: skip
    return rows.get(pk=lease_id)


def may_change(
    change: Change, lease: Lease, by: User | None, member: PartnerMember | None = None, paper: Paper | None = None
) -> bool:
    """Whether whoever acts holds a role of this row for this lease. Nobody but the tenant acts on an own lease."""
    if by is None:
        return SYSTEM in change.roles
    if by.pk == lease.person.user_id or paper is not None:
        return TENANT in change.roles and speaks_for(lease.application, by, paper)
    if member is not None:
        return OPERATOR in change.roles and works_at(member, lease)
    town = lease.unit.building.place.town
    return any(by.may_act_as(role, lease.application.programme, town) for role in change.roles)


def speaks_for(application: Application, by: User | None, paper: Paper | None = None) -> bool:
    """Whether ``by`` is the applicant, or with ``paper`` a clerk who takes in what the applicant signed by hand."""
    if by is None or paper is None:
        return by is not None and by.pk == application.applicant.user_id
    return paper.person_id == application.applicant_id and speaks_for_applicant(by, application)


def works_at(member: PartnerMember, lease: Lease) -> bool:
    """Whether ``member`` is one of the operators of the lease's building."""
    is_operator = member.role == MemberRole.APARTMENT_OPERATOR
    return is_operator and places_of(member).filter(pk=lease.unit.building.place_id).exists()


def terms_of(lease: Lease) -> ApartmentTerms:
    """What the policy of the lease's application says of renting."""
    return terms_in(lease.application.policy_version)


def terms_in(version: PolicyVersion) -> ApartmentTerms:
    """What this version says of renting."""
    if version.parsed.apartment is None:
        raise ValueError("A policy that gives leases has terms of apartments.")
    return version.parsed.apartment


def step_on(
    lease: Lease, kind: str, *, by: User | None, at: datetime, reason: str = "", fields: tuple[str, ...] = ()
) -> None:
    """Save ``fields`` of a locked lease under its next version, with the event of it; its state stays."""
    lease.version += 1
    lease.save(update_fields=[*fields, "version"])
    note_event(lease, kind, from_state=lease.state, by=by, at=at, reason=reason)


def note_event(
    lease: Lease,
    kind: str,
    *,
    from_state: str,
    by: User | None,
    at: datetime,
    reason: str = "",
    paper: Paper | None = None,
) -> None:
    """Write what happened to the lease, with its audit entry; called in the transaction of the change."""
    LeaseEvent.objects.create(
        lease=lease,
        version=lease.version,
        kind=kind,
        from_state=from_state,
        to_state=lease.state,
        at=at,
        actor=by,
        reason=reason,
        paper=paper,
    )
    record(action=f"lease.{kind}", actor=by, target=lease, at=at, note=lease.state)


def _write(
    lease: Lease,
    change: Change,
    *,
    by: User | None,
    at: datetime,
    until: date | None,
    reason: str,
    paper: Paper | None,
) -> None:
    source, target = lease.state, LeaseState(change.target)
    lease.state, lease.state_at = target, at
    lease.version += 1
    if target == LeaseState.SIGNED:
        _need_both_signatures(lease)
    elif change.name == "hand_over":
        lease.moved_in_on = _signed_handover(lease, Handover.Direction.IN).on
    elif change.name == "begin":
        _need_previous_gone(lease)
        lease.moved_in_on = lease.starts_on
    elif target == LeaseState.ENDING:
        if change.ending in (Ending.STATUS_LOST, Ending.BREACH):
            _end_renewal(lease, by=by, at=at, reason=reason)
        _begin_end(lease, change, until=until, on=timezone.localdate(at))
    elif change.name == "restore":
        if until is None:
            raise LeaseRefused(_("请写明租约恢复到哪一天。"))
        _move_last_day(lease, until)
        lease.ending, lease.leave_by, lease.market_from = "", None, None
    elif change.name in ("move_out", "take_back"):
        lease.moved_out_on = _signed_handover(lease, Handover.Direction.OUT).on
        if lease.moved_out_on < lease.ends_on:
            _move_last_day(lease, max(lease.moved_out_on, lease.starts_on))
    elif change.name == "give_way":
        lease.ending, lease.leave_by, lease.moved_out_on = change.ending, lease.ends_on, lease.ends_on
        _pass_on_adults(lease)
    lease.save(
        update_fields=["state", "state_at", "version", "ends_on", "ending", "leave_by", "market_from", "moved_in_on",
                       "moved_out_on"]
    )  # fmt: skip
    if target == LeaseState.CANCELLED:
        vacate(lease)
    if target in (LeaseState.CANCELLED, LeaseState.ENDED):
        LeaseAdult.objects.filter(lease=lease).delete()
    note_event(lease, change.name, from_state=source, by=by, at=at, reason=reason, paper=paper)
    if change.letter:
        tell_tenant(lease, change.letter, at=at, reason=reason)


def _need_both_signatures(lease: Lease) -> None:
    contract = getattr(lease, "contract", None)
    signed = lease.signatures.filter(contract_sha256=contract.sha256).count() if contract else 0
    if signed < 2:
        raise LeaseRefused(_("双方都签了合同，租约才算签好。"))


def _signed_handover(lease: Lease, direction: str) -> Handover:
    handover = lease.handovers.filter(direction=direction, signed_at__isnull=False).first()
    if handover is None:
        raise LeaseRefused(_("交接清单还没有双方签字。"))
    return handover


def _need_previous_gone(lease: Lease) -> None:
    if lease.previous is None or lease.previous.state != LeaseState.ENDED:
        raise LeaseRefused(_("只有续租可以不办交房，并且要等上一份租约结束。"))


def _begin_end(lease: Lease, change: Change, *, until: date | None, on: date) -> None:
    last = until or lease.ends_on
    if last < on or last < lease.starts_on:
        raise LeaseRefused(_("搬出的日期不能早于今天。"))
    if change.ending == Ending.STATUS_LOST:
        # Whoever stayed on pays the market price already, and goes on paying it.
        lease.market_from = min(lease.market_from or date.max, last + ONE_DAY)
        lease.percent_after_loss = terms_of(lease).percent_after_loss
    lease.ending, lease.leave_by = change.ending, last
    _move_last_day(lease, last)


def _end_renewal(lease: Lease, *, by: User | None, at: datetime, reason: str) -> None:
    """Whoever ends a lease decides on what was to follow it, too: a wish for it is refused, a renewal is cancelled."""
    for asked in RenewalRequest.objects.filter(lease=lease, finding=Finding.OPEN):
        if by is not None and asked.asked_by_id == by.pk:  # who took a wish in does not decide on it: it lapses
            asked.delete()
            continue
        asked.finding, asked.decided_by, asked.decided_at, asked.reason = Finding.DISMISSED, by, at, reason
        asked.save(update_fields=["finding", "decided_by", "decided_at", "reason"])
        record(action="renewal.decide", actor=by, target=asked, at=at, note=asked.finding)
        tell_of_renewal(asked, at=at)
    for pk in Lease.objects.filter(previous=lease, state__in=LIVE_LEASES).values_list("pk", flat=True):
        change_lease(pk, "fall_away", by=by, at=at, reason=reason)


def _move_last_day(lease: Lease, last: date) -> None:
    """Make ``last`` the last day that the lease has its unit: give days back, or take more of them."""
    if last < lease.ends_on:
        vacate(lease, from_on=last + ONE_DAY)
    elif last > lease.ends_on:
        lock_units([lease.unit_id])
        occupy(lease, first=lease.ends_on + ONE_DAY, last=last)
    lease.ends_on = last


def _pass_on_adults(lease: Lease) -> None:
    renewal = Lease.objects.filter(previous=lease, state=LeaseState.SIGNED).first()
    if renewal is None:
        raise LeaseRefused(_("续租的合同还没有签好。"))
    LeaseAdult.objects.filter(lease=lease).update(lease=renewal)
