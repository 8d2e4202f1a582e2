"""Rows of the talent card."""

from applicants.cards.models.application import CardApplication, Portrait, Recognition
from applicants.cards.models.card import LIVE, Card, CardEnd, CardEvent, CardState, NumberCounter, SpoiledNumber

__all__ = [
    "LIVE",
    "Card",
    "CardApplication",
    "CardEnd",
    "CardEvent",
    "CardState",
    "NumberCounter",
    "Portrait",
    "Recognition",
    "SpoiledNumber",
]
