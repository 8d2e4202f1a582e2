"""Public pages: the programme, its sites and their photos."""

from django.urls import path

from housing.lodging.api.public import SitesView
from housing.lodging.views import programme_public, sites_public

urlpatterns = [
    path("lodging/", programme_public.lodging, name="lodging"),
    path("lodging/sites/", sites_public.lodging_sites, name="lodging_sites"),
    path("lodging/sites/<uuid:id>/", sites_public.lodging_site, name="lodging_site"),
    path("lodging/photos/<uuid:id>.jpg", sites_public.lodging_photo, name="lodging_photo"),
    path("api/v1/lodging/sites/", SitesView.as_view(), name="api_lodging_sites"),
]
