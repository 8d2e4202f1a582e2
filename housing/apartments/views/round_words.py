"""Words of rounds that several pages share."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import pgettext

from housing.apartments.models import Round, RoundState

TAGS = {
    RoundState.DRAFT: ("plain", "pen"),
    RoundState.OPEN: ("active", "circle"),
    RoundState.FROZEN: ("wait", "lock"),
    RoundState.DRAWN: ("wait", "clock"),
    RoundState.PUBLISHED: ("ok", "check"),
    RoundState.CLOSED: ("default", "check"),
    RoundState.ANNULLED: ("no", "cross"),
    RoundState.SUPERSEDED: ("no", "minus-circle"),
}


def is_announced(row: Round, *, at: datetime) -> bool:
    """Whether the round is public but its entries have not begun."""
    return row.state == RoundState.OPEN and row.opens_at > at


def state_tag(row: Round, *, at: datetime) -> dict[str, str]:
    """What ``{% tag %}`` needs to show how far a round has come."""
    if is_announced(row, at=at):
        return {"kind": "plain", "icon": "calendar", "text": pgettext("round", "还没开始报名")}
    kind, icon = TAGS[RoundState(row.state)]
    return {"kind": kind, "icon": icon, "text": row.get_state_display()}
