"""What a reconsideration leaves behind, written by ``advance`` in its own transaction."""

from __future__ import annotations

from portal.casework.guards import Move
from portal.casework.models import Application, Decision, Reconsideration

OUTCOMES = {
    "uphold_reconsideration": Reconsideration.Outcome.UPHELD,
    "dismiss_reconsideration": Reconsideration.Outcome.DISMISSED,
    "withdraw_reconsideration": Reconsideration.Outcome.WITHDRAWN,
}


def open_reconsideration(move: Move) -> Reconsideration:
    """Write what is asked: of which refusal, at which stage and by whom it was refused, and why it is wrong."""
    row = move.application
    refused = row.steps_taken.filter(step="refuse").order_by("version").last()
    return Reconsideration.objects.create(
        application=row,
        number=row.reconsiderations.count() + 1,
        refusal=row.decisions.order_by("at", "id").last(),
        stage=refused.from_state,
        refused_by=refused.actor,
        asked_at=move.at,
        reason=move.note,
    )


def waiting_reconsideration(row: Application) -> Reconsideration | None:
    """The one that waits for an answer."""
    return row.reconsiderations.filter(outcome=Reconsideration.Outcome.OPEN).first()


def close_reconsideration(asked: Reconsideration, move: Move, decision: Decision | None) -> None:
    """Write how it ended; ``decision`` is the one that dismisses it."""
    asked.outcome, asked.closed_at, asked.decision = OUTCOMES[move.step.name], move.at, decision
    if asked.outcome != Reconsideration.Outcome.WITHDRAWN:
        asked.decided_by, asked.answer = move.actor, move.note
    asked.save()
