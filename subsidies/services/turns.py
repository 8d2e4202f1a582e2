"""Turns of workers on a roll. Who holds the newest turn may write; what a killed worker left is gone on with.

A worker gives a sign of life every few seconds. After ``SILENCE`` somebody else takes the next turn; the first, where
it was slow and not dead, finds its own lost at its next write.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from portal.notifications.nudging import nudge
from subsidies.models import Roll

logger = logging.getLogger(__name__)
TURN_SECONDS = 10.0  # then a worker lets other work pass before it goes on
BEAT_SECONDS = 5.0
SILENCE = timedelta(seconds=60)
MOST_FAILURES = 3
# What a turn works on, and the task that takes the next.
TASKS = {Roll.State.COLLECTING: "subsidies.collect_roll", Roll.State.ISSUING: "subsidies.issue_roll"}


class TurnLost(Exception):
    """Somebody else works on the roll now, or nobody has to any more."""


def silent_rolls(state: Roll.State, *, at_real: datetime) -> list[UUID]:
    """Rolls in ``state`` that nobody works on: not begun, or without a sign of life for ``SILENCE``."""
    found = Roll.objects.filter(_is_free(at_real), state=state).order_by("collected_at", "id")
    return list(found.values_list("pk", flat=True)[:5])


def _is_free(at_real: datetime) -> Q:
    return Q(heartbeat__isnull=True) | Q(heartbeat__lt=at_real - SILENCE)


class Turn:
    """The right to work on a roll in ``state``, until somebody else takes the next one."""

    def __init__(self, roll_id: UUID, state: Roll.State, number: int, at: datetime, at_real: datetime) -> None:
        self.mine = Roll.objects.filter(pk=roll_id, state=state, turn=number)
        self.roll_id, self._task, self._at, self._at_real = roll_id, TASKS[state], at, at_real
        self._begun = self._beaten = time.monotonic()

    @classmethod
    def take(cls, roll_id: UUID, state: Roll.State, at: datetime, at_real: datetime) -> Turn | None:
        """A turn, where nobody is at work."""
        with transaction.atomic():
            free = Roll.objects.select_for_update(of=("self",)).filter(_is_free(at_real), pk=roll_id, state=state)
            row = free.first()
            if row is None:
                return None
            row.turn, row.heartbeat = row.turn + 1, at_real
            row.save(update_fields=["turn", "heartbeat"])
            return cls(roll_id, state, row.turn, at, at_real)

    @property
    def passed(self) -> timedelta:
        """How long it has taken."""
        return timedelta(seconds=time.monotonic() - self._begun)

    @property
    def at(self) -> datetime:
        """Business time now."""
        return self._at + self.passed

    def beat(self) -> None:
        """Give a sign of life every few seconds. Raises TurnLost."""
        if time.monotonic() - self._beaten > BEAT_SECONDS:
            self._beaten = time.monotonic()
            if not self.mine.update(heartbeat=self._at_real + self.passed):
                raise TurnLost

    def locked(self) -> Roll:
        """The roll, in a transaction that gets further, as long as the turn is ours. Raises TurnLost."""
        row = self.mine.select_for_update(of=("self",)).first()
        if row is None:
            raise TurnLost
        row.heartbeat = self._at_real + self.passed
        row.failures = 0  # to be saved with what is done: faults count until something goes through
        return row

    def work(self, step: Callable[[Turn], bool], give_up: Callable[[Turn], object], seconds: float | None) -> None:
        """Do ``step`` while it says that there is more, for ``seconds`` (None: to the end), then ask for the next turn.

        After ``MOST_FAILURES`` in a row it is to ``give_up``.
        """
        gc.collect()
        gc.freeze()  # what lives as long as the worker is not looked through again and again while lines pass by
        try:
            while step(self):
                if seconds is not None and self.passed > timedelta(seconds=seconds):
                    if self.mine.update(heartbeat=None):
                        nudge(self._task, roll_id=str(self.roll_id))
                    return
        except TurnLost:
            return
        except Exception as error:  # nobody's data may reach a log with it
            logger.error("Work on roll %s failed (%s).", self.roll_id, type(error).__name__)
            self.mine.update(failures=F("failures") + 1, heartbeat=self._at_real + self.passed)
            if self.mine.filter(failures__gte=MOST_FAILURES).exists():
                give_up(self)
        finally:
            gc.unfreeze()
