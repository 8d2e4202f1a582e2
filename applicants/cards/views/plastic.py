"""What a holder reads about the card on plastic, and whether there is a picture to keep."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.cards.models import Card, CardFile, PrintLine
from applicants.cards.services.files import SHOWN
from applicants.cards.services.printing import live_line, print_standing
from portal.ui.figures import day_text

WORDS = {
    "drawing": gettext_lazy("正在制作"),
    "ready": gettext_lazy("等待打印"),
    "waiting": gettext_lazy("等待打印"),
    "printed": gettext_lazy("已制好，请带身份证件到窗口领取"),
    "held": gettext_lazy("姓名的写法定好以后制作"),
    "paused": gettext_lazy("暂停使用期间不制卡"),
    "electronic": gettext_lazy("只有电子卡"),
    "over": "",
}


def plastic_of(card: Card) -> dict[str, Any]:
    """``plastic``: how far the card on plastic is, in words ("" where it does not matter); ``has_picture``."""
    line = live_line(card)
    has_files = CardFile.objects.filter(card=card, kind=CardFile.Kind.PHONE_PNG).exists()
    standing = print_standing(card, line, has_files=has_files)
    if standing == PrintLine.State.HANDED_OVER and line is not None:
        words = _("%(day)s已领取") % {"day": day_text(line.state_at)}
    else:
        words = str(WORDS[standing])
    return {"plastic": words, "has_picture": has_files and card.state in SHOWN}
