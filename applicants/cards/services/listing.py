"""The desk's list of cards, newest first, and one card found by its number."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from applicants.cards.models import Card, CardFile, CardState, PrintLine
from applicants.cards.services.files import SHOWN
from applicants.cards.services.printing import print_standing, printable_q, visible_cards
from portal.accounts.models import User
from portal.ui.asking import older_than, place_of

PAGE = 50
PRINTINGS = ("drawing", "ready", "waiting", "printed", "handed_over")


@dataclass(frozen=True)
class CardFilter:
    """What the list shows; "" means any. ``printing`` is one of PRINTINGS."""

    state: str = ""
    kind: str = ""
    printing: str = ""


@dataclass(frozen=True)
class CardRow:
    """One card, its place on a live batch, and how far its plastic is (``print_standing``)."""

    card: Card
    line: PrintLine | None
    standing: str


@dataclass(frozen=True)
class CardPage:
    """Fifty cards, and the place where the list goes on ("" where it ends)."""

    rows: list[CardRow]
    following: str


def listed_cards(user: User, wanted: CardFilter) -> QuerySet[Card]:
    """The cards in the reach of ``user`` that the filter lets through."""
    found = visible_cards(user)
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.printing == "ready":
        return found.filter(printable_q())
    if wanted.printing == "drawing":
        files = CardFile.objects.filter(card=OuterRef("pk"))
        return found.filter(~Exists(files), state__in=SHOWN)
    if wanted.printing:
        return found.filter(Exists(PrintLine.objects.filter(card=OuterRef("pk"), state=wanted.printing)))
    return found


def cards_page(user: User, wanted: CardFilter, *, after: str = "") -> CardPage:
    """A page of the list from the place that ``following`` gave. The same number of queries for one card and for fifty.

    Raises Http404 for a place that nobody gave out.
    """
    found = listed_cards(user, wanted)
    if after:
        found = older_than(found, after, "issued_at")
    cards = list(found.select_related("application").order_by("-issued_at", "-pk")[: PAGE + 1])
    shown = cards[:PAGE]
    lines = PrintLine.objects.filter(card__in=shown).exclude(state=PrintLine.State.SPOILED).select_related("batch")
    line_of = {line.card_id: line for line in lines}
    files = CardFile.objects.filter(card__in=shown, kind=CardFile.Kind.FRONT)
    drawn = set(files.order_by("card").values_list("card_id", flat=True))
    rows = [
        CardRow(card, line := line_of.get(card.pk), print_standing(card, line, has_files=card.pk in drawn))
        for card in shown
    ]
    return CardPage(rows, place_of(shown[-1], "issued_at") if len(cards) > PAGE else "")


def count_cards(user: User) -> dict[str, int]:
    """How many cards wait for somebody: ``held`` and ``ready`` to print."""
    reach = visible_cards(user)
    return {"held": reach.filter(state=CardState.HELD).count(), "ready": reach.filter(printable_q()).count()}


def find_card(user: User, number: str) -> Card | None:
    """The card of this number (digits) in the reach of ``user``."""
    return visible_cards(user).filter(number=number).first()
