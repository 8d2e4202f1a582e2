"""What a card's kind is called: its policy says so."""

from __future__ import annotations

from functools import lru_cache

from applicants.cards.models import Card
from portal.policy.models import PolicyVersion
from portal.policy.texts import Text


def kind_title(card: Card) -> Text:
    """金卡, Gold card …; the bare code where the policy has no such kind. One query per policy version and process."""
    return title_of_kind(card, card.kind)


def title_of_kind(card: Card, kind: str) -> Text:
    """The same for another kind of the policy that ``card`` was issued under."""
    return _titles(card.application.policy_version_id).get(kind) or Text(zh=kind)


@lru_cache(maxsize=64)
def _titles(version_id: int) -> dict[str, Text]:
    # A version that has been published, as that of every card has been, never changes.
    terms = PolicyVersion.objects.get(pk=version_id).parsed.card
    return {item.kind: item.title for item in terms.kinds} if terms else {}
