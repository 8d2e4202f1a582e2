"""The one function that writes a card's state."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.cards.machine import CARRIED_ON, HOLDER, SYSTEM, Change, change_named
from applicants.cards.models import Card, CardDoubt, CardEvent, CardReconsideration, CardState
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.letters import tell_applicant

UPHELD = "card_reconsideration_upheld"  # letter: the holder was right, and yet the card cannot be used


class ChangeRefused(Exception):
    """A change that may not be made; its text is the sentence the person reads."""


def change_card(
    card_id: UUID, name: str, *, by: User | None, at: datetime, expected_version: int | None = None, reason: str = ""
) -> Card:
    """Make one change of the card's table, whole or not at all: state, event, audit entry and letter together.

    ``by`` is None for the portal itself; ``at`` is business time. Raises ChangeRefused with a sentence.
    """
    with transaction.atomic():
        card = lock_card(card_id)
        if expected_version is not None and card.version != expected_version:
            raise ChangeRefused(_("这张卡刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
        change = change_named(name, card.state)
        if change is None:
            raise ChangeRefused(_("这张卡现在不能这样办理。"))
        if not may_change(change, card, by):
            raise ChangeRefused(_("您没有办理这一步的权限。"))
        if change.needs_reason and not reason.strip():
            raise ChangeRefused(_("请写明理由。"))
        _write(card, change, by=by, at=at, reason=reason.strip())
        return card


def restore_card(card: Card, *, to: str, by: User, at: datetime, reason: str) -> None:
    """Put a locked card back to how it stood, because a reconsideration was upheld. Raises ChangeRefused."""
    change = change_named("restore", card.state)
    if change is None:
        raise ChangeRefused(_("这张卡现在不能这样办理。"))
    letter = change.letter if to == CardState.ACTIVE else UPHELD
    _write(card, replace(change, target=to, letter=letter), by=by, at=at, reason=reason)


def lock_card(card_id: UUID) -> Card:
    """The card, locked for the running transaction. Raises Card.DoesNotExist."""
    rows = Card.objects.select_for_update(of=("self",))
    return rows.select_related("person__user", "application__policy_version__policy").get(pk=card_id)


def may_change(change: Change, card: Card, by: User | None) -> bool:
    """Whether ``by`` (None: the portal) holds a role of this row for this card. Nobody decides about an own card."""
    if by is None:
        return SYSTEM in change.roles
    if by.pk == card.person.user_id:
        return HOLDER in change.roles
    application = card.application
    return any(by.may_act_as(role, application.programme, application.town) for role in change.roles)


def _write(card: Card, change: Change, *, by: User | None, at: datetime, reason: str) -> None:
    source = card.state
    card.state, card.ended_as, card.state_at = change.target, change.ended_as, at
    card.version += 1
    card.save(update_fields=["state", "ended_as", "state_at", "version"])
    if card.state != CardState.ACTIVE and change.name not in CARRIED_ON:  # whatever spoke against it was acted on
        open_ones = card.doubts.filter(outcome=CardDoubt.Outcome.OPEN)
        open_ones.update(outcome=CardDoubt.Outcome.ACTED, closed_at=at, closed_by=by)
    if change.name == "resume":  # what the holder asked for has been given
        for asked in card.reconsiderations.filter(outcome=CardReconsideration.Outcome.OPEN):
            asked.outcome, asked.closed_at, asked.answer = CardReconsideration.Outcome.RESUMED, at, reason
            asked.save()
    note_event(card, change.name, from_state=source, by=by, at=at, reason=reason)
    if change.letter:
        tell_holder(card, change.letter, at=at, reason=reason)


def note_event(card: Card, kind: str, *, from_state: str, by: User | None, at: datetime, reason: str = "") -> None:
    """Write what happened to the card, with its audit entry; called in the transaction of the change."""
    CardEvent.objects.create(
        card=card,
        version=card.version,
        kind=kind,
        from_state=from_state,
        to_state=card.state,
        at=at,
        actor=by,
        reason=reason,
    )
    record(action=f"card.{kind}", actor=by, target=card, at=at, fields=["state"], note=card.state)


def tell_holder(card: Card, kind: str, *, at: datetime, reason: str = "", **details: object) -> None:
    """Queue one letter about the card to its holder: one per change."""
    tell_applicant(
        card.application,
        kind,
        key=f"card:{card.pk}:{card.version}:{kind}",
        at=at,
        number_last4=card.number[-4:],
        card_kind=card.kind,
        valid_to=card.valid_to.isoformat(),
        reason=reason,
        **details,
    )
