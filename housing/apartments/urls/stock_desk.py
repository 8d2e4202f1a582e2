"""Addresses of the stock of apartments at the desk."""

from django.urls import path

from housing.apartments.views import stock_desk, units_desk

_BUILDING, _UNIT = "desk/apartments/buildings/<uuid:id>/", "desk/apartments/units/<uuid:id>/"

urlpatterns = [
    path("desk/apartments/buildings/", stock_desk.desk_buildings, name="desk_buildings"),
    path("desk/apartments/buildings/new/", stock_desk.desk_building_new, name="desk_building_new"),
    path(_BUILDING, stock_desk.desk_building, name="desk_building"),
    path(f"{_BUILDING}edit/", stock_desk.desk_building_edit, name="desk_building_edit"),
    path(f"{_BUILDING}unit/", units_desk.desk_unit_new, name="desk_unit_new"),
    path("desk/apartments/types/", stock_desk.desk_unit_types, name="desk_unit_types"),
    path("desk/apartments/units/", stock_desk.desk_units, name="desk_units"),
    path("desk/apartments/calendar/", stock_desk.desk_unit_calendar, name="desk_unit_calendar"),
    path(_UNIT, units_desk.desk_unit, name="desk_unit"),
    path(f"{_UNIT}retire/", units_desk.desk_unit_retire, name="desk_unit_retire"),
    path(f"{_UNIT}photos/", units_desk.desk_unit_photos, name="desk_unit_photos"),
    path(f"{_UNIT}inventory/", units_desk.desk_unit_inventory, name="desk_unit_inventory"),
    path(f"{_UNIT}closures/", units_desk.desk_unit_closures, name="desk_unit_closures"),
]
