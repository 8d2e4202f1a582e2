"""Giving an account back: the clerk's page with the slip, and the owner's pages where it is used."""

from __future__ import annotations

from uuid import UUID

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from applicants.people.masking import desk_mask_number, mask_name
from applicants.people.models import Person
from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role
from portal.accounts.phone_codes import MINUTES, Purpose, code_under_way
from portal.accounts.phone_forms import PhoneForm
from portal.accounts.phone_views import ask_for_code, start_again, take_code
from portal.accounts.phones import masked_phone
from portal.recovery.forms import AddressForm, CodeForm, IssueForm
from portal.recovery.models import Recovery
from portal.recovery.services import (
    RecoveryRefused,
    issue_recovery,
    obstacle_to,
    open_recovery,
    still_open,
    use_recovery,
)
from portal.sms import gateway
from portal.ui.telling import form_page

SESSION_KEY = "recovery"


@bureau_only(Role.CLERK, Role.ADMINISTRATOR)
@confirmed_recently
@require_http_methods(["GET", "POST"])
@never_cache
def recovery_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give out a code to the person at the counter; by POST the slip, which is shown once."""
    person = Person.objects.select_related("user").filter(pk=id).exclude(number_hash="").first()
    if person is None or person.user_id == request.user.pk:
        raise Http404
    form = IssueForm(request.POST if request.method == "POST" else None, initial={"paper_kind": person.number_kind})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row, code = issue_recovery(
                person=person,
                name=data["name"],
                number=data["number"],
                paper_kind=data["paper_kind"],
                by=request.user,
                at=clock.now(),
                at_real=timezone.now(),
            )
        except RecoveryRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            address = settings.PORTAL_URL + reverse("recovery")
            slip = {"code": code, "row": row, "person": person, "address": address}
            return render(request, "recovery/slip.html", slip)
    context = {
        "form": form,
        "person": person,
        "name": mask_name(person.legal_name),
        "number": desk_mask_number(person.number),
        "obstacle": obstacle_to(person, request.user),
    }
    return render(request, "recovery/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("code", "number")
def recovery(request: HttpRequest) -> HttpResponse:
    """Type the code from the slip and the own number."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if response := ratelimit.consume_or_429(request, action="recovery"):
            return response
        if form.is_valid():
            try:
                row = open_recovery(**form.cleaned_data, at_real=timezone.now())
            except RecoveryRefused as refusal:
                form.add_error("code", str(refusal))
            else:
                request.session.cycle_key()
                request.session[SESSION_KEY] = str(row.pk)
                return redirect("recovery_address" if row.user_id else "recovery_link")
    return form_page(request, "recovery/code.html", form)


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password")
def recovery_address(request: HttpRequest) -> HttpResponse:
    """Set a new address and password."""
    row = _under_way(request)
    if row is None:
        return redirect("recovery")
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            use_recovery(recovery=row, **form.cleaned_data, at=clock.now(), at_real=timezone.now())
        except RecoveryRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            return _done(request, _("账号已经找回。请用新的邮箱和密码登录。"), "account_login")
    return form_page(request, "recovery/address.html", form, by_phone=gateway.is_offered())


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("phone")
def recovery_phone(request: HttpRequest) -> HttpResponse:
    """Name a new phone; a code is sent to it."""
    if _under_way(request) is None:
        return redirect("recovery")
    if not gateway.is_offered():
        return redirect("recovery_address")
    form = PhoneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and ask_for_code(request, form, Purpose.RECOVER):
        return redirect("recovery_phone_code")
    return form_page(request, "recovery/phone.html", form, is_down=getattr(form, "is_gateway_down", False))


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("code")
def recovery_phone_code(request: HttpRequest) -> HttpResponse:
    """Take the code from the new phone."""
    row = _under_way(request)
    if row is None:
        return redirect("recovery")
    under_way = code_under_way(request, Purpose.RECOVER)
    if under_way is None:
        return start_again(request, "recovery_phone")
    form, answer = take_code(request, under_way, "recovery_phone", "recovery_phone_code")
    if answer is not None:
        return answer
    if form is not None:
        return form_page(
            request, "recovery/phone_code.html", form, phone=masked_phone(under_way.phone), minutes=MINUTES
        )
    try:
        use_recovery(recovery=row, phone=under_way.phone, at=clock.now(), at_real=timezone.now())
    except RecoveryRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("recovery_phone")
    return _done(request, _("账号已经找回。请用新的手机号登录。"), "account_phone_sign_in")


def code_typed(request: HttpRequest) -> Recovery | None:
    """The code that was typed in this session together with its number, while it can be used."""
    key = request.session.get(SESSION_KEY, "")
    return still_open(key, at_real=timezone.now()) if key else None


def _under_way(request: HttpRequest) -> Recovery | None:
    row = code_typed(request)
    return row if row is not None and row.user_id else None


def _done(request: HttpRequest, sentence: str, where: str) -> HttpResponse:
    request.session.flush()
    messages.success(request, sentence)
    return redirect(where)
