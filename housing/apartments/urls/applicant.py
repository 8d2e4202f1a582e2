"""Pages and API of applicants for an apartment."""

from django.urls import path

from housing.apartments.api import applicant as api
from housing.apartments.views import own

_MINE, _OF = "my/apartment/", "api/v1/applications/<uuid:id>/apartment/"

urlpatterns = [
    path(f"{_MINE}<uuid:id>/", own.own_apartment, name="own_apartment"),
    path(f"{_MINE}<uuid:id>/rounds/<uuid:round>/", own.own_apartment_enter, name="own_apartment_enter"),
    path(f"{_MINE}places/<uuid:id>/leave/", own.own_apartment_leave, name="own_apartment_leave"),
    path(f"{_MINE}offers/<uuid:id>/", own.own_offer, name="own_offer"),
    path(_OF, api.EntryView.as_view(), name="api_apartment_entry"),
    path(f"{_OF}offer/", api.OfferView.as_view(), name="api_apartment_offer"),
    path(f"{_OF}leases/", api.LeasesView.as_view(), name="api_apartment_lease"),
]
