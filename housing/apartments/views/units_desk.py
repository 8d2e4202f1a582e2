"""The desk's pages about one unit: what it is, its photos, what stands in it, when it is closed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from applicants.people.refusals import Refused
from housing.apartments.forms.stock import ClosureForm, InventoryForm, NewUnitsForm, PhotoForm, UnitForm
from housing.apartments.models import Unit, UnitClosure, UnitPhoto
from housing.apartments.services import occupying, photos, stock, unit_calendar
from housing.apartments.views.stock_desk import USES, building_or_404
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.casework.doors import DESK_ROLES
from portal.ui.telling import form_page, told_above, told_beside


def unit_or_404(id: UUID) -> Unit:
    """The unit with its building."""
    return get_object_or_404(Unit.objects.select_related("building__place__partner", "type"), pk=id)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_unit_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Add a unit to a building, or several that are alike."""
    building = building_or_404(id)
    form = NewUnitsForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        about = {"labels": form.labels, "values": form.values, "by": request.user, "at": clock.now()}
        with told_beside(form, "label", Refused):
            count = len(stock.add_units(building=building, **about))
            said = ngettext("添加了 %(count)s 套房源。", "添加了 %(count)s 套房源。", count)
            messages.success(request, said % {"count": count})
            return redirect("desk_building", building.pk)
    return form_page(request, "apartments/stock/desk_unit_form.html", form, building=building)


@bureau_only(*DESK_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_unit(request: HttpRequest, id: UUID) -> HttpResponse:
    """One unit; administrators change it here."""
    unit = unit_or_404(id)
    may_change = request.user.has_role(Role.ADMINISTRATOR)
    if request.method == "POST" and not may_change:
        raise Http404
    form = UnitForm(request.POST if request.method == "POST" else None, initial=UnitForm.initial_from(unit))
    if form.is_valid():
        about = {"expected_version": form.cleaned_data["version"] or 0, "by": request.user, "at": clock.now()}
        with told_beside(form, "label", Refused):
            stock.change_unit(unit=unit, values=form.values, **about)
            messages.success(request, _("已保存。"))
            return redirect("desk_unit", unit.pk)
    today = clock.today()
    use = unit_calendar.uses_of(unit_calendar.units_with_use(today).filter(pk=unit.pk), today)
    context = {
        "rail": "units",
        "unit": unit,
        "use": use[0] if use else None,
        "words": USES,
        "leases": unit.leases.exclude(state="cancelled").order_by("-starts_on", "-id")[:20],
        "may_change": may_change,
    }
    return form_page(request, "apartments/stock/desk_unit.html", form, **context)


@bureau_only(Role.ADMINISTRATOR)
@require_POST
def desk_unit_retire(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a unit out of the stock."""
    unit = unit_or_404(id)
    with told_above(request, Refused):
        stock.retire_unit(unit=unit, by=request.user, at=clock.now())
        messages.success(request, _("房源已撤下。"))
    return redirect("desk_unit", unit.pk)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_unit_photos(request: HttpRequest, id: UUID) -> HttpResponse:
    """Add a photo, show one earlier, take one away."""
    unit, act = unit_or_404(id), request.POST.get("act", "")
    if act in ("up", "remove"):
        photo = get_object_or_404(UnitPhoto.objects.select_related("unit"), unit=unit, pk=_uuid(request, "photo"))
        (photos.move_up if act == "up" else photos.remove_photo)(photo=photo, by=request.user, at=clock.now())
        return redirect("desk_unit_photos", unit.pk)
    is_sent = request.method == "POST"
    form = PhotoForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    if form.is_valid():
        data = form.cleaned_data
        captions = {name: data[name] for name in ("caption_zh", "caption_en")}
        with told_beside(form, "picture", Refused):
            photos.add_photo(unit=unit, upload=data["picture"], **captions, by=request.user, at=clock.now())
            messages.success(request, _("照片已添加。"))
            return redirect("desk_unit_photos", unit.pk)
    return form_page(request, "apartments/stock/desk_photos.html", form, unit=unit, photos=unit.photos.all())


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_unit_inventory(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down what stands in a unit."""
    unit = unit_or_404(id)
    known = {"items": InventoryForm.text_of(unit.inventory.all())}
    form = InventoryForm(request.POST if request.method == "POST" else None, initial=known)
    if form.is_valid():
        stock.set_inventory(unit=unit, items=form.cleaned_data["items"], by=request.user, at=clock.now())
        messages.success(request, _("已保存。"))
        return redirect("desk_unit", unit.pk)
    return form_page(request, "apartments/stock/desk_inventory.html", form, unit=unit)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_unit_closures(request: HttpRequest, id: UUID) -> HttpResponse:
    """Close a unit from one day to another, or open it again."""
    unit, today = unit_or_404(id), clock.today()
    if request.POST.get("act") == "reopen":
        closure = get_object_or_404(UnitClosure, unit=unit, pk=_uuid(request, "closure"))
        first = max(today, closure.from_on)
        occupying.reopen_unit(closure_id=closure.pk, from_on=first, by=request.user, at=clock.now())
        messages.success(request, _("已重新开放。"))
        return redirect("desk_unit_closures", unit.pk)
    form = ClosureForm(request.POST if request.method == "POST" else None, earliest=today)
    if form.is_valid():
        data = form.cleaned_data
        asked: dict[str, Any] = {"first": data["from_on"], "last": data["until_on"], "reason": data["reason"]}
        with told_beside(form, "from_on", Refused):
            occupying.close_unit(unit=unit, **asked, by=request.user, at=clock.now())
            messages.success(request, _("已停用。"))
            return redirect("desk_unit_closures", unit.pk)
    closures = unit.closures.filter(ended_at=None, until_on__gte=today).select_related("made_by").order_by("from_on")
    return form_page(request, "apartments/stock/desk_closures.html", form, unit=unit, closures=closures)


def _uuid(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Http404 from None
