"""A held card: its name has a character that no font has. A person says how it is printed, or that a font has come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.cards.models import Card, PrintedName
from applicants.cards.services.changing import ChangeRefused, change_card, lock_card
from applicants.cards.services.files import ask_for_files, unprintable
from portal.accounts.models import User
from portal.audit.services import record
from portal.fonts import missing

LONGEST_NAME = 40  # characters


def release_card(
    card_id: UUID, *, by: User, at: datetime, expected_version: int | None = None, reason: str, spelling: str = ""
) -> Card:
    """Let a held card go to its holder, its name as it is or as ``spelling`` says, and have its files made.

    Raises ChangeRefused with a sentence: by the table of a card's life, or because a character still stands in no font.
    """
    spelling = " ".join(spelling.split())
    if lacking := missing(spelling):
        raise ChangeRefused(_("“%(characters)s”没有字体可以打印，请换一个写法。") % {"characters": lacking})
    if len(spelling) > LONGEST_NAME:
        raise ChangeRefused(_("卡面上的姓名最多 %(count)d 个字。") % {"count": LONGEST_NAME})
    with transaction.atomic():
        card = lock_card(card_id)
        card = change_card(card_id, "release", by=by, at=at, expected_version=expected_version, reason=reason)
        if spelling:
            PrintedName.objects.create(card=card, name=spelling, legal_name=card.person.legal_name, by=by, at=at)
            record(action="card.spell", actor=by, target=card, at=at, fields=["printed_name"])
        if lacking := unprintable(card):
            raise ChangeRefused(
                _("“%(characters)s”还没有字体可以打印。请装好字体以后再放行，或者写明卡面上印成什么。")
                % {"characters": lacking}
            )
        ask_for_files(card)
        return card
