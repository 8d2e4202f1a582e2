"""Whether a card is still right: what registers say against it raises a doubt, which a person looks at.

How registers are asked and their answers weighed: portal/casework/services/rechecking.py. Somebody suspends, revokes or
keeps the card with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.cards.machine import DECIDERS
from applicants.cards.models import Card, CardDoubt, CardState
from applicants.cards.services.changing import ChangeRefused, lock_card
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.models import Application
from portal.casework.services.rechecking import FRESH, ask_by_night, weigh
from portal.policy.assessing import Finding

ASKED = ("in_post", "insurance", "employer_status", "employer_place", "deceased_on")
DECEASED, EMPLOYER, TIER = "deceased", "employer", "tier"  # grounds that are no clause


def ask_about_cards(*, at: datetime) -> int:
    """By night, note which registers are to be asked again about holders of active cards. Returns about how many."""
    cards = Card.objects.filter(state=CardState.ACTIVE, issued_at__lte=at - FRESH)
    return ask_by_night(cards.order_by("issued_at", "id"), ASKED, at=at)


def weigh_answers(application: Application, at: datetime) -> None:
    """Raise or lift doubts about the active card of ``application``, from what registers say now.

    A clause that was met at the decision and is not met today by what a register says raises one; not again where
    somebody has kept the card since the register first said so. A doubt is lifted when the same clause is met again by
    what registers say, not by silence.
    """
    weighed = weigh(application, ASKED, at=at)
    if not weighed.told.facts:
        return
    against = {ground: (finding.as_json(), since) for ground, (finding, since) in weighed.against.items()}
    died = weighed.told.facts.get("deceased_on")
    if died and isinstance(died.value, date):
        evidence = {"on": died.value.isoformat(), "source": died.source, "as_of": str(died.as_of or "")}
        against[DECEASED] = (evidence, weighed.told.since["deceased_on"])
    with transaction.atomic():
        cards = Card.objects.select_for_update(of=("self",)).filter(application=application, state=CardState.ACTIVE)
        for card in cards.order_by("pk"):
            for ground, (evidence, said_at) in against.items():
                kept = card.doubts.filter(ground=ground, outcome=CardDoubt.Outcome.KEPT, closed_at__gte=said_at)
                if not kept.exists():
                    raise_doubt(card, ground, evidence, by=None, at=at)
            for doubt in card.doubts.filter(outcome=CardDoubt.Outcome.OPEN, ground__in=weighed.met):
                if weighed.takes_back(Finding.from_json(doubt.evidence)):
                    _close(doubt, CardDoubt.Outcome.LIFTED, by=None, at=at)


def raise_doubt(card: Card, ground: str, evidence: Mapping[str, Any], *, by: User | None, at: datetime) -> None:
    """Open a doubt about a locked card, with its evidence; one that is open already is brought up to date."""
    doubt = card.doubts.filter(ground=ground, outcome=CardDoubt.Outcome.OPEN).first()
    if doubt is None:
        doubt = CardDoubt(card=card, ground=ground, raised_at=at)
        record(action="card.doubt", actor=by, target=card, at=at, fields=["doubt"], note=ground)
    doubt.evidence = dict(evidence)
    doubt.save()


def keep_card(card_id: UUID, *, by: User, at: datetime, reason: str) -> None:
    """Leave the card as it is in spite of its open doubts, with a reason. Raises ChangeRefused."""
    with transaction.atomic():
        card = lock_card(card_id)
        if not may_decide(card, by):
            raise ChangeRefused(_("您没有办理这一步的权限。"))
        if not reason.strip():
            raise ChangeRefused(_("请写明理由。"))
        open_ones = list(card.doubts.filter(outcome=CardDoubt.Outcome.OPEN))
        if not open_ones:
            raise ChangeRefused(_("这张卡现在没有待核查的事项。"))
        for doubt in open_ones:
            _close(doubt, CardDoubt.Outcome.KEPT, by=by, at=at, reason=reason.strip())


def may_decide(card: Card, by: User) -> bool:
    """Whether ``by`` decides about this card where there is a doubt: whoever may suspend it. Never about the own."""
    application = card.application
    is_own = by.pk == card.person.user_id
    return not is_own and any(by.may_act_as(role, application.programme, application.town) for role in DECIDERS)


def _close(doubt: CardDoubt, outcome: str, *, by: User | None, at: datetime, reason: str = "") -> None:
    doubt.outcome, doubt.closed_at, doubt.closed_by, doubt.reason = outcome, at, by, reason
    doubt.save()
    record(action=f"card.doubt_{outcome}", actor=by, target=doubt.card, at=at, fields=["doubt"], note=doubt.ground)


def report_employer(card_id: UUID, *, values: Mapping[str, Any], by: User, at: datetime) -> None:
    """Note, for a person to look at, that the holder works for somebody else (``change_report_days`` of the policy).

    ``values``: employer_name, credit_code, started_on (ISO). Another report keeps those before it, the very same
    again changes nothing. Raises ChangeRefused.
    """
    with transaction.atomic():
        card = lock_card(card_id)
        if by.pk != card.person.user_id:
            raise ChangeRefused(_("您没有办理这一步的权限。"))
        if card.state != CardState.ACTIVE:
            raise ChangeRefused(_("这张卡现在不能这样办理。"))
        open_one = card.doubts.filter(ground=EMPLOYER, outcome=CardDoubt.Outcome.OPEN).first()
        reports = reports_in(open_one.evidence) if open_one else []
        if not reports or any(reports[0].get(name) != values[name] for name in values):
            said = {**values, "reported_on": timezone.localdate(at).isoformat(), "earlier": reports}
            raise_doubt(card, EMPLOYER, said, by=by, at=at)


def reports_in(evidence: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a holder has reported of another employer, the newest first."""
    newest = {name: value for name, value in evidence.items() if name != "earlier"}
    return [newest, *evidence.get("earlier", [])]
