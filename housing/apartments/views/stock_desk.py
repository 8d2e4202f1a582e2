"""The desk's stock of apartments: buildings, kinds of unit, the units as a table and as a calendar."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from applicants.people.refusals import Refused
from housing.apartments.forms.stock import BuildingForm, NewBuildingForm, TypeForm
from housing.apartments.models import Building, UnitType
from housing.apartments.services import stock, unit_calendar
from housing.months import MONTHS_BACK, Month
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.casework.doors import DESK_ROLES
from portal.ui.telling import form_page, told_beside

PAGE = 100  # units
SHOWN = 200  # buildings of a city, by far
USES = {
    unit_calendar.FREE: gettext_lazy("空着"),
    unit_calendar.OFFERED: gettext_lazy("等选房答复"),
    unit_calendar.LET: gettext_lazy("已租"),
    unit_calendar.CLOSED: pgettext_lazy("homes", "停用"),
    unit_calendar.RETIRED: gettext_lazy("已撤下"),
}


def building_or_404(id: UUID) -> Building:
    """The building, shown to the public or not."""
    return get_object_or_404(Building.objects.select_related("place__partner"), pk=id)


@require_safe
@bureau_only(*DESK_ROLES)
def desk_buildings(request: HttpRequest) -> HttpResponse:
    """Every building with its units, and how many are free today."""
    units = Count("units", filter=Q(units__retired_at=None))
    found = Building.objects.select_related("place__partner").annotate(unit_count=units)
    free = dict(
        unit_calendar.units_with_use(clock.today(), use=unit_calendar.FREE)
        .order_by()
        .values_list("building")
        .annotate(count=Count("pk"))
    )
    rows = found.order_by("-is_open", "place__town", "place__name_zh", "pk")[:SHOWN]
    context = {
        "rail": "buildings",
        "rows": [{"building": row, "free": free.get(row.pk, 0)} for row in rows],
        "may_change": request.user.has_role(Role.ADMINISTRATOR),
    }
    return render(request, "apartments/stock/desk_buildings.html", context)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_building_new(request: HttpRequest) -> HttpResponse:
    """Make a building of a partner's place."""
    form = NewBuildingForm(request.POST if request.method == "POST" else None, today=clock.today())
    if form.is_valid():
        place = form.cleaned_data["place"]
        with told_beside(form, "place", Refused):
            building = stock.add_building(place=place, values=form.values, by=request.user, at=clock.now())
            messages.success(request, _("已添加。接着添加房源，再向公众公开。"))
            return redirect("desk_building", building.pk)
    return form_page(request, "apartments/stock/desk_building_form.html", form)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_building_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change what the public reads of a building, show it or hide it."""
    building = building_or_404(id)
    data = request.POST if request.method == "POST" else None
    form = BuildingForm(data, initial=BuildingForm.initial_from(building))
    if form.is_valid():
        about = {"expected_version": form.cleaned_data["version"] or 0, "by": request.user, "at": clock.now()}
        with told_beside(form, "is_open", Refused):
            stock.change_building(building=building, values=form.values, **about)
            messages.success(request, _("已保存。"))
            return redirect("desk_building", building.pk)
    return form_page(request, "apartments/stock/desk_building_form.html", form, building=building)


@require_safe
@bureau_only(*DESK_ROLES)
def desk_building(request: HttpRequest, id: UUID) -> HttpResponse:
    """One building and its units, with what they are used for today."""
    building = building_or_404(id)
    units = unit_calendar.units_with_use(clock.today(), building=building.pk)
    context = {
        "rail": "buildings",
        "building": building,
        "uses": unit_calendar.uses_of(units, clock.today()),
        "words": USES,
        "may_change": request.user.has_role(Role.ADMINISTRATOR),
    }
    return render(request, "apartments/stock/desk_building.html", context)


@bureau_only(*DESK_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_unit_types(request: HttpRequest) -> HttpResponse:
    """The kinds of unit; administrators add one, or change the one that ``?type=`` names."""
    may_change = request.user.has_role(Role.ADMINISTRATOR)
    type = UnitType.objects.filter(code=request.GET.get("type", "").replace("\x00", "")).first()
    if request.method == "POST" and not may_change:
        raise Http404
    form = TypeForm(request.POST if request.method == "POST" else None, type=type)
    if form.is_valid():
        with told_beside(form, "code", Refused):
            values = dict(form.cleaned_data)
            is_retired = values.pop("is_retired", False)
            stock.save_type(type=type, values=values, is_retired=is_retired, by=request.user, at=clock.now())
            messages.success(request, _("已保存。"))
            return redirect("desk_unit_types")
    rows = UnitType.objects.annotate(unit_count=Count("units", filter=Q(units__retired_at=None)))
    context = {"rail": "types", "rows": rows.order_by("rooms", "code"), "type": type, "may_change": may_change}
    return form_page(request, "apartments/stock/desk_types.html", form, **context)


@require_safe
@bureau_only(*DESK_ROLES)
def desk_units(request: HttpRequest) -> HttpResponse:
    """The whole stock as a table: ``?building=`` and ``?use=`` choose, ``?page=`` turns."""
    buildings, chosen = _choice(request)
    use = request.GET.get("use", "") if request.GET.get("use", "") in USES else ""
    found = unit_calendar.units_with_use(clock.today(), building=chosen.pk if chosen else None, use=use)
    total = found.count()
    asked = request.GET.get("page", "")
    page = max(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1, 1)
    rows = unit_calendar.uses_of(found[(page - 1) * PAGE : page * PAGE], clock.today())
    context = {
        "rail": "units",
        "uses": rows,
        "words": USES,
        "total": total,
        "buildings": buildings,
        "chosen": chosen,
        "use": use,
        "earlier": page - 1,
        "later": page + 1 if page * PAGE < total else 0,
    }
    return render(request, "apartments/stock/desk_units.html", context)


@require_safe
@bureau_only(*DESK_ROLES)
def desk_unit_calendar(request: HttpRequest) -> HttpResponse:
    """Every unit of a building (``?building=``; else the first) on every day of a month (``?month=2026-03``)."""
    today = clock.today()
    month = Month.asked(request.GET.get("month", ""), today, back=MONTHS_BACK)
    buildings, chosen = _choice(request)
    building = chosen or next(iter(buildings), None)
    context = {
        "rail": "calendar",
        "buildings": buildings,
        "building": building,
        "month": month,
        "today": today,
        "rows": unit_calendar.rows_of_month(building, month) if building else [],
        "neighbours": [other for other in (month.moved(-1), month.moved(1)) if other.within(today, back=MONTHS_BACK)],
    }
    return render(request, "apartments/stock/desk_calendar.html", context)


def _choice(request: HttpRequest) -> tuple[list[Building], Building | None]:
    """All buildings, and the one of them that ``?building=`` names."""
    buildings = list(Building.objects.select_related("place").order_by("place__name_zh", "pk")[:SHOWN])
    return buildings, next((row for row in buildings if str(row.pk) == request.GET.get("building", "")), None)
