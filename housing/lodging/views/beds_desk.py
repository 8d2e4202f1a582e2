"""The desk's pages about rooms and beds: added, named, closed for a time, taken out of use."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from applicants.people.refusals import Refused
from housing.lodging.forms.sites import BedForm, ClosureForm, RoomChangeForm, RoomForm
from housing.lodging.models import Bed, BedClosure, Room
from housing.lodging.nights import Nights, night_of
from housing.lodging.services import rooms
from housing.lodging.services.closing import BedTaken, close_bed, reopen_bed
from housing.lodging.views.sites_desk import site_or_404
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.ui.figures import day_text, listed
from portal.ui.telling import form_page, told_above, told_beside

MOST_NAMED = 7  # nights that a refusal names


def _bed_or_404(id: UUID) -> Bed:
    return get_object_or_404(Bed.objects.select_related("room__site__place"), pk=id)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_site_room_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Add a room with its beds."""
    site = site_or_404(id)
    form = RoomForm(request.POST if request.method == "POST" else None, initial={"accessible": 0})
    if form.is_valid():
        with told_beside(form, "label", Refused):
            rooms.add_room(site=site, **form.cleaned_data, by=request.user, at=clock.now())
            messages.success(request, _("房间已添加。"))
            return redirect("desk_site", site.pk)
    return form_page(request, "lodging/sites/desk_room.html", form, site=site)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_site_room(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give a room another name, or more beds."""
    room = get_object_or_404(Room.objects.select_related("site__place"), pk=id)
    known = {"label": room.label, "beds": 0, "accessible": 0}
    form = RoomChangeForm(request.POST if request.method == "POST" else None, initial=known)
    if form.is_valid():
        data, about = form.cleaned_data, {"by": request.user, "at": clock.now()}
        with told_beside(form, "label", Refused):
            rooms.change_room(room=room, label=data["label"], beds=data["beds"], accessible=data["accessible"], **about)
            messages.success(request, _("已保存。"))
            return redirect("desk_site", room.site_id)
    return form_page(request, "lodging/sites/desk_room.html", form, site=room.site, room=room)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_site_bed(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change a bed; from here it is closed or taken out of use."""
    bed = _bed_or_404(id)
    known = {"label": bed.label, "is_accessible": bed.is_accessible}
    form = BedForm(request.POST if request.method == "POST" else None, initial=known)
    if form.is_valid():
        with told_beside(form, "label", Refused):
            rooms.change_bed(bed=bed, **form.cleaned_data, by=request.user, at=clock.now())
            messages.success(request, _("已保存。"))
            return redirect("desk_site", bed.room.site_id)
    closures = bed.closures.filter(ended_at=None, until_on__gte=night_of(clock.now())).order_by("from_on")
    return form_page(request, "lodging/sites/desk_bed.html", form, site=bed.room.site, bed=bed, closures=closures)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_site_bed_close(request: HttpRequest, id: UUID) -> HttpResponse:
    """Close a bed from one night to another."""
    bed, tonight = _bed_or_404(id), night_of(clock.now())
    form = ClosureForm(
        request.POST if request.method == "POST" else None, initial={"from_on": tonight}, earliest=tonight
    )
    if form.is_valid():
        data = form.cleaned_data
        nights = Nights.between(data["from_on"], data["until_on"])
        try:
            close_bed(bed=bed, nights=nights, reason=data["reason"], by=request.user, at=clock.now())
        except BedTaken as taken:
            form.add_error("from_on", taken.sentence)
            named = listed(day_text(on) for on in taken.nights[:MOST_NAMED])
            form.add_error("from_on", _("已有安排的晚上：%(nights)s") % {"nights": named})
        except Refused as refusal:
            form.add_error("until_on", refusal.sentence)
        else:
            messages.success(request, _("床位已停用。"))
            return redirect("desk_site", bed.room.site_id)
    return form_page(request, "lodging/sites/desk_bed_close.html", form, site=bed.room.site, bed=bed)


@bureau_only(Role.ADMINISTRATOR)
@require_POST
def desk_site_bed_retire(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a bed out of use for good."""
    bed = _bed_or_404(id)
    with told_above(request, Refused):
        rooms.retire_bed(bed=bed, by=request.user, at=clock.now())
        messages.success(request, _("床位已撤除。"))
        return redirect("desk_site", bed.room.site_id)
    return redirect("desk_site_bed", bed.pk)


@bureau_only(Role.ADMINISTRATOR)
@require_POST
def desk_site_closure(request: HttpRequest, id: UUID) -> HttpResponse:
    """Open a closed bed again, from tonight on."""
    closure = get_object_or_404(BedClosure.objects.select_related("bed__room"), pk=id)
    reopen_bed(closure_id=closure.pk, from_on=night_of(clock.now()), by=request.user, at=clock.now())
    messages.success(request, _("床位已重新开放。"))
    return redirect("desk_site", closure.bed.room.site_id)
