"""The doors of the pages about one lease: the tenant's, the operator's of its building, and the desk's.

Behind each the view gets the lease of the address; one that is not theirs is answered 404, as if it were not there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from housing.apartments.models import Lease
from housing.apartments.services.leasing import READERS, leases_of, own_leases, visible_leases
from portal.accounts.doors import bureau_only
from portal.partners.choices import MemberRole
from portal.partners.doors import partner_only

View = Callable[..., HttpResponse]

takes_a_form = require_http_methods(["GET", "HEAD", "POST"])


def of_own_lease(view: View) -> View:
    """The tenant's page."""
    return login_required(never_cache(_opened(view, lambda request: own_leases(request.user))))


def of_managed_lease(view: View, *, pin_within: timedelta | None = None) -> View:
    """The page of an operator of the building, who typed the PIN ``pin_within`` this time."""
    door = partner_only(MemberRole.APARTMENT_OPERATOR, pin_within=pin_within)
    return door(_opened(view, lambda request: leases_of(request.partner_member)))


def of_lease_in_reach(view: View) -> View:
    """The page of the desk."""
    return bureau_only(*READERS)(never_cache(_opened(view, lambda request: visible_leases(request.user))))


def lease_or_404(request: HttpRequest, id: UUID) -> Lease:
    """A lease in reach of whoever asks at the desk."""
    return get_object_or_404(visible_leases(request.user), pk=id)


def _opened(view: View, leases: Callable[[HttpRequest], QuerySet[Lease]]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, id: UUID, **kwargs: object) -> HttpResponse:
        return view(request, get_object_or_404(leases(request), pk=id), **kwargs)

    return guarded
