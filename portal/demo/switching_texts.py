"""The demo's switch of the gateway of text messages: how it stands, and turning it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import urllib3
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.wire.posting import NoReply, post_signed

SECONDS = 2.0


@dataclass(frozen=True)
class Position:
    """One position of the switch, as the gateway is told of it."""

    label: Promise
    fault: str = ""
    latency: float = 0


POSITIONS = {
    "well": Position(_("正常")),
    "slow": Position(_("慢：一秒后才收下"), latency=1),
    "down": Position(_("停机：不收短信"), fault="unavailable"),
    "error": Position(_("出错：不收短信"), fault="error"),
    "refuse": Position(_("拒收：说号码不能发"), fault="refuse"),
    "lost": Position(_("断线：收下了，却不回答"), fault="lost"),
}


def position_now() -> str | None:
    """The code of the position; "" for one that is not offered here, None where no sandbox answers."""
    try:
        said: Any = urllib3.request("GET", settings.SMS_URL, timeout=SECONDS, retries=False).json()
        return next(
            (code for code, it in POSITIONS.items() if (it.fault, it.latency) == (said["fault"], said["latency"])), ""
        )
    except (urllib3.exceptions.HTTPError, ValueError, TypeError, KeyError):
        return None


def turn_to(code: str, *, at: datetime) -> bool:
    """Turn the switch to one of POSITIONS; gives whether the sandbox took it. ``at`` is real time."""
    wanted = POSITIONS[code]
    body = json.dumps({"fault": wanted.fault, "latency": wanted.latency}).encode()
    address = f"{settings.SMS_URL}/control"
    try:
        reply = post_signed(address, body, key=settings.SMS_KEY, at=at, seconds=SECONDS, connect=SECONDS)
    except NoReply:
        return False
    return reply.status == 200
