"""The one function that writes a round's state."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from applicants.people.linking import linked_ids
from applicants.people.models import Person, person_number_hashes
from housing.apartments.machine import RoundChange, round_change_named
from housing.apartments.models import Entrant, EntrantState, Round, RoundAnnulment, RoundReconsideration, RoundState
from housing.apartments.services.refusals import RoundRefused
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import kept_from
from portal.notifications.nudging import nudge

logger = logging.getLogger(__name__)
PROGRAMME = "apartment"
OVER = (RoundState.CLOSED, RoundState.ANNULLED, RoundState.SUPERSEDED)


def change_round(
    round_id: UUID,
    name: str,
    *,
    by: User | None,
    at: datetime,
    expected_version: int | None = None,
    fields: Mapping[str, object] | None = None,
) -> Round:
    """Make one change of the round's table; ``fields`` (commitment, seed, …) are written with it.

    ``by`` is None for the portal itself, which makes only what is timed. What follows from the end of a round (offers
    withdrawn, everybody let go and told) the sweep does, batch by batch. Raises RoundRefused.
    """
    with transaction.atomic():
        row = lock_round(round_id)
        if expected_version is not None and row.version != expected_version:
            raise RoundRefused(_("这个批次刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
        change = round_change_named(name, row.state)
        if change is None:
            raise RoundRefused(_("这个批次现在不能这样办理。"))
        if not (change.is_timed if by is None else may_run_rounds(by)):
            raise RoundRefused(_("您没有办理这一步的权限。"))
        if by is not None:
            refuse_interested(row, by)
        _refuse_early(row, change, at=at)
        for field, value in (fields or {}).items():
            setattr(row, field, value)
        row.state, row.state_at = RoundState(change.target), at
        row.version += 1
        if row.state == RoundState.DRAWN:
            row.drawn_by, row.drawn_at = by, at
        if row.state == RoundState.PUBLISHED:
            row.published_at = at
        row.save()
        if row.state in OVER:
            row.units.filter(released_at=None).update(released_at=at)
            nudge("apartments.sweep_rounds")
        record(action=f"round.{name}", actor=by, target=row, at=at, note=row.number)
        return row


def may_run_rounds(user: User) -> bool:
    """Whether ``user`` is an administrator of the rounds."""
    return user.may_act_as(Role.ADMINISTRATOR, PROGRAMME, "")


def lock_round(round_id: UUID) -> Round:
    """The round, locked for the running transaction, then read with its policy. Raises Round.DoesNotExist."""
    Round.objects.select_for_update(no_key=True).values_list("pk").get(pk=round_id)
    return Round.objects.select_related("policy_version").get(pk=round_id)


def for_each(rounds: QuerySet[Round], act: Callable[[Round], int]) -> int:
    """Let a sweep act on every round; gives the sum of what it did. One that is damaged holds up no other."""
    done = 0
    for row in rounds:
        try:
            done += act(row)
        except RoundRefused:
            logger.info("Round %s: somebody was quicker.", row.number)
        except Exception as error:  # nor does it put its words in a log
            logger.error("Round %s is left as it is (%s).", row.number, type(error).__name__)
    return done


def listed_entrants(row: Round) -> Q:
    """Who stands in the list of a frozen round: who was in at the published moment, even if they left since."""
    return Q(round=row) & (~Q(state=EntrantState.LEFT) | Q(state_at__gte=row.freezes_at))


def why_barred(row: Round, by: User) -> str | None:
    """Why ``by`` may have no hand in the round, whatever roles they hold: a sentence, or None.

    Who is in it, or whose spouse is, and who keeps away from the file of somebody in it.
    """
    entrants = Entrant.objects.filter(round=row).exclude(state=EntrantState.LEFT)
    people = Person.objects.filter(pk__in=linked_ids(Person.objects.filter(user=by).values_list("pk", flat=True)))
    hashes = [one for it in people if it.number for one in person_number_hashes(it.number, it.number_kind)]
    own = Q(application__applicant__in=people) | Q(application__apartment_request__spouse_number_hash__in=hashes)
    if entrants.filter(own).exists():
        return _("您或您的配偶参加了这个批次，请由别人办理。")
    if entrants.filter(application__in=kept_from(by)).exists():
        return _("这个批次里有您回避的人，请由别人办理。")
    return None


def refuse_interested(row: Round, by: User) -> None:
    """Raise RoundRefused where ``by`` may have no hand in the round."""
    if why := why_barred(row, by):
        raise RoundRefused(why)


def _refuse_early(row: Round, change: RoundChange, *, at: datetime) -> None:
    """What a change needs beside its state."""
    if change.name == "open" and not row.units.exists():
        raise RoundRefused(_("请先选好这个批次的房源。"))
    if change.name == "freeze" and at < row.freezes_at:
        raise RoundRefused(_("还没有到公布的锁定时间。"))
    if change.name == "draw" and at < row.draw_at:
        raise RoundRefused(_("还没有到公布的摇号时间。"))
    if change.name == "draw" and not row.entrants_sha256:
        raise RoundRefused(_("锁定的名单还没有公布。"))
    if change.name == "publish" and Entrant.objects.filter(listed_entrants(row), rank=None).exists():
        raise RoundRefused(_("排位还没有写完，请稍候再公布。"))
    if change.name == "annul" and not RoundAnnulment.objects.filter(round=row, confirmed_by__isnull=False).exists():
        raise RoundRefused(_("作废须由两个人先后确认。"))
    upheld = RoundReconsideration.objects.filter(round=row, outcome=RoundReconsideration.Outcome.UPHELD)
    if change.name == "supersede" and not upheld.exists():
        raise RoundRefused(_("结果公布以后，只有复核成立才能撤销。"))
