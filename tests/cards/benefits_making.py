"""Merchants, benefits and checks for tests: a card of a graduate, valid from 16 October 2023 to 15 October 2026."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from applicants.cards.models import Benefit, BenefitUse, Card, CardCheck
from applicants.cards.services.catalogue import add_benefit, switch_benefit
from applicants.cards.services.using import use_benefit
from portal.partners.choices import MemberRole, PartnerKind
from portal.partners.models import PartnerMember
from tests.cards.making import make_card_application_in
from tests.factories import AT, SHANGHAI, staff
from tests.partners.making import MORNING, make_manager, make_operator, make_partner, make_place

_minute = count(1)


def a_card(**details: Any) -> Card:
    """A green card of tier BSC."""
    return Card.objects.get(application=make_card_application_in("approved", **details))


def a_merchant(name: str = "黄金海岸景区", *places: str) -> tuple[PartnerMember, PartnerMember]:
    """A manager and a card verifier, who works at all the places."""
    manager = make_manager(make_partner(kind=PartnerKind.MERCHANT, name_zh=name, name_en=""))
    stands = [make_place(manager.partner, place) for place in places or ("东门",)]
    return manager, make_operator(manager, *stands, name="小林", role=MemberRole.CARD_VERIFIER)


def benefit_values(**changes: Any) -> dict[str, Any]:
    """What BenefitForm hands on: free entry, without limit."""
    return {
        "title_zh": "景区免费入园",
        "title_en": "Free entry to scenic spots",
        "note_zh": "",
        "note_en": "",
        "kinds": ["gold", "silver", "green"],
        "tiers": [],
        "gives": "free",
        "percent_off": None,
        "price_fen": None,
        "per_day": None,
        "per_month": None,
        "per_quarter": None,
        "per_year": None,
        "in_all": None,
        "claim_days": None,
        "begins_on": date(2023, 1, 1),
        "ends_on": None,
        "places": [],
    } | changes


def make_benefit(verifier: PartnerMember | None = None, **changes: Any) -> Benefit:
    """A benefit that is given, at every place of the verifier."""
    places = list(verifier.places.all()) if verifier else []
    admin = staff("administrator")
    benefit = add_benefit(values=benefit_values(**({"places": places} | changes)), by=admin, at=AT)
    switch_benefit(benefit=benefit, is_on=True, by=admin, at=AT)
    benefit.refresh_from_db()
    return benefit


def make_check(card: Card, verifier: PartnerMember, *, at: datetime = MORNING, result: str = "valid") -> CardCheck:
    """A check by this verifier at their first place; each of a code of its own."""
    place = verifier.places.order_by("created_at", "id").first()
    minute = at.replace(second=0, microsecond=0) + timedelta(minutes=next(_minute))
    return CardCheck.objects.create(card=card, place=place, member=verifier, minute=minute, result=result, at=at)


def use_now(benefit: Benefit, card: Card, verifier: PartnerMember, *, at: datetime = MORNING) -> BenefitUse:
    """Check the card and use the benefit, at once."""
    check = make_check(card, verifier, at=at)
    return use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=verifier, at=at)


def on(text: str) -> datetime:
    """A time in China: ``2024-02-29 23:59``; noon where only the day is said."""
    return datetime.fromisoformat(text if " " in text else f"{text} 12:00").replace(tzinfo=SHANGHAI)
