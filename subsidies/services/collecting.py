"""Collect everything that may be paid into one roll, however much it is.

The roll is *collecting* while workers go through what is due in the order of the list, ``BATCH`` payables in a
transaction, in turns. Each is checked under its lock, as one that is chosen by hand; what may not be paid stays behind.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.services.advancing import StepRefused
from portal.notifications.nudging import nudge
from subsidies.models import Payable, Roll
from subsidies.services.checking import bring_accounts_up_to_date, obstacles, payables_of
from subsidies.services.evidence import evidence_of
from subsidies.services.listing import following, in_view, key_of
from subsidies.services.rolls import BATCH, add_lines, bar_of, new_roll
from subsidies.services.turns import TASKS, TURN_SECONDS, Turn

COLLECTING = Roll.State.COLLECTING


def _candidates(by: User, on: date) -> QuerySet[Payable]:
    return in_view(payables_of(by, (Role.FINANCE,)), "ready", on)


def due_by_programme(by: User, on: date) -> dict[str, int]:
    """How many payables are to be looked through, by programme; fewer may turn out to be payable."""
    found = _candidates(by, on).order_by("programme").values_list("programme").annotate(Count("pk"))
    return dict(found)


def collect_all(*, programme: str, by: User, at: datetime) -> Roll:
    """Begin a roll of all that may be paid; of at most ``BATCH`` to look through it is collected when this returns.

    Raises StepRefused where there is nothing, or another such roll is still being collected.
    """
    if "\0" in programme:
        raise StepRefused(_("现在没有可以发放的款项。"))
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # nobody begins two at once
        if running := Roll.objects.filter(state=COLLECTING, programme=programme, collected_by=by).first():
            raise StepRefused(_("花名册 %(number)s 正在汇总，请等它做完。") % {"number": running.number})
        count = _candidates(by, timezone.localdate(at)).filter(programme=programme).count()
        if not count:
            raise StepRefused(_("现在没有可以发放的款项。"))
        roll = new_roll(programme=programme, by=by, at=at, state=COLLECTING, candidates=count)
        record(action="roll.collect_all", actor=by, target=roll, at=at, note=str(count))
        if count > BATCH:
            nudge(TASKS[COLLECTING], roll_id=str(roll.pk))
    if count <= BATCH:
        run_collecting(roll_id=roll.pk, at=at, at_real=timezone.now(), seconds=None)
        roll.refresh_from_db()
        if roll.state == Roll.State.DROPPED:
            raise StepRefused(_("现在没有可以发放的款项。“还不能发”里写明了每一笔缺什么。"))
    return roll


def run_collecting(*, roll_id: UUID, at: datetime, at_real: datetime, seconds: float | None = TURN_SECONDS) -> None:
    """Go on for ``seconds`` (None: to the end), then ask for the next turn. Safe to call at any time, by anybody."""
    if turn := Turn.take(roll_id, COLLECTING, at, at_real):
        turn.work(_collect, _end, seconds)


def _collect(turn: Turn) -> bool:
    """Look through the next payables and put those on the roll that may be paid."""
    with transaction.atomic():
        roll = turn.locked()
        by, on = roll.collected_by, timezone.localdate(roll.collected_at)
        due = _candidates(by, on).filter(programme=roll.programme)
        ids = list(following(due, roll.cursor).values_list("pk", flat=True)[:BATCH])
        if ids:
            here = Payable.objects.filter(pk__in=ids)
            list(here.select_for_update().order_by("pk").values_list("pk"))
            bring_accounts_up_to_date(ids)
            seen = evidence_of(ids)  # before the check: what changes in between is checked in full at issue
            payables = list(payables_of(by, (Role.FINANCE,)).filter(pk__in=ids))
            fit = [payable for payable in payables if not obstacles(payable, on=on) and not bar_of(payable, by)]
            last = roll.lines.aggregate(last=Max("position", default=0))["last"]
            add_lines(roll, fit, seen, after=last)
            roll.cursor, roll.looked_at = key_of(here.get(pk=ids[-1])), roll.looked_at + len(ids)
            roll.save(update_fields=["cursor", "looked_at", "heartbeat", "failures"])
            return True
    _end(turn, is_whole=True)
    return False


def _end(turn: Turn, *, is_whole: bool = False) -> None:
    """The roll is collected, or dropped where nothing may be paid; after too many failures with what it has by then."""
    with transaction.atomic():
        roll = turn.locked()
        lines = roll.lines.count()
        roll.state = Roll.State.COLLECTED if lines else Roll.State.DROPPED
        roll.candidates = roll.looked_at if is_whole else max(roll.candidates, roll.looked_at + 1)
        roll.heartbeat = None
        roll.save()
        action = "roll.collect" if lines else "roll.drop"
        record(action=action, actor=roll.collected_by, target=roll, at=turn.at, fields=["lines"], note=str(lines))
