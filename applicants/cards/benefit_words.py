"""What benefits say in words: prices, quotas, what is left."""

from __future__ import annotations

from django.utils.translation import get_language, gettext, ngettext

from applicants.cards.models.benefit import Benefit, Gives
from applicants.cards.windows import Window
from portal.ui.figures import yuan_text


def price_text(benefit: Benefit) -> str:
    """What the holder pays: 免费, 8 折 (20% off), 30 元; empty for a service."""
    if benefit.gives == Gives.FREE:
        return gettext("免费")
    if benefit.gives == Gives.PERCENT and benefit.percent_off:
        return discount_text(benefit.percent_off)
    return yuan_text(benefit.price_fen) if benefit.gives == Gives.PRICE and benefit.price_fen is not None else ""


def discount_text(percent_off: int) -> str:
    """A discount as each language counts it: 20 is ``8 折`` and ``20% off``."""
    if (get_language() or "").startswith("en"):
        return f"{percent_off}% off"
    return f"{(100 - percent_off) / 10:g} 折"


def quota_text(window: Window, most: int) -> str:
    """How often: 每年 4 次."""
    return {
        Window.DAY: ngettext("每天 %(most)d 次", "每天 %(most)d 次", most),
        Window.MONTH: ngettext("每月 %(most)d 次", "每月 %(most)d 次", most),
        Window.QUARTER: ngettext("每季度 %(most)d 次", "每季度 %(most)d 次", most),
        Window.YEAR: ngettext("每年 %(most)d 次", "每年 %(most)d 次", most),
        Window.EVER: ngettext("总共 %(most)d 次", "总共 %(most)d 次", most),
    }[window] % {"most": most}


def left_text(window: Window, left: int) -> str:
    """What is left in the window of today: 今年还有 3 次."""
    return {
        Window.DAY: ngettext("今天还有 %(left)d 次", "今天还有 %(left)d 次", left),
        Window.MONTH: ngettext("本月还有 %(left)d 次", "本月还有 %(left)d 次", left),
        Window.QUARTER: ngettext("本季度还有 %(left)d 次", "本季度还有 %(left)d 次", left),
        Window.YEAR: ngettext("今年还有 %(left)d 次", "今年还有 %(left)d 次", left),
        Window.EVER: ngettext("总共还有 %(left)d 次", "总共还有 %(left)d 次", left),
    }[window] % {"left": left}


def spent_text(window: Window, most: int) -> str:
    """That nothing is left, and until when."""
    return {
        Window.DAY: ngettext("今天的 %(most)d 次已经用完，明天再来。", "今天的 %(most)d 次已经用完，明天再来。", most),
        Window.MONTH: ngettext(
            "本月的 %(most)d 次已经用完，下个月再来。", "本月的 %(most)d 次已经用完，下个月再来。", most
        ),
        Window.QUARTER: ngettext(
            "本季度的 %(most)d 次已经用完，下个季度再来。", "本季度的 %(most)d 次已经用完，下个季度再来。", most
        ),
        Window.YEAR: ngettext("今年的 %(most)d 次已经用完，明年再来。", "今年的 %(most)d 次已经用完，明年再来。", most),
        Window.EVER: ngettext("%(most)d 次都已经用完。", "%(most)d 次都已经用完。", most),
    }[window] % {"most": most}
