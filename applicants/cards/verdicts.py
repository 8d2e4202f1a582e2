"""What a check says: one row for every answer, with its words, its looks and the status of the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from applicants.cards.models import CheckResult
from applicants.cards.services.codes import MINUTE, CodeRefused, Fault


@dataclass(frozen=True)
class Verdict:
    """An answer as people read it. ``looks`` is ok, wait, no or urgent."""

    code: str
    title: str | Promise
    sentence: str | Promise
    looks: str
    icon: str
    status: int = 200


_VERDICTS = (
    Verdict(CheckResult.VALID, pgettext_lazy("check", "有效"), _("请核对照片，再给予礼遇。"), "ok", "shield"),
    Verdict(
        CheckResult.SUSPENDED,
        pgettext_lazy("check", "暂停使用"),
        _("这张卡暂时不能用。请持卡人打开卡片，看怎么办。"),
        "wait",
        "pause",
    ),
    Verdict(
        CheckResult.EXPIRED,
        pgettext_lazy("check", "已过有效期"),
        _("这张卡过了有效期，请勿给予礼遇。"),
        "no",
        "cross-circle",
    ),
    Verdict(
        CheckResult.REVOKED, pgettext_lazy("check", "已注销"), _("这张卡不再有效，请勿给予礼遇。"), "no", "cross-circle"
    ),
    Verdict(
        CheckResult.USED,
        pgettext_lazy("check", "这个码已用过"),
        _("这个码刚在别的门店用过。请持卡人等下一个码，再出示一次。"),
        "urgent",
        "alert",
        409,
    ),
    Verdict(Fault.OVER, _("码已过期"), _("请持卡人打开卡片，出示新码。"), "wait", "clock", 410),
    Verdict(
        Fault.EARLY,
        _("码的时间还没到"),
        _("持卡人手机的时间可能快了。请联网打开卡片，再出示一次。"),
        "wait",
        "clock",
        425,
    ),
    Verdict(
        Fault.UNKNOWN_KEY,
        _("认不出这个码"),
        _("签这个码的密钥已停用，或者不是本站的。请持卡人联网打开卡片，出示新码。"),
        "urgent",
        "key",
        403,
    ),
    Verdict(
        Fault.GARBAGE,
        _("不是本站的码"),
        _("签名不对，可能是仿冒。请勿给予礼遇，并拨打咨询电话告诉我们。"),
        "urgent",
        "alert",
        422,
    ),
    Verdict(Fault.WRONG, _("卡号和核验码对不上"), _("请看清持卡人手机上的号码，再输入一次。"), "urgent", "alert", 422),
    Verdict(Fault.TOO_OFTEN, _("试得太多了"), _("请过半小时再试。"), "urgent", "lock", 429),
)
VERDICTS = {verdict.code: verdict for verdict in _VERDICTS}
# Whoever is not a verifier learns no more than this of a genuine code.
GOOD = Verdict("valid", pgettext_lazy("check", "有效"), _("这张优才卡现在有效。"), "ok", "shield")
NOT_GOOD = Verdict("not_valid", pgettext_lazy("check", "无效"), _("这张优才卡现在不能用。"), "no", "cross-circle")
FAR_OFF = 2 * MINUTE


def minutes_off(refusal: CodeRefused) -> str:
    """By how much a code missed its minute, where a wrong clock or a picture of a code is likely; else empty."""
    if refusal.off <= FAR_OFF:
        return ""
    minutes = round(refusal.off / timedelta(minutes=1))
    if refusal.fault == Fault.EARLY:
        said = ngettext("这个码要过 %(count)s 分钟才有效。", "这个码要过 %(count)s 分钟才有效。", minutes)
    else:
        said = ngettext(
            "这个码是 %(count)s 分钟前的：可能是截图，或者手机的时间慢了。",
            "这个码是 %(count)s 分钟前的：可能是截图，或者手机的时间慢了。",
            minutes,
        )
    return said % {"count": minutes}
