"""Whoever was entered at the counter puts what is theirs into their account, with the code from there."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from applicants.people.masking import mask_name
from portal import clock
from portal.accounts.adapters import user_label
from portal.accounts.doors import confirmed_recently
from portal.casework.services.advancing import StepRefused
from portal.casework.services.entering import link_by_code
from portal.recovery.views import SESSION_KEY, code_typed


@login_required
@confirmed_recently
@require_http_methods(["GET", "POST"])
@never_cache
def recovery_link(request: HttpRequest) -> HttpResponse:
    """Show which account it will be, and link it by POST."""
    row = code_typed(request)
    if row is None or row.person is None:
        return redirect("recovery")
    refused = ""
    if request.method == "POST":
        try:
            link_by_code(recovery=row, user=request.user, at=clock.now(), at_real=timezone.now())
        except StepRefused as refusal:
            refused = str(refusal)
        else:
            del request.session[SESSION_KEY]
            messages.success(request, _("已关联。在柜台办理的申请和信件都在您的账号里了。"))
            return redirect("applications")
    context = {"name": mask_name(row.person.legal_name), "account": user_label(request.user), "refused": refused}
    return render(request, "recovery/link.html", context, status=422 if refused else 200)
