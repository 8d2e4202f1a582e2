"""Buildings with units, approved applications, rounds with entrants, offers and leases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from applicants.people.models import Person, person_number_hash
from housing.apartments.models import (
    ApartmentRequest,
    Building,
    Entrant,
    EntrantAdult,
    EntrantState,
    EntrantWish,
    Lease,
    Mode,
    Offer,
    Round,
    RoundState,
    RoundUnit,
    Unit,
    UnitType,
)
from housing.apartments.services.offering import accept_offer, make_offer
from portal.accounts.models import Role
from portal.casework.models import Application
from portal.partners.choices import PartnerKind
from portal.policy.models import PolicyVersion
from portal.policy.services import load_policy
from tests.factories import SHANGHAI, make_person, staff
from tests.partners.making import make_partner, make_place

CODE, POLICY = "apartment", "APT-2023"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)  # a Monday
FIRST = date(2026, 4, 1)  # of the leases
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RENT_FEN = 200_000
_serial = count(1)


def load_apartment_policy(*, at: datetime = AT) -> PolicyVersion:
    """The shipped policy; loading twice loads once."""
    text = Path(settings.BASE_DIR, "housing/policy/APT-2023.yaml").read_text(encoding="utf-8")
    return load_policy(text, at=at)


def make_type(code: str = "one-room", *, rooms: int = 1, to: int = 2) -> UnitType:
    """A kind of unit, for households of up to ``to``; the same code is the same kind."""
    values = {"title_zh": "一居室", "title_en": "One room", "rooms": rooms, "household_to": to}
    return UnitType.objects.get_or_create(code=code, defaults=values)[0]


def make_building(units: int = 1, *, type: UnitType | None = None, area_dm2: int = 6000) -> Building:
    """An open building with units 101, 102, … of 60 m² and 2,000 yuan a month."""
    place = make_place(make_partner(kind=PartnerKind.APARTMENTS), f"人才公寓 {next(_serial)}")
    building = Building.objects.create(place=place, is_open=True)
    kind = type or make_type()
    Unit.objects.bulk_create(
        Unit(building=building, type=kind, label=f"{100 + n}", floor=1, area_dm2=area_dm2, market_rent_fen=RENT_FEN)
        for n in range(1, units + 1)
    )
    return building


def make_approved(
    person: Person | None = None, *, spouse_number: str = "", household: int = 1, at: datetime = AT
) -> Application:
    """An approved application with its request. The row is written as it stands: the walk there is casework's."""
    version = load_apartment_policy(at=at)
    row = Application.objects.create(
        reference=f"AP-2026-{next(_serial):06}",
        programme=CODE,
        policy_version=version,
        applicant=person or make_person(at=at),
        state="approved",
        state_at=at,
        created_at=at,
        submitted_at=at,
        submitted_on=at.date(),
        name_masked="陈*",
    )
    ApartmentRequest.objects.create(
        pk=row.pk,
        application=row,
        household_size=household,
        has_spouse=bool(spouse_number),
        spouse_name="林雨" if spouse_number else "",
        spouse_number=spouse_number,
        spouse_number_hash=person_number_hash(spouse_number) if spouse_number else "",
        is_declared_true=True,
    )
    return row


def make_round(building: Building, *, mode: str = Mode.FIRST_COME, at: datetime = AT) -> Round:
    """A published round with every unit of the building; nobody is in it yet (``make_entrant``)."""
    row = Round.objects.create(
        number=f"AR-2026-{next(_serial):03}",
        title_zh="2026 年第一批",
        policy_version=load_apartment_policy(at=at),
        mode=mode,
        state=RoundState.PUBLISHED,
        state_at=at,
        opens_at=at - 20 * DAY,
        freezes_at=at - 10 * DAY,
        draw_at=at - 5 * DAY,
        lease_starts_on=FIRST,
        public_value_zh="上证指数 2 月 26 日收盘价",
        public_value_at=at - 5 * DAY,
        public_value="4012.33",
        secret="5e" * 32,
        commitment="c0" * 32,
        entrants_sha256="e0" * 32,
        seed="5d" * 32,
        made_by=staff(Role.ADMINISTRATOR),
        drawn_by=staff(Role.ADMINISTRATOR),
        drawn_at=at - 5 * DAY,
        published_at=at - 4 * DAY,
    )
    RoundUnit.objects.bulk_create(RoundUnit(round=row, unit=unit) for unit in building.units.all())
    return row


def make_entrant(
    round: Round, application: Application | None = None, *, tier: str = "MST", at: datetime = AT, **fields: object
) -> Entrant:
    """Somebody ranked next in the round, who wishes for the first kind of unit in it."""
    application = application or make_approved(at=at)
    request = application.apartment_request
    round.entrant_count += 1
    round.save(update_fields=["entrant_count"])
    entrant = Entrant.objects.create(
        round=round,
        application=application,
        number=round.entrant_count,
        tier=tier,
        household_size=request.household_size,
        entered_at=at - 15 * DAY,
        state=EntrantState.RANKED,
        state_at=at - 4 * DAY,
        rank=round.entrant_count,
        **fields,
    )
    hashes = [application.applicant.number_hash or uuid4().hex, request.spouse_number_hash]
    EntrantAdult.objects.bulk_create(
        EntrantAdult(round=round, entrant=entrant, number_hash=one) for one in hashes if one
    )
    EntrantWish.objects.create(entrant=entrant, type=round.units.first().unit.type, position=1)
    return entrant


def offer_to(entrant: Entrant, unit: Unit | None = None, *, at: datetime = AT, starts_on: date = FIRST) -> Offer:
    """An open offer of the unit (None: of any of the kind), for a week."""
    kind = unit.type if unit else entrant.wishes.get(position=1).type
    return make_offer(
        entrant_id=entrant.pk, type=kind, unit=unit, expires_at=at + 7 * DAY, lease_starts_on=starts_on, by=None, at=at
    )


def make_lease(building: Building | None = None, *, at: datetime = AT, **fields: object) -> Lease:
    """A drafted lease of somebody new, of the first unit of a new building."""
    building = building or make_building()
    entrant = make_entrant(make_round(building, at=at), at=at, **fields)
    offer = offer_to(entrant, building.units.first(), at=at)
    return accept_offer(offer_id=offer.pk, by=entrant.application.applicant.user, at=at + HOUR)
