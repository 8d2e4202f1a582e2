"""Where a person goes after signing in, and the way into the Django admin."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


@login_required
def after_sign_in(request: HttpRequest) -> HttpResponse:
    """The bureau goes to its desk, everybody else to their applications."""
    return redirect("desk" if request.user.is_bureau else "applications")


def admin_login(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    """The admin has no sign-in of its own, so none without a second factor."""
    if request.user.is_authenticated:
        raise Http404
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
