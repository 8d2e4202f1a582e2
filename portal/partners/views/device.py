"""Pages of an enrolled device: enrolling, the PIN, and what may be done."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applicants.people.refusals import Refused
from portal import clock
from portal.partners.doors import device_of, keep_token, manager_of, partner_only, safe_next
from portal.partners.forms import ChangePinForm, NewPinForm, PinForm
from portal.partners.scopes import places_of
from portal.partners.services import devices
from portal.partners.tools import tools_for
from portal.partners.views.browsers import browser_name
from portal.partners.views.limits import too_often
from portal.ui.telling import form_page


@require_safe
@partner_only(also_ended=True)
def partner(request: HttpRequest) -> HttpResponse:
    """Where somebody works, and what may be done there; a manager without a device goes to the team."""
    member = request.partner_member
    if request.partner_device is None:
        return redirect("partner_team")
    context = {
        "member": member,
        "places": places_of(member),
        "tools": tools_for(member),
        "is_manager": manager_of(request, at=clock.now()) is not None,
    }
    return render(request, "partners/device.html", context)


@require_safe
def partner_how(request: HttpRequest) -> HttpResponse:
    """How somebody gets in who is not in."""
    return render(request, "partners/how.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def partner_enrol(request: HttpRequest, token: str) -> HttpResponse:
    """Say who and where the link is for; only sending the form uses it up, so previews of it cost nothing."""
    refused = too_often(request, "link")
    if refused:
        return refused
    at = clock.now()
    link = devices.find_link(token=token, at=at)
    if link is None or link.member.is_manager:
        return render(request, "partners/link_is_over.html", status=404)
    device = device_of(request, at=at)
    form = NewPinForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        name = browser_name(request.headers.get("user-agent", ""))
        try:
            new = devices.enrol_device(token=token, pin=form.cleaned_data["pin"], name=name, at=at, replaces=device)
        except devices.LinkIsOver:
            return render(request, "partners/link_is_over.html", status=404)
        response = redirect("partner")
        keep_token(response, new.token)
        return response
    return form_page(
        request, "partners/enrol.html", form, member=link.member, places=places_of(link.member), replaced=device
    )


@never_cache
@require_http_methods(["GET", "POST"])
def partner_pin(request: HttpRequest) -> HttpResponse:
    """Ask for the PIN of this device, then go on to where somebody wanted to go."""
    at = clock.now()
    device = device_of(request, at=at)
    if device is None:
        return redirect("partner_how")
    is_sent = request.method == "POST"
    refused = too_often(request, "pin") if is_sent else None
    if refused:
        return refused
    form = PinForm(request.POST if is_sent else None)
    is_locked = device.locked_at is not None
    if not is_locked and form.is_valid():
        try:
            token = devices.enter_pin(device=device, pin=form.cleaned_data["pin"], at=at)
        except devices.DeviceIsLocked:
            is_locked = True
        except Refused as refusal:
            form.add_error("pin", refusal.sentence)
        else:
            response = redirect(safe_next(request))
            if token:
                keep_token(response, token)
            return response
    context = {
        "form": form,
        "member": device.member,
        "places": places_of(device.member),
        "is_locked": is_locked,
        "next": safe_next(request),
    }
    return render(request, "partners/pin.html", context, status=422 if is_sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_only()
def partner_pin_change(request: HttpRequest) -> HttpResponse:
    """Give this device another PIN; a wrong old one counts as it does when the PIN is asked."""
    device = request.partner_device
    if device is None:
        return redirect("partner")
    is_sent = request.method == "POST"
    refused = too_often(request, "pin") if is_sent else None
    if refused:
        return refused
    form = ChangePinForm(request.POST if is_sent else None)
    if form.is_valid():
        pins = {"pin": form.cleaned_data["old"], "new": form.cleaned_data["pin"]}
        try:
            token = devices.change_pin(device=device, **pins, at=clock.now())
        except devices.DeviceIsLocked:
            return redirect("partner_pin")
        except Refused as refusal:
            form.add_error("old", refusal.sentence)
        else:
            messages.success(request, _("PIN 已换好。"))
            response = redirect("partner")
            if token:
                keep_token(response, token)
            return response
    return form_page(request, "partners/pin_change.html", form, member=device.member, places=places_of(device.member))


@require_POST
@partner_only()
def partner_put_away(request: HttpRequest) -> HttpResponse:
    """Ask for the PIN at the next page: somebody leaves the phone on the counter."""
    if request.partner_device is None:
        return redirect("partner")
    devices.put_away(device=request.partner_device)
    return redirect("partner_pin")
