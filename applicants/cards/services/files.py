"""The files of a card: drawn after the card was issued, stored sealed, made once.

A nudge makes them at once, a sweep finds what a lost message or a killed worker left. All of a card's files become rows
in one short transaction, so of two workers one keeps its files and the other deletes its own.
"""

from __future__ import annotations

import logging
from datetime import datetime
from hashlib import sha256
from typing import cast
from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import override

from applicants.cards.faces import faces, output
from applicants.cards.kinds import kind_title
from applicants.cards.models import Card, CardFile, CardState, PrintedName
from applicants.cards.services.portraits import open_portrait
from portal.fonts import missing
from portal.notifications.nudging import nudge
from portal.policy.facts import TIERS
from portal.policy.offers import CardTerms
from portal.vault.files import delete_sealed, read_sealed, write_sealed
from portal.vault.sealing import SealBroken

logger = logging.getLogger(__name__)
TASK = "cards.make_files"
MOST_AT_ONCE = 100  # cards of one sweep
SHOWN = (CardState.ACTIVE, CardState.SUSPENDED)  # a held card is not drawn, an ended one not any more
ENDINGS = {
    CardFile.Kind.FRONT: "png",
    CardFile.Kind.BACK: "png",
    CardFile.Kind.PHONE_PNG: "png",
    CardFile.Kind.PHONE_WEBP: "webp",
    CardFile.Kind.PDF: "pdf",
}


def ask_for_files(card: Card) -> None:
    """Have the files made once the running transaction is committed."""
    nudge(TASK, card_id=str(card.pk))


def name_on(card: Card) -> str:
    """The name as it is printed: the holder's, or as it was spelled for want of a font."""
    spelled = PrintedName.objects.filter(card=card).first()
    return str(spelled.name if spelled else card.person.legal_name)


def unprintable(card: Card) -> str:
    """The characters of the printed name that no font has."""
    return missing(name_on(card))


def tier_title(card: Card) -> str:
    """What the card says of its holder's tier, Chinese as on every paper of the office."""
    with override("zh-hans"):
        return str(TIERS[card.tier])


def face_of(card: Card) -> faces.Face:
    """What is printed on ``card``."""
    terms = cast(CardTerms, card.application.policy_version.parsed.card)
    return faces.Face(
        name=name_on(card),
        kind=card.kind,
        kind_title=kind_title(card).zh,
        tier_title=tier_title(card),
        number=card.number,
        valid_from=card.valid_from,
        valid_to=card.valid_to,
        portrait=open_portrait(card.portrait),
        rules=faces.rules(change_report_days=terms.change_report_days),
    )


def drawn(face: faces.Face, *, at: datetime) -> dict[str, bytes]:
    """Every file of a card, by kind. Raises NotPrintable."""
    front, back = faces.front(face), faces.back(face)
    phone = output.on_phone(front)
    return {
        CardFile.Kind.FRONT: output.print_png(front),
        CardFile.Kind.BACK: output.print_png(back),
        CardFile.Kind.PHONE_PNG: output.phone_png(phone),
        CardFile.Kind.PHONE_WEBP: output.phone_webp(phone),
        CardFile.Kind.PDF: output.pdf([front, back], title=face.number, at=at),
    }


def make_files(card_id: UUID, *, at: datetime) -> bool:
    """Draw and store what ``card_id`` lacks; no transaction is open over the drawing. Says whether there are files now.

    A card that is held or ended, or whose name would have an empty box, gets none.
    """
    rows = Card.objects.select_related("person", "portrait", "application__policy_version")
    card = rows.filter(pk=card_id, state__in=SHOWN).first()
    if card is None:
        return False
    if CardFile.objects.filter(card=card).exists():
        return True
    try:
        made = drawn(face_of(card), at=at)
    except (faces.NotPrintable, OSError, SealBroken) as error:  # nobody's data may reach a log with it
        logger.error("The files of card %s cannot be made (%s).", card_id, type(error).__name__)
        return False
    files = [_stored(card, kind, data, at) for kind, data in made.items()]
    try:
        with transaction.atomic():
            CardFile.objects.bulk_create(files)
    except IntegrityError:  # another worker was first
        _forget(files)
    except BaseException:
        _forget(files)
        raise
    _tidy(card)
    return True


def _stored(card: Card, kind: str, data: bytes, at: datetime) -> CardFile:
    name = f"{_folder(card)}/{uuid4().hex}"
    write_sealed(name, data)
    return CardFile(card=card, kind=kind, stored_as=name, sha256=sha256(data).hexdigest(), size=len(data), made_at=at)


def _forget(files: list[CardFile]) -> None:
    for file in files:
        delete_sealed(file.stored_as)


def _folder(card: Card) -> str:
    return f"cards/{card.pk.hex[:2]}/{card.pk.hex}"


def _tidy(card: Card) -> None:
    """Delete what a killed worker left beside the files that count."""
    kept = set(CardFile.objects.filter(card=card).values_list("stored_as", flat=True))
    for name in default_storage.listdir(_folder(card))[1]:
        if f"{_folder(card)}/{name}" not in kept:
            delete_sealed(f"{_folder(card)}/{name}")


def cards_without_files() -> QuerySet[Card]:
    """The cards that should have files and have none, the one that waits longest first."""
    theirs = CardFile.objects.filter(card=OuterRef("pk"))
    return Card.objects.filter(~Exists(theirs), state__in=SHOWN).order_by("state_at", "pk")


def make_missing_files(*, at: datetime) -> int:
    """Make the files of up to ``MOST_AT_ONCE`` cards; how many of them have theirs now."""
    waiting = list(cards_without_files().values_list("pk", flat=True)[:MOST_AT_ONCE])
    return sum(make_files(card_id, at=at) for card_id in waiting)


def open_card_file(file: CardFile) -> bytes:
    """The bytes as they were made. Raises FileNotFoundError and SealBroken where the store was damaged."""
    return read_sealed(file.stored_as)
