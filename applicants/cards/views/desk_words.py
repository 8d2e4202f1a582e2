"""What the desk's pages about cards say: states, acts, and the history of a card."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from applicants.cards.forms.desk import PRINTING_LABELS
from applicants.cards.models import Card, CardState, PrintLine
from portal.accounts.models import User
from portal.ui.figures import day_time_text

STATE_TAGS = {
    CardState.HELD: ("wait", "alert"),
    CardState.ACTIVE: ("ok", "check"),
    CardState.SUSPENDED: ("wait", "pause"),
    CardState.ENDED: ("default", "minus-circle"),
}
PRINTING_TAGS = {
    "electronic": ("plain", "phone"),
    "over": ("plain", "minus-circle"),
    "held": ("plain", "pause"),
    "paused": ("plain", "pause"),
    "drawing": ("active", "clock"),
    "ready": ("active", "circle"),
    "waiting": ("active", "print"),
    "printed": ("active", "card"),
    "handed_over": ("ok", "check"),
}
# What may be done on a card's page: its heading, what it leads to, its button.
ACTS: dict[str, dict[str, Any]] = {
    "hand_over": {
        "label": gettext_lazy("交给持卡人"),
        "text": gettext_lazy("核对证件，本人在签收簿上签字以后再交卡。"),
        "is_main": True,
    },
    "replace": {
        "label": gettext_lazy("补办新卡"),
        "text": gettext_lazy("用新的卡号，卡种、层次和有效期不变。"),
        "is_main": True,
    },
    "release": {
        "label": gettext_lazy("放行"),
        "text": gettext_lazy("放行后卡马上有效，并发信告诉本人。"),
        "is_main": True,
    },
    "suspend": {
        "label": pgettext_lazy("act", "暂停使用"),
        "text": gettext_lazy("暂停期间核验不通过，礼遇不能用。理由写在给本人的信里。"),
    },
    "resume": {
        "label": gettext_lazy("恢复使用"),
        "text": gettext_lazy("恢复后马上可以用。理由写在给本人的信里。"),
        "is_main": True,
    },
    "lose": {
        "label": pgettext_lazy("act", "挂失"),
        "text": gettext_lazy("挂失后这张卡马上失效，不能恢复；可以补办新卡。"),
        "is_grave": True,
    },
    "return": {
        "label": pgettext_lazy("act", "本人退回"),
        "text": gettext_lazy("本人不再需要这张卡。退回后马上失效，不能恢复。"),
        "is_grave": True,
    },
    "revoke": {
        "label": pgettext_lazy("act", "撤销"),
        "text": gettext_lazy("撤销后这张卡马上失效，不能恢复。理由写在给本人的信里。"),
        "is_grave": True,
    },
}
DONE = {
    "hand_over": gettext_lazy("已登记领取。"),
    "replace": gettext_lazy("新卡已经办好，这是它的页面。"),
    "release": gettext_lazy("已放行，卡面正在制作。"),
    "suspend": gettext_lazy("已暂停使用，信已发给本人。"),
    "resume": gettext_lazy("已恢复使用，信已发给本人。"),
    "lose": gettext_lazy("已挂失，这张卡失效了。"),
    "return": gettext_lazy("已登记退回，这张卡失效了。"),
    "revoke": gettext_lazy("已撤销，信已发给本人。"),
}
EVENTS = {
    "issue": gettext_lazy("发卡"),
    "release": gettext_lazy("放行"),
    "suspend": pgettext_lazy("card", "暂停使用"),
    "resume": gettext_lazy("恢复使用"),
    "revoke": gettext_lazy("撤销"),
    "restore": gettext_lazy("复核后恢复使用"),
    "lose": gettext_lazy("挂失"),
    "return": gettext_lazy("本人退回"),
    "expire": gettext_lazy("到期"),
    "follow": gettext_lazy("换了新卡"),
}
LINES = {
    PrintLine.State.WAITING: gettext_lazy("排进制卡批次"),
    PrintLine.State.PRINTED: gettext_lazy("打印好"),
    PrintLine.State.SPOILED: gettext_lazy("打废，下一批重印"),
    PrintLine.State.HANDED_OVER: pgettext_lazy("card", "已领取"),
}


def state_tag(card: Card) -> dict[str, str]:
    """How the card stands; an ended one says why."""
    kind, icon = STATE_TAGS[CardState(card.state)]
    text = card.get_state_display()
    if card.state == CardState.ENDED:
        text = _("%(state)s：%(reason)s") % {"state": text, "reason": card.get_ended_as_display()}
    return {"kind": kind, "icon": icon, "text": text}


def printing_tag(standing: str) -> dict[str, str]:
    """How far the plastic is."""
    kind, icon = PRINTING_TAGS[standing]
    return {"kind": kind, "icon": icon, "text": str(PRINTING_LABELS[standing])}


def history(card: Card) -> list[dict[str, Any]]:
    """What happened to the card and its plastic, the latest first, as the items of a timeline."""
    events = [
        (event.at, event.actor, {"title": EVENTS.get(event.kind, event.kind), "text": event.reason})
        for event in card.events.select_related("actor")
    ]
    lines = [
        (
            line.state_at,
            line.state_by,
            {
                "title": LINES[PrintLine.State(line.state)],
                "text": _taken(line) if line.state == PrintLine.State.HANDED_OVER else line.note,
                "href": reverse("print_batch", args=[line.batch.number]),
                "link": line.batch.number,
            },
        )
        for line in card.print_lines.select_related("state_by", "batch")
    ]
    found = sorted([*reversed(events), *lines], key=lambda item: item[0], reverse=True)
    return [{"state": "done", "when": _signed(at, who), **item} for at, who, item in found]


def _signed(at: datetime, who: User | None) -> str:
    name = (who.display_name or "—") if who else _("系统")
    return _("%(when)s，%(name)s") % {"when": day_time_text(at), "name": name}


def _taken(line: PrintLine) -> str:
    return _("%(name)s，出示%(paper)s。%(note)s") % {
        "name": line.taken_by,
        "paper": line.get_paper_shown_display(),
        "note": line.note,
    }
