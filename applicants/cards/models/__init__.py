"""Rows of the talent card."""

from applicants.cards.models.application import CardApplication, Portrait, Recognition
from applicants.cards.models.benefit import QUOTAS, Benefit, BenefitChange, BenefitState, Gives
from applicants.cards.models.benefit_use import BenefitClaim, BenefitSlot, BenefitUse
from applicants.cards.models.card import LIVE, Card, CardEnd, CardEvent, CardState, NumberCounter, SpoiledNumber
from applicants.cards.models.checking import CardCheck, CheckResult, SigningKey
from applicants.cards.models.life import CardDoubt, CardReconsideration
from applicants.cards.models.printing import CardFile, PaperShown, PrintBatch, PrintedName, PrintLine

__all__ = [
    "LIVE",
    "QUOTAS",
    "Benefit",
    "BenefitChange",
    "BenefitClaim",
    "BenefitSlot",
    "BenefitState",
    "BenefitUse",
    "Card",
    "CardApplication",
    "CardCheck",
    "CardDoubt",
    "CardEnd",
    "CardEvent",
    "CardFile",
    "CardReconsideration",
    "CardState",
    "CheckResult",
    "Gives",
    "NumberCounter",
    "PaperShown",
    "Portrait",
    "PrintBatch",
    "PrintLine",
    "PrintedName",
    "Recognition",
    "SigningKey",
    "SpoiledNumber",
]
