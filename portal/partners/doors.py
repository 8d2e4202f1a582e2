"""Doors of the partners' pages: by an enrolled device, or by a manager's account.

A device is not a session: ``request.user`` stays whoever has signed in to the browser, or nobody. Who works with the
device is ``request.partner_member``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache

from portal import clock
from portal.partners.choices import MemberRole
from portal.partners.models import PartnerDevice, PartnerMember
from portal.partners.scopes import managers
from portal.partners.services.devices import find_device, note_seen

COOKIE = "partner_device"
COOKIE_DAYS = 400  # the longest that browsers keep one
MATTERS = timedelta(minutes=2)  # for acts that matter: the PIN was typed this short ago


def partner_only(
    *roles: str,
    pin_within: timedelta | None = None,
    also_ended: bool = False,
    otherwise: Callable[..., HttpResponseBase] | None = None,
) -> Callable:
    """Let a view be seen by a partner's people in one of the roles only (none named: in any role).

    The view finds ``request.partner_member`` and ``request.partner_device`` (None where a manager came by account). A
    device that has been idle, or lacks a PIN typed ``pin_within`` this time, asks for it first and comes back. Visitors
    are sent to the page that says how to enrol, or to sign in where only managers may come; anybody else gets 404.
    Where there is something for everybody else, too, ``otherwise`` is the view that shows it. ``also_ended`` lets in
    managers whose contract has run out: the last month is settled after it.
    """
    is_for_managers = roles == (MemberRole.MANAGER,)

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
            at = clock.now()
            device = device_of(request, at=at)
            if device is not None and (not roles or device.member.role in roles):
                if device.asks_for_pin(at=at, within=pin_within):
                    return redirect(f"{reverse('partner_pin')}?{urlencode({'next': _way_back(request)})}")
                note_seen(device=device, at=at)
                request.partner_member, request.partner_device = device.member, device
                return view(request, *args, **kwargs)
            manager = manager_of(request, at=at, also_ended=also_ended)
            if manager is not None and (not roles or manager.role in roles):
                request.partner_member, request.partner_device = manager, None
                return view(request, *args, **kwargs)
            if otherwise is not None:
                return otherwise(request, *args, **kwargs)
            if is_for_managers and not request.user.is_authenticated:
                return redirect_to_login(_way_back(request))
            if device is None and not request.user.is_authenticated:
                return redirect("partner_how")
            raise Http404

        return guarded

    return decorate


def device_of(request: HttpRequest, *, at: datetime) -> PartnerDevice | None:
    """The device that the browser's cookie opens, with its member and partner; None where it opens none."""
    device = find_device(token=request.COOKIES.get(COOKIE, ""))
    return device if device is not None and device.member.is_live_on(timezone.localdate(at)) else None


def manager_of(request: HttpRequest, *, at: datetime, also_ended: bool = False) -> PartnerMember | None:
    """The membership of the manager who has signed in, if it is one and the partner is open (or its contract over)."""
    if not request.user.is_authenticated:
        return None
    member = managers().select_related("partner", "user").filter(user=request.user).first()
    if member is None:
        return None
    today = timezone.localdate(at)
    is_let_in = member.partner.has_begun_by(today) if also_ended else member.is_live_on(today)
    return member if is_let_in else None


def keep_token(response: HttpResponseBase, token: str) -> None:
    """Put the device's token into its own cookie, which no script can read."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=timedelta(days=COOKIE_DAYS),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # a card's code, opened from another app, has to find the device
    )


def safe_next(request: HttpRequest) -> str:
    """Where a PIN page goes on to: what ``next`` says if it is a page of ours, else the device's own page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if is_ours and wanted.startswith("/") else reverse("partner")


def _way_back(request: HttpRequest) -> str:
    """This page; for a form that was sent, the page it stood on, because what was typed cannot be kept."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    referrer = request.headers.get("referer", "")
    if url_has_allowed_host_and_scheme(referrer, {request.get_host()}, request.is_secure()):
        parts = urlsplit(referrer)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return reverse("partner")
