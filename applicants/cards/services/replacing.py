"""A lost card is dead at once; another one, with a number of its own, takes its place where somebody asks for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.cards.models import LIVE, Card, CardEnd
from applicants.cards.services.changing import ChangeRefused, lock_card
from applicants.cards.services.issuing import make_card
from applicants.cards.services.reconsidering import decision_against
from applicants.cards.services.standing import cards_known_as
from applicants.people.linking import lock_everyone
from portal.accounts.models import Role, User


def may_replace(card: Card, by: User) -> bool:
    """Whether ``by`` is the holder, or a clerk of the card's programme and town."""
    if by.pk == card.person.user_id:
        return True
    application = card.application
    return by.may_act_as(Role.CLERK, application.programme, application.town)


def is_replaceable(card: Card, *, at: datetime) -> bool:
    """Whether ``card`` was lost before its term was over, and no card followed."""
    if card.ended_as != CardEnd.LOST or card.valid_to < timezone.localdate(at):
        return False
    others = cards_known_as(card.person).filter(state__in=LIVE)
    return not (Card.objects.filter(follows=card).exists() or others.exists())


def replace_lost(card_id: UUID, *, by: User, at: datetime) -> Card:
    """A new card for a lost one: same kind, tier, portrait and last day, another number. Raises ChangeRefused.

    It is suspended where the lost one was, and what waits for a person goes on with it: a loss lifts nothing.
    """
    person = Card.objects.select_related("person").get(pk=card_id).person
    with transaction.atomic():
        lock_everyone(person)  # before the card, as an approval does
        card = lock_card(card_id)
        if not may_replace(card, by):
            raise ChangeRefused(_("您没有办理这一步的权限。"))
        if not is_replaceable(card, at=at):
            raise ChangeRefused(_("这张卡不能补办：没有挂失，已经到期，或者已经有新卡。"))
        return make_card(
            card.application,
            kind=card.kind,
            tier=card.tier,
            portrait=card.portrait,
            by=by,
            at=at,
            valid_to=card.valid_to,
            suspension=decision_against(card),
        )


def last_card(user: User) -> Card | None:
    """The card of the person behind ``user`` that no other card followed."""
    rows = Card.objects.filter(person__user=user, followed_by__isnull=True)
    return rows.select_related("person", "application").order_by("-issued_at").first()
