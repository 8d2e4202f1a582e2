"""Delegations: who stands in for whom, making one, ending one; for administrators who is away and what is stuck."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Delegation, Role, RoleGrant, User
from portal.accounts.staffing import staffing_on
from portal.casework.forms.delegations import DelegationForm
from portal.casework.services.delegating import (
    DELEGABLE,
    DelegationRefused,
    colleagues,
    delegations_of,
    end_delegation,
    make_delegation,
    may_delegate_for,
    may_end,
)
from portal.casework.services.finding import Stuck, stuck_files, who_could
from portal.casework.wording import grant_text
from portal.ui.asking import number_in
from portal.ui.figures import listed
from portal.ui.telling import told_above, told_beside

MOST_PAST = 30


@bureau_only()
@require_GET
@never_cache
def delegations(request: HttpRequest) -> HttpResponse:
    """Delegations in force, to come and past: one's own, or everybody's for administrators and auditors."""
    user, on = request.user, clock.today()
    rows = delegations_of(user)
    live = rows.filter(ended_at__isnull=True, to_on__gte=on)
    past = rows.exclude(pk__in=live.values("pk"))[:MOST_PAST]
    stuck = stuck_files(user, on=on) if user.has_role(Role.ADMINISTRATOR) else []
    away = staffing_on(on).away if user.has_role(Role.ADMINISTRATOR) else {}
    names = {person.pk: person.display_name for person in User.objects.filter(pk__in=away)}
    context = {
        "current": [_row(row, user) for row in live if row.from_on <= on],
        "coming": [_row(row, user) for row in live if row.from_on > on],
        "past": [_row(row, user) for row in past],
        "away": [{"name": names[pk], "until": until} for pk, until in away.items()],
        "stuck": [{"file": it.file, "awaited": listed(names[pk] for pk in it.awaited)} for it in stuck],
        "is_governor": user.has_role(Role.ADMINISTRATOR),
        "may_make": any(grant.role in DELEGABLE for grant in user.own_grants),
    }
    return render(request, "desk/delegations.html", context)


def _row(row: Delegation, user: User) -> dict[str, Any]:
    return {
        "it": row,
        "roles": [grant_text(grant) for grant in row.grants.all()],
        "may_end": may_end(row, user),
    }


@bureau_only(*DELEGABLE)
@confirmed_recently
@require_http_methods(["GET", "POST"])
@never_cache
def delegation_new(request: HttpRequest) -> HttpResponse:
    """Lend roles: one's own, or as administrator anybody's; ``?file=`` brings what a stuck file needs."""
    user, on = request.user, clock.today()
    stuck = _stuck_file(request)
    lendable = _lendable(user)
    fitting = {grant.pk for grant in who_could(stuck.file, lendable)} if stuck else set()
    givers = _givers(user, lendable, fitting)
    if not givers:
        raise Http404
    giver = _chosen_giver(request, givers)
    grants = [grant for grant in lendable if grant.user_id == giver.pk]
    barred = {giver.pk, user.pk, *(stuck.barred if stuck else ())}
    form = DelegationForm(
        request.POST if request.method == "POST" else None,
        grants=grants,
        people=[person for person in colleagues() if person.pk not in barred],
        chosen=[grant for grant in grants if grant.pk in fitting],
        on=on,
    )
    if form.is_valid():
        with told_beside(form, None, DelegationRefused):
            row = make_delegation(from_user=giver, by=user, at=clock.now(), **form.details)
            told = _("已委托给%(name)s，双方都收到了通知。") % {"name": row.to_user.display_name}
            messages.success(request, told)
            return redirect("desk_delegations")
    context = {
        "form": form,
        "giver": giver,
        "givers": givers if len(givers) > 1 else [],
        "is_own": giver.pk == user.pk,
        "stuck": stuck,
        "nobody_could": bool(stuck) and not fitting,
        "here": urlencode({"file": stuck.file.pk} if stuck else {}),
    }
    return render(request, "desk/delegation_new.html", context, status=422 if form.errors else 200)


def _lendable(user: User) -> list[RoleGrant]:
    """Every grant that ``user`` may lend, of active people, by name of the person."""
    if not user.has_role(Role.ADMINISTRATOR):
        return [grant for grant in user.own_grants if may_delegate_for(grant, user)]
    grants = RoleGrant.objects.filter(user__is_active=True).select_related("user").order_by("user__display_name", "pk")
    return [grant for grant in grants if may_delegate_for(grant, user)]


def _givers(user: User, lendable: list[RoleGrant], fitting: set[int]) -> list[User]:
    """Whose grants these are: first who holds what a stuck file needs, then oneself, then by name."""
    people = {grant.user_id: grant.user for grant in lendable}
    first = {grant.user_id for grant in lendable if grant.pk in fitting}
    return sorted(people.values(), key=lambda person: (person.pk not in first, person.pk != user.pk))


def _chosen_giver(request: HttpRequest, givers: list[User]) -> User:
    """Who the address names, else the first. Raises Http404 for somebody whose roles the user may not lend."""
    asked = request.GET.get("from", "")
    if not asked:
        return givers[0]
    found = next((person for person in givers if person.pk == number_in(asked)), None)
    if found is None:
        raise Http404
    return found


def _stuck_file(request: HttpRequest) -> Stuck | None:
    """The stuck file that the address names. Raises Http404 where it is none in the user's scope (any more)."""
    asked = request.GET.get("file", "")
    if not asked:
        return None
    try:
        pk = UUID(asked)
    except ValueError:
        raise Http404 from None
    if not request.user.has_role(Role.ADMINISTRATOR):
        raise Http404
    return next((it for it in stuck_files(request.user, on=clock.today()) if it.file.pk == pk), None)


@bureau_only()
@require_POST
@never_cache
def delegation_end(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a delegation before its last day."""
    row = delegations_of(request.user).filter(pk=id).first()
    if row is None:
        raise Http404
    with told_above(request, DelegationRefused):
        end_delegation(delegation=row, by=request.user, at=clock.now())
        messages.success(request, _("委托已停止，双方都收到了通知。"))
    return redirect("desk_delegations")
