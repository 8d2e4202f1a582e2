"""How long one stays signed in, and the devices on which somebody is."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User

SEEN, SINCE = "seen_at", "signed_in_at"  # seconds, in the session
NOTED_EVERY = 60  # seconds: at most one write a minute while somebody works
BATCH = 500

SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("OpenHarmony", "HarmonyOS"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
BROWSERS = (
    ("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("AlipayClient", "Alipay"), ("QQBrowser", "QQBrowser"),
    ("UCBrowser", "UCBrowser"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip


# ── how long ───────────────────────────────────────────────────────────────────────────────────────────────────────


def begin_session(sender: Any, request: HttpRequest, user: User, **_rest: Any) -> None:
    """Note when somebody signed in. Closing the browser ends it, unless sign-in is told to remember."""
    request.session[SINCE] = request.session[SEEN] = int(time.time())
    request.session.set_expiry(0)


def is_over(request: HttpRequest) -> bool:
    """Whether the caller has done nothing for too long, or signed in too long ago (settings.SESSION_LIMITS)."""
    now = time.time()
    idle, age = now - request.session.get(SEEN, now), now - request.session.get(SINCE, now)
    shortest = settings.SESSION_LIMITS["bureau"]
    if idle < shortest[0].total_seconds() and age < shortest[1].total_seconds():
        return False  # without asking who it is
    kind = "kept" if not request.session.get_expire_at_browser_close() else "visit"
    most_idle, most = settings.SESSION_LIMITS["bureau" if request.user.needs_second_factor else kind]
    return idle >= most_idle.total_seconds() or age >= most.total_seconds()


def note_activity(request: HttpRequest) -> None:
    """Remember that somebody is still there."""
    now = int(time.time())
    if now - request.session.get(SEEN, 0) < NOTED_EVERY:
        return
    request.session[SEEN] = now
    request.session.setdefault(SINCE, now)
    UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())


# ── which ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Device:
    """One place where somebody is signed in, in plain words."""

    id: int
    name: str
    place: str
    since: datetime
    seen_at: datetime
    is_this: bool


def devices_of(user: User, this_session: str | None) -> list[Device]:
    """Where ``user`` is signed in, this browser first and then the one seen last. Two queries."""
    live = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    rows = UserSession.objects.filter(Exists(live), user=user).order_by("-last_seen_at", "-pk")
    found = [
        Device(
            id=row.pk,
            name=device_name(row.user_agent),
            place=place_name(row.ip),
            since=row.created_at,
            seen_at=row.last_seen_at,
            is_this=row.session_key == this_session,
        )
        for row in rows
    ]
    return sorted(found, key=lambda device: not device.is_this)


def end_sessions(user: User, *, only: int | None = None, but: str | None = None) -> int:
    """End the session ``only``, or all of ``user`` but the one with the key ``but``; gives how many."""
    rows = UserSession.objects.filter(user=user).exclude(session_key=but or "")
    keys = list((rows.filter(pk=only) if only is not None else rows).values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)


def device_name(user_agent: str) -> str:
    """``Chrome · Windows``; what is not known is not guessed at."""
    names = [next((name for mark, name in known if mark in user_agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, names)) or _("不认识的设备")


def place_name(address: str) -> str:
    """Where a device is, as far as its shortened address tells."""
    found = ipaddress.ip_address(address)
    if found.is_loopback:
        return _("这台服务器上")
    if found.is_private:
        return _("单位或家里的内部网络")
    shown = str(found).removesuffix(".0") + ".*" if found.version == 4 else f"{found}/48"
    return _("互联网（%(address)s）") % {"address": shown}


def shorten_address(sender: Any, instance: UserSession, **_rest: Any) -> None:
    """Keep of an address what tells a place and not a household: 203.0.113.0, 2001:db8:1::."""
    found = ipaddress.ip_address(instance.ip)
    length = 24 if found.version == 4 else 48
    instance.ip = str(ipaddress.ip_network(f"{found}/{length}", strict=False).network_address)


def forget_ended(*, at_real: datetime) -> None:
    """Delete sessions that have run out, and what was noted of sessions that are gone, a batch at a time."""
    while old := list(
        Session.objects.filter(expire_date__lt=at_real).order_by("expire_date").values_list("pk", flat=True)[:BATCH]
    ):
        Session.objects.filter(pk__in=old).delete()
    there = Session.objects.filter(session_key=OuterRef("session_key"))
    while gone := list(UserSession.objects.filter(~Exists(there)).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        UserSession.objects.filter(pk__in=gone).delete()
