"""What the pages about stays say alike: states, and the history of a stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from housing.lodging.models import BarState, Stay, StayState
from portal.accounts.models import User
from portal.ui.figures import day_time_text

STATE_TAGS = {
    StayState.HELD: ("plain", "clock"),
    StayState.BOOKED: ("active", "calendar"),
    StayState.IN: ("ok", "bed"),
    StayState.LEFT: ("default", "check"),
    StayState.NO_SHOW: ("wait", "minus-circle"),
    StayState.CANCELLED: ("default", "cross-circle"),
    StayState.LAPSED: ("default", "clock"),
}
BAR_TAGS = {
    BarState.PROPOSED: ("wait", "pen"),
    BarState.SIGNED: ("urgent", "pause"),
    BarState.DISMISSED: ("default", "minus-circle"),
    BarState.LIFTED: ("default", "check"),
}
EVENTS = {
    "hold": gettext_lazy("保留床位"),
    "keep": gettext_lazy("延长保留"),
    "take": gettext_lazy("接受候补留出的床位"),
    "book": gettext_lazy("预订成功"),
    "lapse": gettext_lazy("保留到期"),
    "pass_on": gettext_lazy("没有确认，让给下一位"),
    "cancel": pgettext_lazy("event", "取消"),
    "turn_away": gettext_lazy("住宿点不能接待，取消"),
    "check_in": pgettext_lazy("event", "办理入住"),
    "miss": gettext_lazy("没有入住，释放床位"),
    "extend": pgettext_lazy("event", "续住"),
    "move": pgettext_lazy("event", "换床"),
    "leave": pgettext_lazy("event", "退房"),
    "end": pgettext_lazy("event", "提前结束住宿"),
    "correct": gettext_lazy("更正住过的晚数"),
    "strike": gettext_lazy("更正：没有来住"),
}


def state_tag(stay: Stay) -> dict[str, str]:
    """How the stay stands."""
    kind, icon = STATE_TAGS[StayState(stay.state)]
    return {"kind": kind, "icon": icon, "text": stay.get_state_display()}


def history(stay: Stay) -> list[dict[str, Any]]:
    """What happened to the stay, the latest first, as the items of a timeline."""
    events = stay.events.select_related("actor").order_by("-at", "-version")
    return [
        {
            "state": "done",
            "title": EVENTS.get(event.kind, event.kind),
            "text": event.reason,
            "when": signed(event.at, event.actor, guest=stay.person.user_id),
        }
        for event in events
    ]


def signed(at: datetime, who: User | None, *, guest: int | None) -> str:
    """When, and by whom; None is the portal itself, ``guest`` the account of the person whom it is about."""
    name = _("系统") if who is None else _("本人") if who.pk == guest else who.display_name or "—"
    return _("%(when)s，%(name)s") % {"when": day_time_text(at), "name": name}
