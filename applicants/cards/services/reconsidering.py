"""A suspension or revocation that its holder does not agree with is looked at once more, by somebody else."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.cards.models import Card, CardEvent, CardReconsideration, CardState
from applicants.cards.services.changing import UPHELD, ChangeRefused, lock_card, restore_card, tell_holder
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.deadlines import is_in_time
from portal.policy.calendar import DatedDay
from portal.policy.services import stored_calendar

OPEN = CardReconsideration.Outcome.OPEN


def decision_against(card: Card) -> CardEvent | None:
    """The suspension or revocation that the card stands under now, if it does.

    A loss lifts no suspension: it goes on with the card that replaces the lost one, until a person lifts it.
    """
    events = card.events.select_related("actor").order_by("-version")
    last = events.exclude(kind="lose").first()
    if last is None:
        return None
    if last.to_state != CardState.SUSPENDED:
        return last if last.kind == "revoke" else None
    decision = events.filter(kind="suspend").first()
    if decision is None:  # made suspended, in the place of a lost one
        return decision_against(card.follows)
    return None if _is_upheld(decision) else decision


def last_day(card: Card, decision: CardEvent) -> DatedDay:
    """By when ``decision`` may be asked to be reconsidered (``reconsideration_rule`` of the card's policy)."""
    rule = card.application.policy_version.parsed.reconsideration_rule
    return stored_calendar().add_working_days(timezone.localdate(decision.at), rule.working_days)


def may_ask(card: Card, decision: CardEvent | None, *, at: datetime) -> bool:
    """Whether the holder may ask about ``decision`` now: in time, and once."""
    if decision is None or not card.application.policy_version.parsed.reconsideration_rule.times:
        return False
    is_asked = CardReconsideration.objects.filter(decision=decision).exists()
    return not is_asked and is_in_time(last_day(card, decision), timezone.localdate(at))


def ask_reconsideration(card_id: UUID, *, by: User, at: datetime, reason: str) -> CardReconsideration:
    """Ask, as the holder, that what was decided against the card be looked at once more. Raises ChangeRefused."""
    with transaction.atomic():
        card = lock_card(card_id)
        decision = decision_against(card)
        if by.pk != card.person.user_id:
            raise ChangeRefused(_("您没有办理这一步的权限。"))
        if decision is None or not may_ask(card, decision, at=at):
            raise ChangeRefused(_("现在不能申请复核：已经申请过，过了期限，或者没有可以复核的决定。"))
        if not reason.strip():
            raise ChangeRefused(_("请写明您的理由。"))
        asked = CardReconsideration.objects.create(
            card=card, decision=decision, decided_first_by=decision.actor, asked_at=at, reason=reason.strip()
        )
        record(action="card.ask_reconsideration", actor=by, target=card, at=at)
        tell_holder(card, "card_reconsideration_received", at=at)
        return asked


def waiting(card: Card) -> CardReconsideration | None:
    """The reconsideration of the card that waits for an answer."""
    return card.reconsiderations.select_related("decision", "decided_first_by").filter(outcome=OPEN).first()


def may_answer(card: Card, by: User) -> bool:
    """Whether ``by`` is an administrator without a hand in the card or those it took the place of; never one's own."""
    application = card.application
    if by.pk == card.person.user_id or not by.may_act_as(Role.ADMINISTRATOR, application.programme, application.town):
        return False
    return not CardEvent.objects.filter(card__application=card.application_id, actor=by).exists()


def answer_reconsideration(card_id: UUID, *, is_upheld: bool, answer: str, by: User, at: datetime) -> Card:
    """Uphold or dismiss (the decision stands). Raises ChangeRefused.

    Upheld, the card is put back to how it stood before the decision, where it still stands under that: what happened
    to it since (a loss, its end, another decision) stays, and the holder is told so.
    """
    try:
        with transaction.atomic():
            card = lock_card(card_id)
            asked = waiting(card)
            if asked is None:
                raise ChangeRefused(_("这张卡没有待答复的复核。"))
            if not may_answer(card, by):
                raise ChangeRefused(_("复核由没有经手过这张卡的管理员答复。"))
            if not answer.strip():
                raise ChangeRefused(_("请写明理由。"))
            outcome = CardReconsideration.Outcome
            asked.outcome = outcome.UPHELD if is_upheld else outcome.DISMISSED
            asked.answer, asked.decided_by, asked.closed_at = answer.strip(), by, at
            decision = asked.decision
            stands = decision_against(card) == decision and card.state == decision.to_state
            asked.save()
            record(action=f"card.reconsideration_{asked.outcome}", actor=by, target=card, at=at)
            if is_upheld and stands:
                restore_card(card, to=_stood_before(card, decision), by=by, at=at, reason=asked.answer)
            elif is_upheld:
                tell_holder(card, UPHELD, at=at, reason=asked.answer)
            else:
                tell_holder(card, "card_reconsideration_dismissed", at=at, reason=asked.answer)
            return card
    except IntegrityError as error:  # of the one live card per person: another was made meanwhile
        raise ChangeRefused(_("本人已经有另一张有效的卡，这张不能再恢复。")) from error


def _stood_before(card: Card, decision: CardEvent) -> str:
    """How the card stood before ``decision``; a suspension that was itself taken back does not come again."""
    suspension = card.events.filter(kind="suspend", version__lt=decision.version).order_by("-version").first()
    if decision.from_state == CardState.SUSPENDED and suspension is not None and _is_upheld(suspension):
        return suspension.from_state
    return decision.from_state


def _is_upheld(decision: CardEvent) -> bool:
    return CardReconsideration.objects.filter(decision=decision, outcome=CardReconsideration.Outcome.UPHELD).exists()
