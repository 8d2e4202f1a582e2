"""Jobs. Each makes one service call and is safe to run twice; the sweeps find what a lost message forgot."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from portal import clock
from subsidies.models import Roll
from subsidies.services.collecting import run_collecting
from subsidies.services.doubting import ask_before_paying
from subsidies.services.filing import make_part_beside
from subsidies.services.issuing import run_issuing
from subsidies.services.reminding import ask_for_rechecks
from subsidies.services.rolls import free_dropped_lines
from subsidies.services.turns import silent_rolls


@shared_task(name="subsidies.sweep_rechecks")
def sweep_rechecks() -> None:
    """Ask for the proofs that later instalments wait for."""
    ask_for_rechecks(at=clock.now())


@shared_task(name="subsidies.sweep_before_paying")
def sweep_before_paying() -> None:
    """Have registers asked once more about whoever is to be paid soon."""
    ask_before_paying(at=clock.now())


@shared_task(name="subsidies.collect_roll")
def collect_roll(*, roll_id: str) -> None:
    """Do one turn of collecting a roll."""
    run_collecting(roll_id=UUID(roll_id), at=clock.now(), at_real=timezone.now())


@shared_task(name="subsidies.issue_roll")
def issue_roll(*, roll_id: str) -> None:
    """Do one turn of issuing a roll."""
    run_issuing(roll_id=UUID(roll_id), at=clock.now(), at_real=timezone.now())


@shared_task(name="subsidies.make_part")
def make_part(*, roll_id: str, part: str) -> None:
    """Make one part of a roll that is being issued, such as a volume on paper."""
    make_part_beside(roll_id=UUID(roll_id), part=part)


@shared_task(name="subsidies.sweep_rolls")
def sweep_rolls() -> None:
    """Go on with the rolls that nobody works on."""
    for roll_id in silent_rolls(Roll.State.COLLECTING, at_real=timezone.now()):
        run_collecting(roll_id=roll_id, at=clock.now(), at_real=timezone.now())
    for roll_id in silent_rolls(Roll.State.ISSUING, at_real=timezone.now()):
        run_issuing(roll_id=roll_id, at=clock.now(), at_real=timezone.now())
    free_dropped_lines()
