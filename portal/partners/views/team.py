"""A manager's pages: the partner's people, their links and their devices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applicants.people.refusals import Refused
from portal import clock
from portal.partners.choices import MemberRole, MemberState
from portal.partners.doors import partner_only
from portal.partners.forms import MemberForm
from portal.partners.models import PartnerDevice, PartnerMember
from portal.partners.scopes import places_of
from portal.partners.services import devices, members
from portal.partners.tools import tools_for
from portal.ui.telling import form_page, told_above, told_beside


def _team(manager: PartnerMember) -> QuerySet[PartnerMember]:
    """The people a manager answers for: those with devices, of the same partner."""
    live = PartnerDevice.objects.filter(revoked_at=None).order_by("-seen_at", "-id")
    return (
        PartnerMember.objects.filter(partner=manager.partner_id)
        .exclude(role=MemberRole.MANAGER)
        .select_related("partner", "user")
        .prefetch_related(Prefetch("devices", live, to_attr="live_devices"), "places")
    )


def _one(request: HttpRequest, id: UUID) -> PartnerMember:
    return get_object_or_404(_team(request.partner_member).exclude(state=MemberState.LEFT), pk=id)


@require_safe
@partner_only(MemberRole.MANAGER, also_ended=True)
def partner_team(request: HttpRequest) -> HttpResponse:
    """Everybody who works for the partner with a device; after the contract what is left to settle."""
    manager = request.partner_member
    tools = tools_for(manager)
    if not manager.is_live_on(clock.today()):
        context = {"manager": manager, "tools": [tool for tool in tools if tool.also_ended]}
        return render(request, "partners/team_ended.html", context)
    people = _team(manager).order_by("display_name", "id")
    context = {
        "manager": manager,
        "people": people.exclude(state=MemberState.LEFT),
        "gone": people.filter(state=MemberState.LEFT),
        "has_places": places_of(manager).exists(),
        "tools": tools,
    }
    return render(request, "partners/team.html", context)


@require_http_methods(["GET", "POST"])
@partner_only(MemberRole.MANAGER)
def partner_member_new(request: HttpRequest) -> HttpResponse:
    """Add somebody."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@partner_only(MemberRole.MANAGER)
def partner_member_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change how somebody is called, what they do and where."""
    return _edit(request, _one(request, id))


def _edit(request: HttpRequest, member: PartnerMember | None) -> HttpResponse:
    manager = request.partner_member
    initial = {"name": member.display_name, "role": member.role, "places": member.places.all()} if member else {}
    form = MemberForm(
        request.POST if request.method == "POST" else None,
        partner=manager.partner,
        places=places_of(manager),
        initial=initial,
    )
    if form.is_valid():
        values = {**form.cleaned_data, "places": list(form.cleaned_data["places"])}
        with told_beside(form, "places", Refused):
            if member is None:
                member = members.add_member(partner=manager.partner, **values, by=request.user, at=clock.now())
            else:
                members.change_member(member=member, **values, by=request.user, at=clock.now())
            messages.success(request, _("已保存。"))
            return redirect("partner_member", member.pk)
    return form_page(request, "partners/member_form.html", form, member=member, manager=manager)


@require_safe
@partner_only(MemberRole.MANAGER)
def partner_member(request: HttpRequest, id: UUID) -> HttpResponse:
    """One person and their devices."""
    member = _one(request, id)
    link = member.links.filter(used_at=None, expires_at__gt=clock.now()).first()
    return render(request, "partners/member.html", {"member": member, "link": link})


@require_POST
@partner_only(MemberRole.MANAGER)
def partner_member_link(request: HttpRequest, id: UUID) -> HttpResponse:
    """Make a link and show it, as text and as a QR code. It is shown this once: what is kept is its hash."""
    member = _one(request, id)
    try:
        token = devices.make_link(member=member, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("partner_team")
    address = settings.PORTAL_URL + reverse("partner_enrol", args=[token])
    code = segno.make(address, error="m", micro=False)
    context: dict[str, Any] = {
        "member": member,
        "address": address,
        "code": code.svg_data_uri(scale=6, border=4, light="#fff", dark="#000"),
    }
    return render(request, "partners/link.html", context)


@require_http_methods(["GET", "POST"])
@partner_only(MemberRole.MANAGER)
def partner_member_leave(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let somebody go."""
    member = _one(request, id)
    if request.method == "GET":
        return render(request, "partners/leave.html", {"member": member})
    with told_above(request, Refused):
        members.say_goodbye(member=member, by=request.user, at=clock.now())
        messages.success(request, _("已移除，设备已停用。"))
    return redirect("partner_team")


@require_POST
@partner_only(MemberRole.MANAGER)
def partner_device(request: HttpRequest, id: UUID) -> HttpResponse:
    """Unlock a device after wrong PINs, or end it at once."""
    found = PartnerDevice.objects.filter(member__in=_team(request.partner_member).values("pk"), revoked_at=None)
    device = get_object_or_404(found, pk=id)
    act = request.POST.get("act", "")
    if act not in ("unlock", "revoke"):
        raise Http404
    with told_above(request, Refused):
        if act == "unlock":
            devices.unlock_device(device=device, by=request.user, at=clock.now())
            messages.success(request, _("已解锁。请本人再输入 PIN。"))
        else:
            devices.revoke_device(device=device, by=request.user, at=clock.now())
            messages.success(request, _("设备已停用。"))
    return redirect("partner_member", device.member_id)
