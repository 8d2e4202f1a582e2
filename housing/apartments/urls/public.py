"""Addresses of the public pages of apartments."""

from django.urls import path

from housing.apartments.api.public import RoundsView
from housing.apartments.views import programme_public, rounds_public, stock_public

urlpatterns = [
    path("apartments/", programme_public.apartments, name="apartments"),
    path("api/v1/apartments/rounds/", RoundsView.as_view(), name="api_apartment_rounds"),
    path("apartments/buildings/", stock_public.apartment_buildings, name="apartment_buildings"),
    path("apartments/buildings/<uuid:id>/", stock_public.apartment_building, name="apartment_building"),
    path("apartments/units/<uuid:id>/", stock_public.apartment_unit, name="apartment_unit"),
    path("apartments/photos/<uuid:id>.jpg", stock_public.apartment_photo, name="apartment_photo"),
    path("apartments/rounds/", rounds_public.apartment_rounds, name="apartment_rounds"),
    path("apartments/rounds/<slug:number>/", rounds_public.apartment_round, name="apartment_round"),
    path(
        "apartments/rounds/<slug:number>/<slug:kind>/", rounds_public.apartment_round_file, name="apartment_round_file"
    ),
    path("apartments/verify_draw.py", rounds_public.draw_verifier, name="draw_verifier"),
    path(
        "my/apartment/entrants/<uuid:id>/reconsideration/",
        rounds_public.own_round_reconsideration,
        name="own_round_reconsideration",
    ),
]
