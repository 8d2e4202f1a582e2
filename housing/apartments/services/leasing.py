"""Which leases somebody sees, and what the rent of one comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from housing.apartments.models import Lease
from housing.apartments.pricing import ONE_DAY, RentPlan, percent_on, rent_at, year_on
from portal.accounts.models import Role, User, grants_as
from portal.casework.doors import DESK_ROLES, kept_from
from portal.partners.choices import MemberRole
from portal.partners.models import PartnerMember
from portal.partners.scopes import places_of
from portal.policy.calendar import add_years

CODE = "apartment"
READERS = (*DESK_ROLES, Role.FINANCE)  # finance sees bills, and the lease that they are of
WITH = ("unit__building__place__partner", "unit__type", "person", "application__policy_version__policy", "previous",
        "offer__round")  # fmt: skip


@dataclass(frozen=True)
class RentYear:
    """What a month costs in (the part of) a year of renting that a lease covers; both days included."""

    year: int
    from_on: date
    until_on: date
    percent: int
    month_fen: int


def own_leases(user: User) -> QuerySet[Lease]:
    """The leases of the person behind ``user``, the newest first."""
    return _with_relations().filter(person__user=user).order_by("-starts_on", "-id")


def leases_of(member: PartnerMember) -> QuerySet[Lease]:
    """The leases in the buildings of an operator; nobody else's, not of another building of the same partner."""
    if member.role != MemberRole.APARTMENT_OPERATOR:
        return Lease.objects.none()
    return _with_relations().filter(unit__building__place__in=places_of(member)).exclude(person__user=member.user_id)


def visible_leases(user: User, roles: Sequence[str] = READERS) -> QuerySet[Lease]:
    """The leases that ``roles`` of ``user`` reach, by the building's town; never the own, none they keep away from."""
    towns = {grant.town for grant in grants_as(user, roles) if grant.programme in ("", CODE)}
    reach = Q() if "" in towns else Q(unit__building__place__town__in=towns)
    rows = _with_relations().filter(reach).exclude(person__user=user)
    return rows.exclude(application__in=kept_from(user))


def plan_of(lease: Lease) -> RentPlan:
    """What the rent of the lease is made of, as it was copied when it was drafted."""
    return RentPlan(
        market_rent_fen=lease.market_rent_fen,
        area_dm2=lease.area_dm2,
        entitled_dm2=lease.entitled_dm2,
        percents=lease.percents,
        starts_on=lease.starts_on,
        first_year=lease.first_year,
        market_from=lease.market_from,
        percent_after_loss=lease.percent_after_loss,
    )


def rent_years(lease: Lease) -> list[RentYear]:
    """The lease's years of renting, in their order."""
    found: list[RentYear] = []
    plan, first = plan_of(lease), lease.starts_on
    while first <= lease.ends_on:
        following = add_years(lease.starts_on, len(found) + 1)
        last = min(following - ONE_DAY, lease.ends_on)
        percent = percent_on(plan, first)
        found.append(RentYear(year_on(plan, first), first, last, percent, rent_at(plan, percent)))
        first = following
    return found


def _with_relations() -> QuerySet[Lease]:
    return Lease.objects.select_related(*WITH)
