"""What the city owes a hotel for the nights of a month: the statement, both signatures, and what becomes payable.

A statement follows the nights until the site has signed it; from then on its lines are fixed. It is signed by the
partner's manager, then by an approver, who thereby approves the payment: finance collects and issues it as any other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from housing.lodging.models import BedNight, Purpose, Settlement, SettlementLine, Site, SiteKind, SiteRate
from housing.lodging.nights import ONE_DAY, night_of
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.models import ReferenceCounter
from portal.partners.models import PartnerMember
from subsidies.models import Payable

logger = logging.getLogger(__name__)
CODE = "lodging"
READERS = (Role.APPROVER, Role.FINANCE, Role.ADMINISTRATOR, Role.AUDITOR)


class SettlementRefused(Refused):
    """A statement that cannot be made or signed; the sentence says why."""


@dataclass(frozen=True)
class Used:
    """Nights in a row of one stay at one rate; ``night_fen`` is what one of them costs."""

    stay_id: UUID
    from_on: date
    night_count: int
    night_fen: int


def month_of(on: date) -> date:
    """The first day of its month."""
    return on.replace(day=1)


def after(month: date) -> date:
    """The first day of the month that follows the one beginning on ``month``."""
    return month_of(month + timedelta(days=31))


def nights_used(site: Site, month: date, *, at: datetime) -> list[Used]:
    """The nights of ``month`` that guests had and that are over at ``at``, each at the rate of its own evening.

    A night is paid where it was slept, and counts in the month of its evening. Raises SettlementRefused for a night
    without a rate.
    """
    until = min(after(month), night_of(at))
    nights = BedNight.objects.filter(bed__room__site=site, purpose=Purpose.USED, on__gte=month, on__lt=until)
    rates = list(SiteRate.objects.filter(site=site).order_by("-from_on").values_list("from_on", "night_fen"))
    rows = nights.order_by("stay__first_on", "stay", "on").values_list("stay", "on")
    return [it for stay, found in groupby(rows, lambda row: row[0]) for it in _in_rows(stay, found, rates)]


def _in_rows(stay: UUID, found: Iterator[tuple[UUID, date]], rates: list[tuple[date, int]]) -> Iterator[Used]:
    run: Used | None = None
    for _stay, on in found:
        fen = next((fen for from_on, fen in rates if from_on <= on), None)
        if fen is None:
            raise SettlementRefused(_("%(day)s没有登记房价，不能结算。请先登记。") % {"day": on.isoformat()})
        if run and (run.from_on + run.night_count * ONE_DAY, run.night_fen) == (on, fen):
            run = Used(stay, run.from_on, run.night_count + 1, fen)
            continue
        if run:
            yield run
        run = Used(stay, on, 1, fen)
    if run:
        yield run


def is_to_be_settled(site: Site) -> bool:
    """Whether a night that a guest had since there is a rate stands on no statement that both sides have signed."""
    rate = SiteRate.objects.filter(site=site).order_by("from_on").first()
    if rate is None:
        return False
    signed = Settlement.objects.filter(site=site, signed_by_office__isnull=False).values_list("month", flat=True)
    nights = BedNight.objects.filter(bed__room__site=site, purpose=Purpose.USED, on__gte=rate.from_on)
    return not {month_of(on) for on in nights.order_by().values_list("on", flat=True).distinct()} <= set(signed)


def make_statement(*, site: Site, month: date, by: User | None, at: datetime) -> Settlement:
    """The statement of the site for the month that begins on ``month``, brought up to date until the site has signed.

    Raises SettlementRefused: not a hotel, no nights, a night without a rate.
    """
    if site.kind != SiteKind.HOTEL:
        raise SettlementRefused(_("只有签约酒店按晚结算。"))
    with transaction.atomic():
        Site.objects.select_for_update(of=("self",), no_key=True).get(pk=site.pk)  # one maker at a time
        row = Settlement.objects.select_for_update().filter(site=site, month=month).first()
        if row is None:
            if not nights_used(site, month, at=at):
                raise SettlementRefused(_("这个月还没有住过的晚数。"))
            number = f"JS-{month:%Y%m}-{ReferenceCounter.take('settlement', month.year):04d}"
            row = Settlement(number=number, site=site, month=month, night_count=0, total_fen=0, made_at=at)
            row.save(force_insert=True)
            record(action="settlement.make", actor=by, target=row, at=at, note=number)
        if row.signed_by_site_id is None:
            _bring_up_to_date(row, at)
        return row


def _bring_up_to_date(row: Settlement, at: datetime) -> bool:
    """Write the lines anew where the nights are others than they say; tells whether they were."""
    used = nights_used(row.site, row.month, at=at)
    known = row.lines.values_list("stay", "from_on", "night_count", "night_fen")
    if {(it.stay_id, it.from_on, it.night_count, it.night_fen) for it in used} == set(known):
        return False
    row.lines.all().delete()
    SettlementLine.objects.bulk_create(
        SettlementLine(
            settlement=row,
            stay_id=it.stay_id,
            from_on=it.from_on,
            night_count=it.night_count,
            night_fen=it.night_fen,
            total_fen=it.night_count * it.night_fen,
        )
        for it in used
    )
    row.night_count = sum(it.night_count for it in used)
    row.total_fen = sum(it.night_count * it.night_fen for it in used)
    row.made_at, row.version = at, row.version + 1
    row.save(update_fields=["night_count", "total_fen", "made_at", "version"])
    return True


def sign_for_site(*, settlement_id: UUID, member: PartnerMember, expected_version: int, at: datetime) -> Settlement:
    """The partner's manager vouches for the nights; once is enough. Raises SettlementRefused.

    Where the nights have changed since, the statement is brought up to date and not signed.
    """
    with transaction.atomic():
        row = _locked(settlement_id)
        if not (member.is_manager and member.partner_id == row.site.place.partner_id):
            raise SettlementRefused(_("您没有办理这一步的权限。"))
        if row.signed_by_site_id is not None:
            return row
        if night_of(at) < after(row.month):
            raise SettlementRefused(_("这个月还没有过完，下个月再确认。"))
        is_other = _bring_up_to_date(row, at) or row.version != expected_version
        if not is_other:
            if not row.total_fen:
                raise SettlementRefused(_("这个月还没有住过的晚数。"))
            row.signed_by_site, row.signed_by_site_at, row.sent_back_reason = member, at, ""
            _step(row, "sign_for_site", ["signed_by_site", "signed_by_site_at", "sent_back_reason"], member.user, at)
    if is_other:
        raise SettlementRefused(_("晚数刚刚有变动。请看过最新的结算单再确认。"))
    return row


def sign_for_office(*, settlement_id: UUID, by: User, expected_version: int, at: datetime) -> Settlement:
    """An approver agrees: in the same moment the sum is payable to the partner. Once is enough.

    Raises SettlementRefused. Whoever signs here neither collects nor issues the payment (a constraint of its line).
    """
    with transaction.atomic():
        row = _locked(settlement_id)
        _require_approver(row, by)
        if row.signed_by_office_id is not None:
            return row
        _require_signed_by_site(row, expected_version)
        row.signed_by_office, row.signed_by_office_at = by, at
        row.payable = _payable_of(row, by, at)
        _step(row, "sign_for_office", ["signed_by_office", "signed_by_office_at", "payable"], by, at)
        return row


def send_back(*, settlement_id: UUID, reason: str, by: User, expected_version: int, at: datetime) -> Settlement:
    """An approver does not agree: the site sees why, and may sign again. Raises SettlementRefused."""
    with transaction.atomic():
        row = _locked(settlement_id)
        _require_approver(row, by)
        if not reason.strip():
            raise SettlementRefused(_("请写明退回的理由。"))
        if row.signed_by_office_id is not None:
            raise SettlementRefused(_("双方都已确认，不能再退回。"))
        _require_signed_by_site(row, expected_version)
        row.signed_by_site, row.signed_by_site_at, row.sent_back_reason = None, None, reason.strip()
        _step(row, "send_back", ["signed_by_site", "signed_by_site_at", "sent_back_reason"], by, at)
        return row


def _locked(settlement_id: UUID) -> Settlement:
    rows = Settlement.objects.select_for_update(of=("self",)).select_related("site__place__partner")
    return rows.get(pk=settlement_id)


def may_sign(row: Settlement, by: User) -> bool:
    """Whether ``by`` may agree to the statement for the city."""
    return by.may_act_as(Role.APPROVER, CODE, row.site.place.town)


def _require_approver(row: Settlement, by: User) -> None:
    if not may_sign(row, by):
        raise SettlementRefused(_("您没有办理这一步的权限。"))


def _require_signed_by_site(row: Settlement, expected_version: int) -> None:
    if row.signed_by_site_id is None:
        raise SettlementRefused(_("住宿单位还没有确认这份结算单。"))
    if row.version != expected_version:
        raise SettlementRefused(_("这份结算单刚刚有变动。请看过最新的再办理。"))


def _step(row: Settlement, name: str, fields: list[str], by: User, at: datetime) -> None:
    row.version += 1
    row.save(update_fields=[*fields, "version"])
    record(action=f"settlement.{name}", actor=by, target=row, at=at, fields=fields, note=str(row.total_fen))


def _payable_of(row: Settlement, by: User, at: datetime) -> Payable:
    place, stay = row.site.place, row.lines.select_related("stay__booking__application__policy_version__policy").first()
    return Payable.objects.create(
        kind=Payable.Kind.SETTLEMENT,
        programme=CODE,
        town=place.town,
        policy_code=stay.stay.booking.application.policy_version.policy.code if stay else "",
        organisation=place.partner.name_zh,
        partner=place.partner,
        statement=row.number,
        gross_fen=row.total_fen,
        net_fen=row.total_fen,
        due_on=timezone.localdate(at),
        approved_by=by,
        approved_at=at,
    )


def statements_for_staff(user: User) -> QuerySet[Settlement]:
    """The statements in the reach of ``user``, newest first."""
    return _whole().filter(site__in=_reached(user))


def sites_for_staff(user: User) -> QuerySet[Site]:
    """The hotels in the reach of ``user``."""
    hotels = _reached(user).filter(kind=SiteKind.HOTEL)
    return hotels.select_related("place__partner").order_by("place__name_zh", "id")


def _reached(user: User) -> QuerySet[Site]:
    """The sites in the reach of ``user``, whatever they are now."""
    towns = [grant.town for grant in user.grants if grant.role in READERS and grant.covers(CODE, grant.town)]
    return Site.objects.all() if "" in towns else Site.objects.filter(place__town__in=towns)


def statements_for_member(member: PartnerMember) -> QuerySet[Settlement]:
    """The statements of the partner of this manager, newest first; also those of places that are used no longer."""
    return _whole().filter(site__place__partner=member.partner_id)


def _whole() -> QuerySet[Settlement]:
    beside = ("site__place__partner", "signed_by_site", "signed_by_office", "payable")
    return Settlement.objects.select_related(*beside).order_by("-month", "id")


def make_statements(*, at: datetime) -> int:
    """Make or bring up to date the statements of the month before; gives how many. What cannot be made is left out."""
    month = month_of(month_of(night_of(at)) - ONE_DAY)
    nights = BedNight.objects.filter(purpose=Purpose.USED, on__gte=month, on__lt=after(month))
    signed = Settlement.objects.filter(month=month, signed_by_site__isnull=False).values("site")
    sites = Site.objects.filter(kind=SiteKind.HOTEL, pk__in=nights.values("bed__room__site")).exclude(pk__in=signed)
    made = 0
    for site in sites.order_by("pk"):
        try:
            make_statement(site=site, month=month, by=None, at=at)
            made += 1
        except SettlementRefused:
            logger.warning("The statement of site %s for %s cannot be made.", site.pk, month)
    return made
