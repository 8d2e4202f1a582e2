"""A published result looked at again, as an entrant asks, by a reviewer or approver who did not run the draw."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from housing.apartments.machine import DECIDERS
from housing.apartments.models import Entrant, Round, RoundReconsideration, RoundState
from housing.apartments.services.announcing import title_words
from housing.apartments.services.refusals import RoundRefused
from housing.apartments.services.rounds import PROGRAMME, change_round, lock_round, why_barred
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.deadlines import is_in_time
from portal.casework.doors import kept_from
from portal.casework.letters import tell_applicant
from portal.policy.calendar import DatedDay
from portal.policy.services import stored_calendar

Outcome = RoundReconsideration.Outcome
STANDS = (RoundState.PUBLISHED, RoundState.CLOSED)  # a result that may be looked at


def last_day(row: Round) -> DatedDay | None:
    """By when a published result may be asked to be reconsidered; None where the policy offers none."""
    rule = row.policy_version.parsed.reconsideration_rule
    if not rule.times or row.published_at is None:
        return None
    return stored_calendar().add_working_days(timezone.localdate(row.published_at), rule.working_days)


def may_ask(entrant: Entrant, *, at: datetime) -> bool:
    """Whether the entrant may ask now: in the ranking, in time, once. The round and its policy are loaded."""
    row = entrant.round
    if row.state not in STANDS or entrant.rank is None:
        return False
    last = last_day(row)
    if last is None or not is_in_time(last, timezone.localdate(at)):
        return False
    return not RoundReconsideration.objects.filter(entrant=entrant).exists()


def ask_reconsideration(entrant_id: UUID, *, reason: str, by: User, at: datetime) -> RoundReconsideration:
    """Ask, as the entrant, that the result be looked at once more. Raises RoundRefused."""
    try:
        with transaction.atomic():
            row = lock_round(Entrant.objects.values_list("round_id", flat=True).get(pk=entrant_id))
            entrant = Entrant.objects.select_related("application__applicant").get(pk=entrant_id)
            entrant.round = row
            if by.pk != entrant.application.applicant.user_id:
                raise RoundRefused(_("您没有办理这一步的权限。"))
            if row.drawn_by is None or not may_ask(entrant, at=at):
                raise RoundRefused(_("现在不能申请复核：已经申请过，过了期限，或者没有可以复核的结果。"))
            if not reason.strip():
                raise RoundRefused(_("请写明您的理由。"))
            asked = RoundReconsideration.objects.create(
                round=row, entrant=entrant, drawn_by=row.drawn_by, asked_at=at, reason=reason.strip()
            )
            record(action="round.ask_reconsideration", actor=by, target=row, at=at, note=row.number)
            _tell(asked, "round_reconsideration_received", at=at)
    except IntegrityError:
        raise RoundRefused(_("您已经申请过复核。")) from None
    return asked


def visible_reconsiderations(user: User) -> QuerySet[RoundReconsideration]:
    """What a desk shows of them: neither the own nor one by somebody whose file ``user`` keeps away from."""
    rows = RoundReconsideration.objects.exclude(entrant__application__in=kept_from(user))
    return rows.exclude(entrant__application__applicant__user=user)


def may_decide(asked: RoundReconsideration, by: User) -> bool:
    """Whether ``by`` signs decisions, did not run the draw and has nothing of their own in the round."""
    if by.pk == asked.drawn_by_id or not any(by.may_act_as(role, PROGRAMME, "") for role in DECIDERS):
        return False
    return why_barred(asked.round, by) is None


def decide_reconsideration(
    asked_id: UUID, *, is_upheld: bool, answer: str, by: User, at: datetime
) -> RoundReconsideration:
    """Let the result stand, or take it back: then the round is superseded and its result stays published.

    Offers that are open are withdrawn; what becomes of leases is decided lease by lease. Raises RoundRefused.
    """
    with transaction.atomic():
        lock_round(RoundReconsideration.objects.values_list("round_id", flat=True).get(pk=asked_id))
        wanted = ("round__policy_version", "entrant__application__applicant")
        asked = RoundReconsideration.objects.select_related(*wanted).get(pk=asked_id)
        if asked.outcome != Outcome.OPEN:
            raise RoundRefused(_("这件复核刚刚被别人答复过。"))
        if not may_decide(asked, by):
            raise RoundRefused(_("复核由没有主持摇号的审核人答复。"))
        if not answer.strip():
            raise RoundRefused(_("请写明理由。"))
        asked.outcome = Outcome.UPHELD if is_upheld else Outcome.DISMISSED
        asked.answer, asked.decided_by, asked.closed_at = answer.strip(), by, at
        asked.save()
        record(action=f"round.reconsideration_{asked.outcome}", actor=by, target=asked.round, at=at)
        _tell(asked, f"round_reconsideration_{asked.outcome}", at=at, reason=asked.answer)
        if is_upheld and asked.round.state in STANDS:
            change_round(asked.round_id, "supersede", by=None, at=at)
        return asked


def _tell(asked: RoundReconsideration, kind: str, *, at: datetime, **details: object) -> None:
    """Queue one letter of this kind about the reconsideration."""
    review = asked.round.policy_version.parsed.review_body
    tell_applicant(
        asked.entrant.application,
        kind,
        key=f"round_reconsideration:{asked.pk}:{kind}",
        at=at,
        round_title=title_words(asked.round),
        review_body={"zh": review.name.zh, "en": review.name.en or review.name.zh},
        review_days=review.days,
        **details,
    )
