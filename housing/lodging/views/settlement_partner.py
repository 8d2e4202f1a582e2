"""A partner's manager: the statements of the months, and agreeing to them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from housing.lodging.exports.settlement import statement_rows
from housing.lodging.forms.settlement import SeenForm
from housing.lodging.models import Settlement
from housing.lodging.services.settling import SettlementRefused, sign_for_site, statements_for_member
from housing.lodging.views.settlement_file import statement_file
from portal import clock
from portal.accounts.doors import confirmed_recently
from portal.partners.choices import MemberRole
from portal.partners.doors import partner_only
from portal.partners.services.accounts import current_account
from portal.ui.telling import told_above

MOST = 60  # statements on one page: five years of a hotel


@require_safe
@partner_only(MemberRole.MANAGER, also_ended=True)
def partner_settlements(request: HttpRequest) -> HttpResponse:
    """The months, newest first, and whether there is an account to pay them to."""
    member = request.partner_member
    context = {
        "member": member,
        "rows": statements_for_member(member)[:MOST],
        "account": current_account(member.partner),
    }
    return render(request, "lodging/settlement/partner_list.html", context)


@require_safe
@partner_only(MemberRole.MANAGER, also_ended=True)
def partner_settlement(request: HttpRequest, id: UUID) -> HttpResponse:
    """One month: its lines, both signatures, and the button to agree."""
    row = _one(request, id)
    context = {"row": row, "lines": statement_rows(row), "account": current_account(row.site.place.partner)}
    return render(request, "lodging/settlement/partner_one.html", context)


@require_POST
@partner_only(MemberRole.MANAGER, also_ended=True)
@confirmed_recently(back="partner_settlement")
def partner_settlement_sign(request: HttpRequest, id: UUID) -> HttpResponse:
    """Agree to the statement as it stood on the page."""
    row, form = _one(request, id), SeenForm(request.POST)
    form.is_valid()
    with told_above(request, SettlementRefused):
        sign_for_site(settlement_id=row.pk, member=request.partner_member, expected_version=form.seen, at=clock.now())
        messages.success(request, _("已确认。人社局核对以后安排付款。"))
    return redirect("partner_settlement", row.pk)


@require_POST
@partner_only(MemberRole.MANAGER, also_ended=True)
def partner_settlement_file(request: HttpRequest, id: UUID) -> HttpResponse:
    """The statement as a spreadsheet or on paper."""
    return statement_file(_one(request, id), request.POST.get("file", ""), by=request.user, at=clock.now())


def _one(request: HttpRequest, id: UUID) -> Settlement:
    row = statements_for_member(request.partner_member).filter(pk=id).first()
    if row is None:
        raise Http404
    return row
