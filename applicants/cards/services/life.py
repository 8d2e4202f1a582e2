"""What time does to cards: letters while they may be renewed, and their end."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from applicants.cards.models import LIVE, Card, CardState
from applicants.cards.services.changing import ChangeRefused, change_card
from portal.casework.letters import tell_applicant
from portal.casework.models import Application
from portal.casework.states import OPEN

OPENS, CLOSES = "card_renewal_opens", "card_renewal_closes"  # letters
AT_ONCE = 500  # rows that one round reads


def expire_cards(*, at: datetime) -> int:
    """End every card whose last day is over, each in a transaction of its own; gives how many ended."""
    over = Card.objects.filter(state__in=LIVE, valid_to__lt=timezone.localdate(at)).order_by("valid_to", "id")
    ended = 0
    for pk in over.values_list("pk", flat=True)[:AT_ONCE]:
        try:
            change_card(pk, "expire", by=None, at=at)
        except ChangeRefused:  # somebody ended it a moment ago
            continue
        ended += 1
    return ended


def remind_of_renewal(*, at: datetime) -> None:
    """Write to holders when the window of their card opens, and on its last day: each letter once a card, by its key.

    Who has applied again already is not reminded.
    """
    today = timezone.localdate(at)
    applied = Application.objects.filter(
        applicant=OuterRef("person"), programme=OuterRef("application__programme"), state__in=OPEN
    )
    found = Card.objects.filter(~Exists(applied), state=CardState.ACTIVE, renewal_opens_on__lte=today)
    found = found.filter(renewal_closes_on__gte=today).order_by("renewal_closes_on", "id")
    for card in found.select_related("application__applicant__user", "application__policy_version__policy"):
        kind = CLOSES if today == card.renewal_closes_on else OPENS
        tell_applicant(
            card.application,
            kind,
            key=f"card:{card.pk}:{kind}",
            at=at,
            number_last4=card.number[-4:],
            valid_to=card.valid_to.isoformat(),
            closes_on=card.renewal_closes_on.isoformat() if card.renewal_closes_on else "",
        )
