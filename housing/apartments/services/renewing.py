"""Staying on: the tenant asks within a window, a person looks at the conditions again, and a new lease is drafted.

The renewal is signed like the first lease (services/signing.py). On its first day it takes the place of the one before
(``begin_renewals``), so that the couple never rents two. Years of renting go on counting, up to the policy's cap.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import Paper
from applicants.people.refusals import Refused
from housing.apartments.machine import DECIDERS
from housing.apartments.models import LIVE_LEASES, Finding, Lease, LeaseState, RenewalRequest
from housing.apartments.pricing import last_day, percents_of, year_on
from housing.apartments.services.billing import account_until
from housing.apartments.services.changing import change_lease, lock_lease, note_event, speaks_for, terms_of
from housing.apartments.services.judging import judge
from housing.apartments.services.leasing import CODE, plan_of, visible_leases
from housing.apartments.services.leaving import TERM_DAYS
from housing.apartments.services.occupying import ONE_DAY, lock_units, occupy
from housing.apartments.services.rechecking import ask_afresh, findings_today, unmet
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.telling import tell_of_renewal
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.doors import DESK_ROLES
from portal.policy.services import stored_calendar
from portal.ui.figures import day_text

logger = logging.getLogger(__name__)
BATCH = 500


def window(lease: Lease) -> tuple[date, date]:
    """The first and the last day on which a renewal may be asked for."""
    opens = lease.ends_on - timedelta(days=terms_of(lease).renewal_opens_days_before)
    return opens, lease.ends_on - timedelta(days=TERM_DAYS)


def next_term(lease: Lease, *, is_extended: bool = False) -> tuple[date, date] | None:
    """First and last day of what would follow; none where the years are used up (with an extension: the higher cap)."""
    terms, first = terms_of(lease), lease.ends_on + ONE_DAY
    year = year_on(plan_of(lease), lease.ends_on) + 1
    cap = terms.extend_to_years if is_extended else terms.most_years
    last = last_day(first, contract_years=terms.contract_years, first_year=year, cap_years=cap)
    return (first, last) if last else None


def why_not(lease: Lease, *, on: date) -> str:
    """The sentence that says what stands against asking for a renewal on ``on``, or ""."""
    if lease.state != LeaseState.RUNNING:
        return _("这份租约现在不能申请续租。")
    if Lease.objects.filter(previous=lease, state__in=LIVE_LEASES).exists():
        return _("续租的租约已经起草好了。")
    if lease.renewal_requests.filter(finding=Finding.OPEN).exists():
        return _("您已经申请续租，正在办理。")
    if Lease.objects.filter(previous=lease).exists():
        return _("续租的租约已经取消，不能再续。")
    if next_term(lease, is_extended=True) is None:
        return _("人才公寓的租住年限已满，不能再续租。")
    opens, closes = window(lease)
    if on < opens:
        return _("%(day)s起可以申请续租。") % {"day": day_text(opens)}
    if on > closes:
        return _("申请续租的时间已过，最晚是 %(day)s。") % {"day": day_text(closes)}
    return ""


def ask_for_renewal(
    *,
    lease_id: UUID,
    is_in_post: bool,
    has_home: bool,
    note: str,
    by: User,
    at: datetime,
    paper: Paper | None = None,
) -> RenewalRequest:
    """The tenant asks to stay on, and says how things stand now; registers are asked the same. Raises LeaseRefused.

    ``paper`` is what the tenant signed by hand, where a clerk takes it in.
    """
    with transaction.atomic():
        lease = lock_lease(lease_id)
        if not speaks_for(lease.application, by, paper):
            raise LeaseRefused(_("您没有办理这一步的权限。"))
        if why := why_not(lease, on=timezone.localdate(at)):
            raise LeaseRefused(why)
        row = RenewalRequest.objects.create(
            lease=lease, is_in_post=is_in_post, has_home=has_home, note=note, asked_by=by, asked_at=at, paper=paper
        )
        record(action="renewal.ask", actor=by, target=row, at=at)
        ask_afresh(lease, at=at)
        return row


def renewals_for(user: User) -> QuerySet[RenewalRequest]:
    """The requests that the roles of ``user`` reach."""
    rows = RenewalRequest.objects.filter(lease__in=visible_leases(user, DESK_ROLES))
    beside = ("unit__building__place", "application__policy_version", "person", "previous")
    return rows.select_related("decided_by", *(f"lease__{name}" for name in beside))


def may_decide(row: RenewalRequest, by: User) -> bool:
    """Whether ``by`` decides on the request: a decider of the town, who neither made it nor took it in."""
    town = row.lease.unit.building.place.town
    is_another = by.pk not in (row.lease.person.user_id, row.asked_by_id)
    return is_another and any(by.may_act_as(role, CODE, town) for role in DECIDERS)


def decide_renewal(
    *,
    request_id: UUID,
    is_granted: bool,
    is_extended: bool,
    reason: str,
    by: User,
    at: datetime,
    in_spite: bool = False,
) -> RenewalRequest:
    """A person decides after looking at the conditions again; granted, the next lease is drafted, to be signed.

    ``is_extended``: beyond the usual years, up to the policy's higher cap. ``in_spite``: although a clause is not met
    today. Raises LeaseRefused, and UnitTaken where the unit is promised to somebody else.
    """
    with transaction.atomic():
        row = judge(RenewalRequest, request_id, may=may_decide, is_true=is_granted, reason=reason, by=by, at=at)
        findings = findings_today(row, at=at)
        against = unmet(findings) if is_granted else []
        if against and not in_spite:
            raise LeaseRefused(_("按现在查到的情况，有条款不符合。仍要同意的，请勾选确认。"))
        row.evidence = [finding.as_json() for finding in findings]
        row.save(update_fields=["decided_by", "decided_at", "reason", "finding", "evidence"])
        record(action="renewal.decide", actor=by, target=row, at=at, note=" ".join([row.finding, *against]))
        if is_granted:
            _draft(row.lease, is_extended=is_extended, by=by, at=at)
        tell_of_renewal(row, at=at)
        return row


def begin_renewals(*, at: datetime) -> int:
    """Let signed renewals whose first day has come take the place of the lease before; gives how many."""
    due = Lease.objects.filter(state=LeaseState.SIGNED, previous__state=LeaseState.RUNNING)
    due = due.filter(starts_on__lte=timezone.localdate(at)).order_by("starts_on", "id")
    return sum(_begin(pk, before, at) for pk, before in list(due.values_list("pk", "previous_id")[:BATCH]))


def tell_of_windows(*, at: datetime) -> int:
    """Tell tenants, once each, that they may ask for a renewal; gives how many were told or told before."""
    on, count = timezone.localdate(at), 0
    longest = on + timedelta(days=366)
    rows = Lease.objects.filter(state=LeaseState.RUNNING, ends_on__lte=longest, ends_on__gte=on, renewal=None)
    for pk in list(rows.order_by("ends_on", "id").values_list("pk", flat=True)):  # all: most have been told before
        try:
            count += _tell_of_window(pk, on, at)
        except Exception as error:  # one damaged lease must not hold up the others, nor put its words in a log
            logger.error("The window of lease %s could not be told (%s).", pk, type(error).__name__)
    return count


def _tell_of_window(pk: UUID, on: date, at: datetime) -> bool:
    with transaction.atomic():
        lease = lock_lease(pk)
        if why_not(lease, on=on):
            return False
        tell_of_renewal(lease, closes_on=window(lease)[1], at=at)
        return True


def _draft(lease: Lease, *, is_extended: bool, by: User, at: datetime) -> Lease:
    """The lease that follows, with its days; the adults stay with the one before until it gives way."""
    if lease.state != LeaseState.RUNNING:
        raise LeaseRefused(_("这份租约现在不能这样办理。"))
    term = next_term(lease, is_extended=is_extended)
    if term is None:
        raise LeaseRefused(_("通常的年限已满。要续，请勾选“延长年限”；仍不行的，不能再续。"))
    terms, unit, before = terms_of(lease), lease.unit, account_until(lease)
    lock_units([lease.unit_id])
    sign_by = stored_calendar().add_working_days(timezone.localdate(at), terms.sign_working_days).day
    row = Lease.objects.create(
        number=f"{before[0].number}-R{len(before)}",
        unit=unit,
        person=lease.person,
        application=lease.application,
        previous=lease,
        household_size=lease.household_size,
        tier=lease.tier,
        starts_on=term[0],
        ends_on=term[1],
        agreed_until=term[1],
        first_year=year_on(plan_of(lease), lease.ends_on) + 1,
        market_rent_fen=unit.market_rent_fen,
        area_dm2=unit.area_dm2,
        entitled_dm2=lease.entitled_dm2,
        percents=percents_of(terms, lease.tier),
        percent_after_loss=terms.percent_after_loss,
        deposit_fen=lease.deposit_fen,
        sign_by=sign_by,
        state_at=at,
    )
    occupy(row, first=row.starts_on, last=row.ends_on)
    note_event(row, "draft", from_state="", by=by, at=at)
    return row


def _begin(pk: UUID, previous_id: UUID, at: datetime) -> bool:
    try:
        with transaction.atomic():
            change_lease(previous_id, "give_way", by=None, at=at)
            change_lease(pk, "begin", by=None, at=at)
    except Refused:
        return False  # somebody else was first
    except Exception as error:  # one damaged lease must not hold up the others, nor put its words in a log
        logger.error("Renewal %s could not begin (%s).", pk, type(error).__name__)
        return False
    return True
