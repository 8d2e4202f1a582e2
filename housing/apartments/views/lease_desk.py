"""The lease desk: every lease in reach, and one lease with its history."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from applicants.people.fields import ReasonForm
from applicants.people.refusals import Refused
from housing.apartments.machine import change_named
from housing.apartments.models import (
    LIVE_LEASES,
    Lease,
    LeaseState,
)
from housing.apartments.services.at_counter import papers_of
from housing.apartments.services.changing import change_lease, may_change
from housing.apartments.services.handing_over import take_back
from housing.apartments.services.leasing import READERS, visible_leases
from housing.apartments.views.lease_doors import of_lease_in_reach, takes_a_form
from housing.apartments.views.lease_files import contract_file, photo_file, signed_copy_file, signed_paper_file
from housing.apartments.views.lease_words import (
    handovers_of,
    history,
    lease_facts,
    lease_tag,
    tier_title,
)
from housing.apartments.views.rows_desk import asked_for, newest_first, views_shown
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import User
from portal.casework.doors import DESK_ROLES, speaks_for_applicant
from portal.casework.views.versions import version_sent
from portal.ui.telling import form_page, told_beside

VIEWS = {
    "live": (gettext_lazy("在办和在租"), Q(state__in=LIVE_LEASES)),
    "drafted": (gettext_lazy("待签约"), Q(state=LeaseState.DRAFTED)),
    "signed": (gettext_lazy("待交房"), Q(state=LeaseState.SIGNED, previous=None)),
    "renewed": (gettext_lazy("续租，等起租"), Q(state=LeaseState.SIGNED, previous__isnull=False)),
    "running": (gettext_lazy("租住中"), Q(state=LeaseState.RUNNING)),
    "ending": (gettext_lazy("待退房"), Q(state=LeaseState.ENDING)),
    "over": (gettext_lazy("已结束和已取消"), Q(state__in=[LeaseState.ENDED, LeaseState.CANCELLED])),
}
ACTS = {"cancel": partial(change_lease, name="cancel"), "take_back": take_back}


@bureau_only(*READERS)
@require_safe
@never_cache
def desk_leases(request: HttpRequest) -> HttpResponse:
    """Leases by state, building or number, those that changed last first."""
    view = request.GET.get("view", "live")
    if view not in VIEWS:
        raise Http404
    query = asked_for(request)
    rows = visible_leases(request.user).filter(VIEWS[view][1])
    if query:
        rows = rows.filter(Q(number__icontains=query) | Q(application__reference__iexact=query)
                           | Q(unit__label=query) | Q(unit__building__place__name_zh__icontains=query))  # fmt: skip
    found, following = newest_first(request, rows, "state_at")
    context = {
        "rail": "leases",
        "rows": [{"lease": lease, "state": lease_tag(lease), "tier": tier_title(lease)} for lease in found],
        "views": views_shown({code: title for code, (title, _rows) in VIEWS.items()}, view),
        "view": view,
        "query": query,
        "following": following,
        "today": clock.today(),
    }
    return render(request, "apartments/leases/desk_list.html", context)


@takes_a_form
@of_lease_in_reach
def desk_lease(request: HttpRequest, lease: Lease) -> HttpResponse:
    """One lease: what was agreed, signed and handed over, and its history. A POST ends it, with the reason."""
    act = _act_on(lease, request.user)
    if request.method == "POST" and not act:
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, Refused):
            ACTS[act](lease_id=lease.pk, by=request.user, at=clock.now(), expected_version=version_sent(request),
                      reason=form.cleaned_data["reason"])  # fmt: skip
            said = _("租约已取消，信已发给本人。") if act == "cancel" else _("租约已结束，信已发给本人。")
            messages.success(request, said)
            return redirect("desk_lease", lease.pk)
        lease.refresh_from_db()
    context = {
        "rail": "leases",
        **lease_facts(lease),
        "tier": tier_title(lease),
        "act": act,
        "is_at_counter": lease.person.user_id is None and speaks_for_applicant(request.user, lease.application),
        "is_masked": True,
        "has_file": request.user.has_role(*DESK_ROLES),
        "handovers": handovers_of(lease),
        "photo_page": "desk_handover_photo",
        "papers": papers_of(lease),
        "history": history(lease),
    }
    return form_page(request, "apartments/leases/desk_one.html", form, **context)


@require_safe
@of_lease_in_reach
def desk_lease_contract(request: HttpRequest, lease: Lease) -> HttpResponse:
    """The contract; every download is audited."""
    return contract_file(lease, by=request.user)


@require_safe
@of_lease_in_reach
def desk_lease_signed(request: HttpRequest, lease: Lease) -> HttpResponse:
    """The same with the record of its signatures."""
    return signed_copy_file(lease, by=request.user)


@require_safe
@of_lease_in_reach
def desk_handover_photo(request: HttpRequest, lease: Lease, photo: UUID) -> HttpResponse:
    """A picture of a hand-over."""
    return photo_file(lease, photo)


@require_safe
@of_lease_in_reach
def desk_lease_paper(request: HttpRequest, lease: Lease, paper: UUID) -> HttpResponse:
    """What the tenant signed by hand: contract, list of a hand-over, answer to the offer; every download is audited."""
    return signed_paper_file(lease, paper, by=request.user)


def _act_on(lease: Lease, user: User) -> str:
    """What ``user`` may do to the lease on its page: no state has two of them."""
    changes = (change_named(name, lease.state) for name in ACTS)
    return next((it.name for it in changes if it and may_change(it, lease, user)), "")
