"""The link in a manager's letter."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal import clock
from portal.partners.forms import PasswordForm
from portal.partners.services.devices import LinkIsOver, find_link
from portal.partners.services.members import accept_invitation
from portal.partners.views.limits import too_often
from portal.ui.telling import form_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def partner_invited(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: with a first password, or signed in to the account that was invited."""
    refused = too_often(request, "link")
    if refused:
        return refused
    at = clock.now()
    link = find_link(token=token, at=at)
    if link is None or not link.member.is_manager:
        return render(request, "partners/link_is_over.html", status=404)
    invited = link.member.user
    if invited.has_usable_password() and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    is_somebody_else = request.user.is_authenticated and request.user != invited
    is_new = not invited.has_usable_password()
    form = PasswordForm(request.POST if request.method == "POST" and is_new else None, user=invited)
    if request.method == "POST" and not is_somebody_else and (not is_new or form.is_valid()):
        password = form.cleaned_data["password"] if is_new else ""
        by = request.user if request.user.is_authenticated else None
        try:
            accept_invitation(token=token, by=by, password=password, at=at)
        except LinkIsOver:
            return render(request, "partners/link_is_over.html", status=404)
        messages.success(request, _("您现在是负责人了。") if by else _("密码已设好，请登录。"))
        return redirect("partner_team") if by else redirect_to_login(reverse("partner_team"))
    return form_page(
        request, "partners/invited.html", form, member=link.member, is_new=is_new, is_somebody_else=is_somebody_else
    )
