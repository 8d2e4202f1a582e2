"""What everybody sees of the stock: buildings, their units and photos."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Max, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from housing.apartments.models import PUBLIC_ROUNDS, Building, RoundUnit, Unit, UnitPhoto
from housing.views import photo_shown

SHOWN = 200


@require_safe
def apartment_buildings(request: HttpRequest) -> HttpResponse:
    """The buildings that are shown, each with a photo and how many units it has."""
    in_use = Unit.objects.filter(retired_at=None)
    found = Building.objects.filter(is_open=True, units__in=in_use).select_related("place")
    found = found.annotate(unit_count=Count("units"), least=Min("units__area_dm2"), most=Max("units__area_dm2"))
    buildings = list(found.order_by("place__town", "place__name_zh", "pk")[:SHOWN])
    first: dict[UUID, UnitPhoto] = {}
    pictures = UnitPhoto.objects.filter(unit__building__in=buildings, unit__retired_at=None).select_related("unit")
    for photo in pictures.order_by("unit__label", "position"):
        first.setdefault(photo.unit.building_id, photo)
    rows = [{"building": row, "photo": first.get(row.pk), "areas": _areas(row.least, row.most)} for row in buildings]
    return render(request, "apartments/stock/buildings.html", {"rows": rows})


@require_safe
def apartment_building(request: HttpRequest, id: UUID) -> HttpResponse:
    """One building that is shown, with its units."""
    building = get_object_or_404(Building.objects.select_related("place__partner"), pk=id, is_open=True)
    units = list(building.units.filter(retired_at=None).select_related("type").order_by("type", "label")[:SHOWN])
    pictures = UnitPhoto.objects.filter(unit__in=units).order_by("position", "unit__label")
    live = RoundUnit.objects.filter(unit__in=units, released_at=None, round__state__in=PUBLIC_ROUNDS)
    rounds = {row.unit_id: row.round for row in live.select_related("round")}
    context = {
        "building": building,
        "rows": [{"unit": unit, "round": rounds.get(unit.pk)} for unit in units],
        "photos": pictures[:6],
    }
    return render(request, "apartments/stock/building.html", context)


@require_safe
def apartment_unit(request: HttpRequest, id: UUID) -> HttpResponse:
    """One unit of a building that is shown, or of a round that was announced."""
    unit = get_object_or_404(Unit.objects.select_related("building__place__partner", "type"), pk=id)
    rounds = RoundUnit.objects.filter(unit=unit, round__state__in=PUBLIC_ROUNDS).select_related("round")
    live = rounds.filter(released_at=None).first()
    is_shown = unit.building.is_open and unit.retired_at is None
    if not is_shown and not rounds.exists():
        raise Http404
    context = {
        "unit": unit,
        "building": unit.building,
        "photos": unit.photos.all(),
        "inventory": unit.inventory.all(),
        "round": live.round if live else None,
    }
    return render(request, "apartments/stock/unit.html", context)


@require_safe
def apartment_photo(request: HttpRequest, id: UUID) -> HttpResponse:
    """The picture; of what is not public, to staff only."""
    photo = get_object_or_404(UnitPhoto.objects.select_related("unit__building"), pk=id)
    in_round = RoundUnit.objects.filter(unit=photo.unit, round__state__in=PUBLIC_ROUNDS)
    return photo_shown(request, photo, is_public=photo.unit.building.is_open or in_round.exists())


def _areas(least: int, most: int) -> str:
    """From which to which area, in m²."""
    return f"{least / 100:g}" if least == most else f"{least / 100:g}–{most / 100:g}"
