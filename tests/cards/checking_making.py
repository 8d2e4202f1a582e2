"""Cards, keys and outlets for the tests of codes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.test import Client

from applicants.cards.models import Card
from applicants.cards.services.codes import PhoneCode, codes_of
from portal.partners.choices import MemberRole
from portal.partners.models import PartnerMember
from tests.cards.benefits_making import a_card
from tests.factories import SHANGHAI, move_clock
from tests.partners.making import make_manager, make_operator, make_partner, phone_of

NOON = datetime(2026, 3, 2, 12, 0, 20, tzinfo=SHANGHAI)


def card_at_noon(**details: Any) -> Card:
    """A green card, in the middle of its life; the portal's clock stands at twenty seconds past noon."""
    card = a_card(**details)
    move_clock(NOON)
    return card


def code_at(card: Card, at: datetime = NOON) -> PhoneCode:
    """What the phone shows then."""
    return codes_of(card, at=at, count=1)[0]


def make_verifier(*places: Any, name: str = "小林") -> PartnerMember:
    """A card verifier of a merchant of their own."""
    manager = make_manager(make_partner(kind="merchant"))
    return make_operator(manager, *places, name=name, role=MemberRole.CARD_VERIFIER)


def till_of(member: PartnerMember) -> Client:
    """The enrolled phone of a verifier, its PIN just typed, at noon."""
    till = phone_of(member)
    move_clock(NOON)
    till.post("/partner/pin/", {"pin": "402917"})
    return till


def phone(card: Card) -> Client:
    """The holder's own browser, signed in."""
    browser = Client()
    browser.force_login(card.person.user)
    return browser
