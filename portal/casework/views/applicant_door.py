"""The door of every page about one application of one's own; a clerk at the counter goes through the same one."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from portal.casework.completeness import SIGNED_REQUEST
from portal.casework.doors import open_acting
from portal.casework.guards import is_signed, request_is_missing

View = Callable[..., HttpResponse]


def own_application(view: View) -> View:
    """Sign in, open the application of the address (404 where it is not one's own), and never keep the page.

    Where a clerk acts for somebody at the counter, ``request.acting_for`` is the application, else None.
    """

    @wraps(view)
    def guarded(request: HttpRequest, id: UUID, **kwargs: Any) -> HttpResponse:
        application = open_acting(request.user, id)
        request.acting_for = None if application.applicant.user_id == request.user.pk else application
        return view(request, application, **kwargs)

    return login_required(never_cache(guarded))


def asked_by_hand(view: View) -> View:
    """Under ``own_application``: a clerk who has no request signed by the person is sent to where it is handed in."""

    @wraps(view)
    def guarded(request: HttpRequest, application: Any, **kwargs: Any) -> HttpResponse:
        if request.acting_for and not is_signed(application, SIGNED_REQUEST):
            messages.info(request, request_is_missing())
            return redirect("counter_request", id=application.pk)
        return view(request, application, **kwargs)

    return guarded
