"""Doors of the bureau's pages, and of what is asked twice: who acts on money or rules says first who they are."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.vault.sealing import SealBroken, open_sealed, seal

SEALED_FOR = "sessions.session.asked_again"
MOST_KEPT = 100_000  # characters of a form; more is not kept
KEPT_SECONDS = 600

View = Callable[..., HttpResponseBase]


def bureau_only(*roles: str) -> Callable:
    """Let a view be seen by holders of one of the roles only (none named: of any role).

    A visitor is sent to sign in; anybody else gets "not there" (404).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not request.user.has_role(*roles):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def confirmed_recently(view: View | None = None, *, back: str = "") -> Any:
    """Ask again who it is, where the last sign-in or confirmation is older than ACCOUNT_REAUTHENTICATION_TIMEOUT.

    Stands below ``bureau_only``. A form that was sent is kept, sealed, and goes on once the person has confirmed.
    ``back`` names the page (same arguments) to come back to instead, for a button whose answer is a download.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
            if is_recent(request):
                return view(request, *args, **kwargs)
            return ask_again(request, back=reverse(back, args=args, kwargs=kwargs) if back else "")

        return guarded

    return decorate(view) if view else decorate


def is_recent(request: HttpRequest) -> bool:
    """Whether the caller signed in, or confirmed who they are, in the last minutes."""
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(record["at"] > oldest for record in get_authentication_records(request, request.user))


def was_kept(request: HttpRequest) -> bool:
    """Whether this form was sent before the caller confirmed who they are, and goes on by itself now."""
    return getattr(request, "is_kept", False)


def ask_again(request: HttpRequest, *, back: str = "") -> HttpResponse:
    """Send the caller to confirm who they are, and then on with what they did (or to the page ``back``)."""
    request.session.pop(STATE_SESSION_KEY, None)  # what somebody did not go through with before
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    if not methods:
        raise Http404
    if request.method == "POST" and not back:
        _keep(request)
    return redirect(f"{methods[0]['url']}?{urlencode({'next': back or request.get_full_path()})}")


def _keep(request: HttpRequest) -> None:
    kept = json.dumps(
        {"user": request.user.pk, "at": time.time(), "to": request.get_full_path(), "form": request.POST.urlencode()}
    )
    if len(kept) <= MOST_KEPT and not request.FILES:
        sealed = seal(kept.encode(), SEALED_FOR)
        request.session[STATE_SESSION_KEY] = {"callback": f"{__name__}.{go_on.__name__}", "state": {"sealed": sealed}}


def go_on(request: HttpRequest, state: dict[str, str]) -> HttpResponseBase:
    """Send the kept form, now that the caller has confirmed who they are; allauth calls this with what was kept."""
    to = get_next_redirect_url(request) or reverse(settings.LOGIN_REDIRECT_URL)
    try:
        kept = json.loads(open_sealed(state["sealed"], SEALED_FOR))
    except SealBroken:
        return redirect(to)
    if (kept["user"], kept["to"]) != (request.user.pk, to):
        return redirect(to)  # confirmed for something else: nothing is done that was not asked for now
    if time.time() - kept["at"] > KEPT_SECONDS:
        messages.info(request, _("已确认是您本人。填写的内容保留时间已过，请重新填写。"))
        return redirect(to)
    path, _mark, query = to.partition("?")
    match = resolve(path)
    request.method = "POST"
    request.path = request.path_info = path
    request.META = {**request.META, "PATH_INFO": path, "QUERY_STRING": query}
    request.GET, request.POST = QueryDict(query), QueryDict(kept["form"])  # type: ignore[assignment]
    request.resolver_match = match
    request.is_kept = True  # type: ignore[attr-defined]
    return match.func(request, *match.args, **match.kwargs)
