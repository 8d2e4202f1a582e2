"""The door of every page about one application of one's own."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from portal.casework.doors import open_own

View = Callable[..., HttpResponse]


def own_application(view: View) -> View:
    """Sign in, open the application of the address (404 where it is not one's own), and never keep the page."""

    @wraps(view)
    def guarded(request: HttpRequest, id: UUID, **kwargs: Any) -> HttpResponse:
        return view(request, open_own(request.user, id), **kwargs)

    return login_required(never_cache(guarded))
