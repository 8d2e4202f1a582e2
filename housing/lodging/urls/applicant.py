"""Pages and API of applicants for free lodging."""

from django.urls import path

from housing.lodging.api import applicant as api
from housing.lodging.views import applying

_OF = "api/v1/applications/<uuid:id>/lodging/"

urlpatterns = [
    path("applications/<uuid:id>/booking/", applying.lodging_booking, name="lodging_booking"),
    path("applications/<uuid:id>/waiting/", applying.lodging_waiting, name="lodging_waiting"),
    path(_OF, api.BookingView.as_view(), name="api_lodging_booking"),
    path(f"{_OF}waiting/", api.WaitingView.as_view(), name="api_lodging_waiting"),
    path(f"{_OF}waiting/accept/", api.OfferView.as_view(), name="api_lodging_offer"),
]
