"""Where a person goes after signing in, where they are signed in, and the way into the Django admin."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.homes import home_of
from portal.accounts.sessions import devices_of, end_sessions
from portal.ui.asking import number_in


@login_required
def after_sign_in(request: HttpRequest) -> HttpResponse:
    """One address for everybody; it knows where each belongs."""
    return redirect(home_of(request.user))


def admin_login(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    """The admin has no sign-in of its own, so none without a second factor."""
    if request.user.is_authenticated:
        raise Http404
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


@require_safe
@never_cache
@login_required
def devices(request: HttpRequest) -> HttpResponse:
    """The devices on which the caller is signed in."""
    found = devices_of(request.user, request.session.session_key)
    return render(request, "account/devices.html", {"devices": found, "others": [it for it in found if not it.is_this]})


@require_POST
@login_required
def device_end(request: HttpRequest) -> HttpResponse:
    """Sign out one other device (``device``), or all others. Somebody else's is none of them."""
    which = request.POST.get("device", "")
    number = number_in(which)
    if which and number is None:
        raise Http404
    if end_sessions(request.user, only=number, but=request.session.session_key):
        messages.success(request, _("已退出。那里要重新登录才能进入。"))
    return redirect("devices")
