"""An administrator gives a payable up."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role
from portal.casework.services.advancing import StepRefused
from portal.ui.telling import told_beside
from subsidies.forms_money import CancelForm
from subsidies.services.cancelling import cancel_payable, is_administrator, may_cancel
from subsidies.services.checking import payables_of


@bureau_only(Role.ADMINISTRATOR)
@confirmed_recently
@require_http_methods(["GET", "POST"])
@never_cache
def payable_cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Cancel one payable with a reason; once cancelled, the page says when and why."""
    payable = payables_of(request.user, (Role.ADMINISTRATOR,)).filter(application__isnull=False, pk=id).first()
    if payable is None or not is_administrator(payable, request.user):
        raise Http404
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with told_beside(form, None, StepRefused):
            cancel_payable(payable=payable, reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
            words = {"reference": payable.application.reference, "number": payable.number}
            messages.success(request, _("%(reference)s 第 %(number)s 期已取消。") % words)
            return redirect("payables")
    context = {"payable": payable, "is_open": may_cancel(payable, request.user), "form": form}
    return render(request, "subsidies/payable_cancel.html", context)
