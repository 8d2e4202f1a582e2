"""The account that a partner is paid to: the manager gives it, an administrator compares it with a paper."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from applicants.people.refusals import Refused
from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role
from portal.partners.choices import MemberRole
from portal.partners.doors import partner_only
from portal.partners.forms import AccountForm, AccountSettleForm
from portal.partners.models import PartnerAccount
from portal.partners.services.accounts import current_account, give_account, reveal_account, settle_account
from portal.ui.telling import form_page, told_beside


@require_http_methods(["GET", "HEAD", "POST"])
@partner_only(MemberRole.MANAGER, also_ended=True)
@confirmed_recently
def partner_account(request: HttpRequest) -> HttpResponse:
    """Give an account, or another. The one that stands is shown by its last four."""
    member = request.partner_member
    form = AccountForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        give_account(member=member, values=form.cleaned_data, at=clock.now())
        messages.success(request, _("已收到。人社局核对以后，款项付到这个账户。"))
        return redirect("partner_team")
    return form_page(request, "partners/account.html", form, member=member, account=current_account(member.partner))


@bureau_only(Role.ADMINISTRATOR)
@confirmed_recently
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def desk_partner_account(request: HttpRequest, id: UUID) -> HttpResponse:
    """Compare an account with a paper. The number is shown in full: comparing is the act."""
    account = get_object_or_404(PartnerAccount.objects.select_related("partner", "settled_by"), pk=id)
    form = AccountSettleForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, "note", Refused):
            settle_account(account_id=account.pk, note=form.cleaned_data["note"], by=request.user, at=clock.now())
            messages.success(request, _("账户已核对，可以付款。"))
            return redirect("desk_partner", account.partner_id)
    reveal_account(account=account, by=request.user, at=clock.now())
    context = {
        "account": account,
        "form": form,
        "is_current": account == current_account(account.partner),
        "is_same_name": account.holder == account.partner.name_zh,
    }
    return render(request, "partners/desk_account.html", context, status=422 if form.errors else 200)
