"""Talent apartments in the demo city: two buildings, a round drawn by lot and rented out, one with offers, one open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from applicants.people import services as people
from housing.apartments.models import (
    Entrant,
    EntrantState,
    Handover,
    Lease,
    LeaseState,
    Mode,
    Offer,
    OfferState,
    Round,
    Unit,
    UnitType,
)
from housing.apartments.services import drawing, opening
from housing.apartments.services.announcing import tell_due
from housing.apartments.services.applying import choose_types, keep, requested_types
from housing.apartments.services.billing import make_bills, open_bills
from housing.apartments.services.closing import close_round, finish_due
from housing.apartments.services.contracts import make_contracts
from housing.apartments.services.dunning import climb
from housing.apartments.services.entering import enter_round
from housing.apartments.services.freezing import freeze_due
from housing.apartments.services.handing_over import digest_of, inventory_for, sign_handover, write_handover
from housing.apartments.services.leaving import first_day_to_leave, give_notice
from housing.apartments.services.occupying import close_unit
from housing.apartments.services.offering import accept_offer, end_offer
from housing.apartments.services.passing_on import pass_on
from housing.apartments.services.receiving import receive
from housing.apartments.services.signing import Proof, sign_contract
from portal.accounts.models import User
from portal.casework.models import Application
from portal.casework.services import drafting, noticing
from portal.casework.services.checking import settle_facts
from portal.casework.services.due import act_on_due
from portal.city import city as this_city
from portal.demo.accounts import CHOOSER, TENANT, DemoAccount, create_account
from portal.demo.apartment_stock import seed_stock
from portal.demo.inventing import invent
from portal.demo.walking import City, accept, add_papers, fresh, settle_everything, submit, take
from portal.partners.choices import MemberRole
from portal.partners.models import PartnerMember
from portal.policy.facts import Absence, write_value

PROGRAMME, POLICY = "apartment", "APT-2023"
FIRST_NUMBER = 9001  # of the invented people, after those of the other stories
EMPLOYER = {"employer_place": this_city().code, "is_dispatched": "no"}  # what the reviewer reads off the licence
MINUTE, ONE_DAY = timedelta(minutes=1), timedelta(days=1)
VALUE = "上证综合指数收盘，两位小数（上海证券交易所网站公布）"
VALUE_EN = "Closing value of the Shanghai Composite Index, two decimals (published by the Shanghai Stock Exchange)"


@dataclass(frozen=True)
class Wish:
    """Who asks: level, people in the household, kinds wished for, and the account where it is a named one."""

    level: str = "master"
    size: int = 1
    types: tuple[str, ...] = ("one-room", "studio")
    account: DemoAccount | None = None

    @property
    def is_couple(self) -> bool:
        """Whether a spouse moves in too."""
        return self.size > 1


COUPLE = Wish("doctor", 2, ("two-room", "one-room"), TENANT)
FIRST = (COUPLE, Wish("doctor"), Wish(), Wish(), Wish("bachelor", 3, ("two-room",)), Wish(), Wish("bachelor"))
SECOND = (
    Wish("master", 2, ("two-room",), CHOOSER),  # nobody else wishes for that: whatever the lot, an offer
    Wish("master"),
    Wish("bachelor"),
    Wish("bachelor", 2, ("one-room",)),
    Wish("bachelor", 1, ("studio",)),
)
THIRD = (Wish("doctor"), Wish("bachelor", 2, ("two-room", "one-room")))


def seed_apartments(city: City) -> None:
    """Set the stock up, let people be approved, and walk three rounds to where they stand today."""
    harbour, lingxiu = seed_stock(city)
    groups = iter(_approved(city, (*FIRST, *SECOND, *THIRD)))
    first, second, third = ([next(groups) for _wish in group] for group in (FIRST, SECOND, THIRD))
    _rented_out(city, harbour.units.exclude(label="A-502"), first)
    _with_offers(city, lingxiu.units.filter(label__in=["101", "102", "202"]), second)
    _open(city, lingxiu.units.filter(label__in=["201", "301"]), third)
    unit = harbour.units.get(label="A-502")
    first_day = timezone.localdate(city.ago(3))
    close_unit(unit=unit, first=first_day, last=first_day + 20 * ONE_DAY, reason="更换热水器",
               by=city.staff["admin"], at=city.ago(3))  # fmt: skip
    for number, (days, end) in enumerate(((1, "draft"), (2, "submit"), (4, "accept")), start=40):
        _walk(city, FIRST_NUMBER + number, Wish("bachelor"), days, end)


# ── applications ───────────────────────────────────────────────────────────────────────────────────────────────────


def _walk(city: City, number: int, wish: Wish, days: int, end: str) -> Application:
    """Somebody who applies ``days`` working days ago, as far as ``end``."""
    row = _draft(city, number, wish, days)
    if end == "draft":
        return row
    row = submit(city, row, at=city.ago(days, hour=11))
    if end == "submit":
        return row
    row = accept(city, row, at=city.ago(days - 1))
    if end == "accept":
        return row
    at = city.ago(days - 3)
    row = settle_everything(city, row, at, **EMPLOYER)
    if wish.is_couple:  # no clause reads it, but the better spouse's tier counts
        settle_facts(
            application=row,
            values={"spouse_recognitions": write_value(Absence.NONE)},
            paper=row.shelf.get(kind="marriage_record").paper,
            by=city.staff["first"],
            at=at,
            expected_version=row.version,
        )
    row = take(city, fresh(row), "pass_first", by=city.staff["first"], at=at)
    return take(city, row, "pass_second", by=city.staff["second"], at=city.ago(days - 5))


def _draft(city: City, number: int, wish: Wish, days: int) -> Application:
    at = city.ago(days)
    one = invent(number, on=timezone.localdate(at))
    one = replace(one, education=one.education | {"level": wish.level})
    user = create_account(wish.account or DemoAccount(f"home{number - FIRST_NUMBER + 1:02d}@shishi.example", ""))
    row = drafting.start_application(user=user, programme_code=PROGRAMME, policy_code=POLICY, privacy_read_at=at, at=at)
    person = row.applicant
    city.people[str(one.identity["number"])] = one
    people.save_identity(person=person, values=one.identity, by=user, at=at)
    people.save_education(person=person, values=one.education, by=user, at=at)
    people.save_employment(person=person, values=one.employment, by=user, at=at)
    keep(row, "household", _household(number, wish, on=timezone.localdate(at)), by=user, at=at)
    types = {it.code: it for it in UnitType.objects.all()}
    choose_types(row, [types[code] for code in wish.types], by=user, at=at)
    keep(row, "declaration", {"is_declared_true": True, "is_notice_agreed": True}, by=user, at=at)
    add_papers(row, at)
    return fresh(row)


def _household(number: int, wish: Wish, *, on: date) -> dict[str, object]:
    alone = {"household_size": wish.size, "has_spouse": wish.is_couple, "tier": "none", "has_home": False,
             "needs_accessible": False}  # fmt: skip
    if not wish.is_couple:
        return alone
    spouse = invent(number + 500, on=on).identity
    names = {"spouse_name": spouse["legal_name"], "spouse_number": spouse["number"], "spouse_tier": "none"}
    return alone | names


def _approved(city: City, wishes: Sequence[Wish]) -> list[Application]:
    """Everybody through review and one public notice to their approval."""
    numbers = range(FIRST_NUMBER, FIRST_NUMBER + len(wishes))
    rows = [_walk(city, number, wish, 80, "notice") for number, wish in zip(numbers, wishes, strict=True)]
    version = rows[0].policy_version_id
    notice = noticing.collect_notice(policy_version_id=version, by=city.staff["second"], at=city.ago(74))
    noticing.release_notice(notice=notice, by=city.staff["second2"], at=city.ago(73))
    act_on_due(at=city.ago(66))
    return [take(city, row, "approve", by=city.staff["approver"], at=city.ago(65)) for row in rows]


# ── rounds ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _round(city: City, title: tuple[str, str], mode: str, units: Sequence[Unit], *, days: int) -> Round:
    """A round that opened ``days`` working days ago; it freezes after five and is drawn on the seventh."""
    opens, admin = city.ago(days), city.staff["admin"]
    freezes, draws = ((city.ago(days - wait) if days > wait else opens + (wait + 3) * ONE_DAY) for wait in (5, 7))
    values = {"title_zh": title[0], "title_en": title[1], "mode": mode, "opens_at": opens, "freezes_at": freezes}
    values |= {"draw_at": draws, "lease_starts_on": _month_after(timezone.localdate(draws) + 16 * ONE_DAY)}
    if mode in (Mode.LOTTERY, Mode.TIERS_THEN_LOTTERY):
        values |= {"public_value_zh": VALUE, "public_value_en": VALUE_EN, "public_value_at": draws}
    row = opening.make_round(values=values, units=[it.pk for it in units], by=admin, at=opens)
    return opening.open_round(row.pk, by=admin, at=opens)


def _enter(row: Round, applications: Sequence[Application], *, at: datetime) -> None:
    there = set(row.units.values_list("unit__type__code", flat=True))
    for number, application in enumerate(applications):
        types = [it for it in requested_types(application) if it.code in there]
        if not types:
            continue
        enter_round(
            round_id=row.pk, application_id=application.pk, types=types, by=application.applicant.user,
            at=at + number * MINUTE,
        )  # fmt: skip


def _draw(city: City, row: Round, *, value: str) -> None:
    """Freeze, draw with a notary present and publish on the day of the draw; the first offers go out."""
    admin = city.staff["admin"]
    freeze_due(at=row.freezes_at + MINUTE)
    drawn_at = row.draw_at + 30 * MINUTE
    drawing.note_witness(row.pk, name="杨慎之", function="石狮市公证处公证员", has_agreed=True, by=admin, at=drawn_at)
    drawing.draw_round(row.pk, public_value=value, by=admin, at=drawn_at + 10 * MINUTE)
    drawing.write_ranks(row.pk, at=drawn_at + 11 * MINUTE)
    drawing.publish_round(row.pk, by=admin, at=drawn_at + 20 * MINUTE)
    tell_due(at=drawn_at + 21 * MINUTE)
    pass_on(at=drawn_at + 25 * MINUTE)


def _rented_out(city: City, units: Sequence[Unit], applications: Sequence[Application]) -> None:
    """The round of the past quarter: one refuses, the others sign and live there; then it is closed."""
    row = _round(city, ("今年第一批", "First round of the year"), Mode.TIERS_THEN_LOTTERY, units, days=62)
    _enter(row, applications, at=city.ago(61))
    _draw(city, row, value="3388.06")
    picky = _offers(row).exclude(entrant__application=applications[0]).last()
    assert picky is not None  # noqa: S101 (there are more units than one)
    end_offer(offer_id=picky.pk, state=OfferState.REFUSED, by=_user(picky.entrant), at=city.ago(53))
    pass_on(at=city.ago(53) + MINUTE)
    for offer in _offers(row):
        accept_offer(offer_id=offer.pk, by=_user(offer.entrant), at=city.ago(52))
    make_contracts(at=city.ago(52) + MINUTE)
    for lease in Lease.objects.filter(offer__round=row, state=LeaseState.DRAFTED):
        _sign(lease, at=city.ago(50))
    close_round(row.pk, by=city.staff["admin"], at=city.ago(45))
    finish_due(at=city.ago(45))
    _pay_deposits_and_move_in(city, row)
    _live(city, row)


def _pay_deposits_and_move_in(city: City, row: Round) -> None:
    make_bills(at=city.ago(49))
    for lease in _leases(row, LeaseState.SIGNED):
        _pay(city, lease, at=city.ago(47))
        at = timezone.make_aware(datetime.combine(lease.starts_on, time(10)))
        member = _operator(lease)
        paper = write_handover(
            lease_id=lease.pk,
            direction=Handover.Direction.IN,
            on=lease.starts_on,
            key_count=2,
            meters={"water": "18.4", "power": "1206", "gas": "77.1"},
            note="",
            lines=inventory_for(lease, Handover.Direction.IN),
            member=member,
            at=at,
        )
        sign_handover(handover_id=paper.pk, seen_sha256=digest_of(paper), by=lease.person.user, at=at + 20 * MINUTE)


def _live(city: City, row: Round) -> None:
    """Months go by: all pay but one; one gives notice."""
    leases = list(_leases(row, LeaseState.RUNNING))
    month = leases[0].starts_on
    while month <= timezone.localdate(city.now):
        at = timezone.make_aware(datetime.combine(month, time(6)))
        make_bills(at=at)
        for lease in leases[:-1]:
            if at + 4 * ONE_DAY < city.now:
                _pay(city, lease, at=at + 4 * ONE_DAY)
        climb(at=min(at + 27 * ONE_DAY, city.now))
        month = _month_after(month)
    leaver = leases[1]
    leaver.refresh_from_db()
    until = first_day_to_leave(leaver, on=timezone.localdate(city.ago(2))) + 5 * ONE_DAY
    give_notice(lease_id=leaver.pk, until=until, expected_version=leaver.version, by=leaver.person.user, at=city.ago(2))


def _with_offers(city: City, units: Sequence[Unit], applications: Sequence[Application]) -> None:
    """Drawn by lot a few days ago: one has accepted, the others have to answer."""
    row = _round(city, ("今年第二批", "Second round of the year"), Mode.LOTTERY, units, days=9)
    _enter(row, applications, at=city.ago(8))
    _draw(city, row, value="3412.77")
    accepted = _offers(row).exclude(entrant__application=applications[0]).first()
    if accepted is not None:
        accept_offer(offer_id=accepted.pk, by=_user(accepted.entrant), at=city.ago(1))
        make_contracts(at=city.ago(1) + MINUTE)


def _open(city: City, units: Sequence[Unit], applications: Sequence[Application]) -> None:
    """Open now; those who were not served before enter too."""
    row = _round(city, ("今年第三批", "Third round of the year"), Mode.TIERS_THEN_LOTTERY, units, days=2)
    unserved = Entrant.objects.filter(state__in=[EntrantState.UNSERVED]).select_related("application__applicant__user")
    _enter(row, [*applications, *(it.application for it in unserved)], at=city.ago(1))


# ── small steps ────────────────────────────────────────────────────────────────────────────────────────────────────


def _sign(lease: Lease, *, at: datetime) -> None:
    member, seen = _operator(lease), lease.contract.sha256
    asked = {"lease_id": lease.pk, "seen_sha256": seen}
    sign_contract(**asked, proof=Proof(at - MINUTE, "pin"), by=member.user, member=member, at=at)
    sign_contract(**asked, proof=Proof(at + 4 * MINUTE, "password"), by=lease.person.user, at=at + 5 * MINUTE)


def _pay(city: City, lease: Lease, *, at: datetime) -> None:
    owed = sum(bill.owed_fen for bill in open_bills(lease))
    if owed:
        reference = f"DEMO{at:%m%d}{lease.number[-4:]}{owed}"
        receive(lease_id=lease.pk, bank_reference=reference, amount_fen=owed, received_on=timezone.localdate(at),
                by=city.staff["finance"], at=at)  # fmt: skip


def _leases(row: Round, state: str) -> list[Lease]:
    rows = Lease.objects.filter(offer__round=row, state=state).select_related("unit__building__place", "person__user")
    return list(rows.order_by("offer__entrant__rank"))


def _offers(row: Round) -> QuerySet[Offer]:
    return Offer.objects.filter(round=row, state=OfferState.OPEN).order_by("entrant__rank")


def _user(entrant: Entrant) -> User:
    return entrant.application.applicant.user


def _operator(lease: Lease) -> PartnerMember:
    rows = PartnerMember.objects.select_related("user", "partner").filter(role=MemberRole.APARTMENT_OPERATOR)
    return rows.get(places=lease.unit.building.place)


def _month_after(day: date) -> date:
    """The first day of the month after ``day``."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
