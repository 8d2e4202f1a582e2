"""The office's side of the statements: make, agree, send back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from housing.lodging.exports.settlement import statement_rows
from housing.lodging.forms.settlement import MakeForm, SeenForm, SendBackForm
from housing.lodging.models import Settlement
from housing.lodging.services.settling import (
    READERS,
    SettlementRefused,
    make_statement,
    may_sign,
    send_back,
    sign_for_office,
    sites_for_staff,
    statements_for_staff,
)
from housing.lodging.views.settlement_file import statement_file
from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role
from portal.partners.services.accounts import current_account
from portal.ui.asking import older_than, place_of
from portal.ui.telling import told_above, told_beside
from subsidies.services.checking import live_line

PAGE = 50


@bureau_only(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def desk_settlements(request: HttpRequest) -> HttpResponse:
    """Statements in reach, newest first; an approver makes one for a hotel and a month, or brings it up to date."""
    user, is_maker = request.user, request.user.has_role(Role.APPROVER)
    form = MakeForm(request.POST if request.method == "POST" else None, user=user, on=clock.today())
    if request.method == "POST":
        if not is_maker:
            raise Http404
        if form.is_valid():
            with told_beside(form, "month", SettlementRefused):
                row = make_statement(**form.cleaned_data, by=user, at=clock.now())
                return redirect("desk_settlement", row.pk)
    found = statements_for_staff(user)
    if request.GET.get("before"):
        found = older_than(found, request.GET["before"], "made_at")
    rows = list(found.order_by("-made_at", "-id")[: PAGE + 1])
    following = ""
    if len(rows) > PAGE:
        rows.pop()
        following = f"?before={place_of(rows[-1], 'made_at')}"
    context = {
        "rows": rows,
        "following": following,
        "form": form if is_maker and sites_for_staff(user).exists() else None,
    }
    return render(request, "lodging/settlement/desk_list.html", context, status=422 if form.errors else 200)


@bureau_only(*READERS)
@require_safe
@never_cache
def desk_settlement(request: HttpRequest, id: UUID) -> HttpResponse:
    """One statement: its lines, both signatures, how far the payment is."""
    return _page(request, _one(request, id), SendBackForm(initial={}))


@bureau_only(Role.APPROVER)
@require_POST
@confirmed_recently(back="desk_settlement")
def desk_settlement_sign(request: HttpRequest, id: UUID) -> HttpResponse:
    """Agree: the sum becomes payable."""
    row, form = _one(request, id), SeenForm(request.POST)
    form.is_valid()
    with told_above(request, SettlementRefused):
        sign_for_office(settlement_id=row.pk, by=request.user, expected_version=form.seen, at=clock.now())
        messages.success(request, _("已确认，款项已转给财务汇总发放。"))
    return redirect("desk_settlement", row.pk)


@bureau_only(Role.APPROVER)
@require_POST
def desk_settlement_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """Send it back to the site, with the reason."""
    row, form = _one(request, id), SendBackForm(request.POST)
    if form.is_valid():
        with told_beside(form, "reason", SettlementRefused):
            send_back(
                settlement_id=row.pk,
                reason=form.cleaned_data["reason"],
                by=request.user,
                expected_version=form.seen,
                at=clock.now(),
            )
            messages.success(request, _("已退回，住宿单位会看到理由。"))
            return redirect("desk_settlement", row.pk)
    return _page(request, _one(request, id), form)


@bureau_only(*READERS)
@require_POST
def desk_settlement_file(request: HttpRequest, id: UUID) -> HttpResponse:
    """The statement as a spreadsheet or on paper."""
    return statement_file(_one(request, id), request.POST.get("file", ""), by=request.user, at=clock.now())


def _one(request: HttpRequest, id: UUID) -> Settlement:
    row = statements_for_staff(request.user).filter(pk=id).first()
    if row is None:
        raise Http404
    return row


def _page(request: HttpRequest, row: Settlement, form: SendBackForm) -> HttpResponse:
    line = live_line(row.payable) if row.payable else None
    context: dict[str, Any] = {
        "row": row,
        "lines": statement_rows(row),
        "form": form,
        "line": line,
        "account": current_account(row.site.place.partner),
        "may_sign": may_sign(row, request.user) and row.signed_by_site_id and not row.signed_by_office_id,
    }
    return render(request, "lodging/settlement/desk_one.html", context, status=422 if form.errors else 200)
