"""Random histories: played through the services, each in a savepoint of its own, what is refused refused whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, event, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from applicants.people.refusals import Refused


class Played(RuleBasedStateMachine):
    """``make`` gives what is there before it begins; ``now`` only goes on, with every act by ``pace``."""

    make: Callable[[], dict[str, Any]]
    refusals: tuple[type[Exception], ...] = (Refused,)
    pace = timedelta(minutes=1)
    now: datetime
    is_swept: bool

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)

    def act(self, service: Callable[..., Any], *args: Any, **asked: Any) -> Any:
        """Do it now, whole: what came of it (True for nothing), or None where it was refused."""
        self.now += self.pace
        name = " ".join([service.__name__, *(it for it in args[1:2] if isinstance(it, str))])
        try:
            with transaction.atomic():
                made = service(*args, **asked, at=self.now)
        except self.refusals:
            event(f"{name} refused")
            return None
        event(f"{name} done")
        self.is_swept = False
        return True if made is None else made


def play(machine: type[Played], world: dict[str, Any], *, examples: int, steps: int) -> None:
    """So many histories of so many steps, each from ``world`` on."""
    here = type("Here", (machine,), {"make": staticmethod(lambda: world)})
    checks = list(HealthCheck)
    run_state_machine_as_test(
        here,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
        ),
    )
