"""What an approved application for an apartment has led to, as the pages of applicant and desk tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from housing.apartments.models import Entrant, EntrantState, Lease, LeaseState, Offer, OfferState, Unit
from housing.apartments.pricing import RentPlan, deposit_fen, rent_at
from housing.apartments.services.offering import plan_for, units_to_choose
from housing.apartments.services.telling import refusals_left
from portal.casework.models import Application
from portal.casework.programmes import Issued, Outlook
from portal.casework.states import State
from portal.ui.figures import day_text


def apartment_outlook(applications: Iterable[Application], on: date) -> Mapping[UUID, Outlook]:
    """The newest lease of each approved application, else its place in a round; two queries for any number.

    Once the lease is over, another apartment may be applied for.
    """
    approved = [row.pk for row in applications if row.state == State.APPROVED]
    leases = Lease.objects.filter(application__in=approved).exclude(state=LeaseState.CANCELLED)
    newest = {row.application_id: row for row in leases.select_related("unit__building__place").order_by("starts_on")}
    entrants = Entrant.objects.filter(application__in=approved).exclude(state=EntrantState.LEFT)
    places = {row.application_id: row for row in entrants.select_related("round").order_by("entered_at")}
    return {
        pk: Outlook(
            issued=_of_lease(newest[pk]) if pk in newest else _of_place(pk, places.get(pk)),
            may_get_back=pk in newest,  # the deposit
        )
        for pk in approved
    }


def places_of_application(application: Application) -> list[Entrant]:
    """Every round the application entered, the newest first, each with its round, wishes and offers."""
    rows = Entrant.objects.filter(application=application).select_related("round").order_by("-entered_at", "-id")
    return list(rows.prefetch_related("wishes__type", "offers__type", "offers__unit__building__place"))


@dataclass(frozen=True)
class Year:
    """What a month costs in one year of renting."""

    number: int
    percent: int
    month_fen: int


@dataclass(frozen=True)
class OfferTerms:
    """What an offer means: rent year by year and deposit of one unit; ``units`` to pick from where it names none."""

    unit: Unit | None  # None: the rent depends on which is picked
    years: tuple[Year, ...]
    deposit_fen: int
    market_fen: int
    refusals_left: int
    units: tuple[Unit, ...]


def terms_of_offer(offer: Offer) -> OfferTerms:
    """What ``offer`` (with its relations) would cost; of an offer for a kind, what its first free unit would."""
    is_open = offer.state == OfferState.OPEN
    units = tuple(units_to_choose(offer).select_related("building__place")) if is_open and not offer.unit_id else ()
    unit = offer.unit or (units[0] if units else None)
    left = max(refusals_left(offer.entrant), 0)
    terms = offer.entrant.round.policy_version.parsed.apartment
    if unit is None or terms is None:
        return OfferTerms(None, (), 0, 0, left, units)
    plan = plan_for(offer.entrant, unit, offer.lease_starts_on)
    return OfferTerms(unit, years_of(plan), deposit_fen(plan, terms.deposit_months), plan.market_rent_fen, left, units)


def years_of(plan: RentPlan) -> tuple[Year, ...]:
    """What a month costs, year of renting by year."""
    return tuple(Year(number, percent, rent_at(plan, percent)) for number, percent in enumerate(plan.percents, start=1))


def _of_lease(lease: Lease) -> Issued:
    home = f"{lease.unit.building.name} {lease.unit.label}"
    values = {"home": home, "first": day_text(lease.starts_on), "last": day_text(lease.ends_on)}
    label = {
        LeaseState.DRAFTED: _("选好房了，等您签约"),
        LeaseState.SIGNED: _("合同签好了，等交房"),
        LeaseState.RUNNING: _("您正在租住人才公寓"),
        LeaseState.ENDING: _("租约快到期了，请准备退房"),
        LeaseState.ENDED: _("租约已结束"),
    }[LeaseState(lease.state)]
    todo = {LeaseState.DRAFTED: _("看合同，按时签约。"), LeaseState.ENDING: _("按时搬出，一起验房。")}
    return Issued(
        label,
        _("%(home)s，租期 %(first)s至 %(last)s。") % values,
        is_over=lease.state == LeaseState.ENDED,
        todo=todo.get(LeaseState(lease.state), ""),
        is_urgent=lease.state == LeaseState.DRAFTED,
        href=reverse("own_apartment", args=[lease.application_id]),
        act=_("看我的公寓"),
        desk_href=reverse("desk_lease", args=[lease.pk]),
        desk_act=_("租约 %(number)s，%(state)s") % {"number": lease.number, "state": lease.get_state_display()},
    )


def _of_place(application: UUID, place: Entrant | None) -> Issued:
    href = reverse("own_apartment", args=[application])
    if place is None:
        return Issued(
            _("可以报名选房了"),
            _("申请已批准。有批次开放时，您可以报名。"),
            is_over=False,
            href=href,
            act=_("看可以报名的批次"),
            todo=_("看看有没有批次在报名。"),
        )
    values = {"round": place.round.title, "number": place.shown_number, "rank": place.public_rank}
    label = {
        EntrantState.ENTERED: _("已报名，等结果"),
        EntrantState.RANKED: _("已有排位，等待选房") if place.public_rank else _("已报名，等结果"),
        EntrantState.OFFERED: _("有房源，等您答复"),
        EntrantState.HOUSED: _("这次选的房没有租成"),
    }.get(EntrantState(place.state), _("这个批次没有选到房"))
    text = (
        _("%(round)s，您的编号是 %(number)s，排在第 %(rank)s 位。")
        if place.public_rank
        else _("%(round)s，您的编号是 %(number)s。")
    )
    is_offered = place.state == EntrantState.OFFERED
    return Issued(
        label,
        text % values,
        is_over=False,
        href=href,
        act=_("去答复") if is_offered else _("看我的公寓"),
        todo=_("看房源，按时答复。") if is_offered else "",
        is_urgent=is_offered,
        desk_href=reverse("desk_round", args=[place.round_id]),
        desk_act=_("%(round)s，编号 %(number)s") % values,
    )
