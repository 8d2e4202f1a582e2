"""How a time in a unit comes to its end: notice, the last day of the term, and staying on after it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import Paper
from applicants.people.refusals import Refused
from housing.apartments.models import LIVE_LEASES, Finding, Lease, LeaseState, RenewalRequest
from housing.apartments.services.billing import bring_up_to_date
from housing.apartments.services.changing import change_lease, lock_lease, step_on, terms_of
from housing.apartments.services.occupying import ONE_DAY, lock_units, occupy
from housing.apartments.services.refusals import LeaseRefused
from portal.accounts.models import User
from portal.ui.figures import day_text

logger = logging.getLogger(__name__)
TERM_DAYS = 7  # so long before the last day it is settled that nothing follows


def first_day_to_leave(lease: Lease, *, on: date) -> date:
    """The earliest last day that a notice given on ``on`` may name."""
    return on + timedelta(days=terms_of(lease).notice_days)


def give_notice(
    *, lease_id: UUID, until: date, expected_version: int, by: User, at: datetime, paper: Paper | None = None
) -> Lease:
    """The tenant leaves: ``until`` is the last day, as long ahead as the policy says. Raises LeaseRefused.

    ``paper`` is the notice signed by hand, where a clerk takes it in.
    """
    with transaction.atomic():
        lease = lock_lease(lease_id)
        first = first_day_to_leave(lease, on=timezone.localdate(at))
        if until < first:
            days = {"days": terms_of(lease).notice_days, "first": day_text(first)}
            raise LeaseRefused(_("退租要提前 %(days)s 天提出，最早可以选 %(first)s。") % days)
        if until > lease.ends_on:
            raise LeaseRefused(_("租期到 %(last)s，请选这天或更早。") % {"last": day_text(lease.ends_on)})
        if Lease.objects.filter(previous=lease, state__in=LIVE_LEASES).exists():
            raise LeaseRefused(_("您已经续租。不想续租，请先取消续租的那份租约。"))
        lease = change_lease(lease_id, "give_notice", by=by, at=at, until=until, paper=paper,
                             expected_version=expected_version)  # fmt: skip
        RenewalRequest.objects.filter(lease=lease, finding=Finding.OPEN).delete()  # a wish taken back by leaving
        bring_up_to_date(lease_id, at=at)
        return lease


def end_terms(*, at: datetime) -> int:
    """Begin the end of leases whose term is over within a week and that nothing follows; gives how many.

    A renewal that is drafted, or asked for and not decided, is waited for.
    """
    on = timezone.localdate(at)
    follows = Lease.objects.filter(previous=OuterRef("pk"), state__in=LIVE_LEASES).order_by()
    asked = RenewalRequest.objects.filter(lease=OuterRef("pk"), finding=Finding.OPEN).order_by()
    over = Lease.objects.filter(state=LeaseState.RUNNING, ends_on__lt=on + timedelta(days=TERM_DAYS))
    over = over.exclude(Exists(follows)).exclude(Exists(asked))
    return _each(over.order_by("ends_on", "id").values_list("pk", flat=True), lambda pk: _end_term(pk, on, at))


def keep_days(*, at: datetime) -> int:
    """Keep the unit, day by day and at the market price, for whoever is still there after the last day they had.

    Gives how many leases. Where the unit is somebody else's by then the day is not taken: staff see it
    (``overstayers``).
    """
    on = timezone.localdate(at)
    late = Lease.objects.filter(state=LeaseState.ENDING, leave_by__lt=on, ends_on__lt=on)
    return _each(late.order_by("ends_on", "id").values_list("pk", flat=True), lambda pk: _keep(pk, on, at))


def overstayers(on: date) -> list[Lease]:
    """Leases whose tenants had to be gone before ``on``, the longest first."""
    late = Lease.objects.filter(state=LeaseState.ENDING, leave_by__lt=on).select_related(
        "unit__building__place", "application", "person"
    )
    return list(late.order_by("leave_by", "id"))


def _end_term(pk: UUID, on: date, at: datetime) -> None:
    with transaction.atomic():
        lease = lock_lease(pk)
        change_lease(pk, "reach_term", by=None, at=at, until=max(lease.ends_on, on))


def _keep(pk: UUID, on: date, at: datetime) -> None:
    with transaction.atomic():
        lease = lock_lease(pk)
        if lease.state != LeaseState.ENDING or lease.leave_by is None or lease.ends_on >= on:
            return
        lock_units([lease.unit_id])
        is_first = lease.ends_on == lease.leave_by
        occupy(lease, first=lease.ends_on + ONE_DAY, last=on)
        lease.ends_on = on
        if lease.market_from is None:
            lease.market_from = lease.leave_by + ONE_DAY
        if is_first:
            step_on(lease, "overstay", by=None, at=at, fields=("ends_on", "market_from"))
        else:
            Lease.objects.filter(pk=pk).update(
                ends_on=on, market_from=lease.market_from, version=F("version")
            )  # the same staying on: one entry in the history is enough


def _each(ids: object, act: Callable[[UUID], None]) -> int:
    count = 0
    for pk in list(ids):  # type: ignore[call-overload]
        try:
            act(pk)
        except Refused:
            continue
        except Exception as error:  # one damaged lease must not hold up the others, nor put its words in a log
            logger.error("The end of lease %s could not be written (%s).", pk, type(error).__name__)
        else:
            count += 1
    return count
