"""Addresses by audience: public, applicants, the desk, notices."""

from django.urls import include, path

from portal.casework.api.views import ProgrammesView

urlpatterns = [
    path("", include("portal.casework.urls.public")),
    path("", include("portal.casework.urls.applicant")),
    path("desk/", include("portal.casework.urls.desk")),
    path("desk/policies/", include("portal.casework.urls.simulations")),
    path("", include("portal.casework.urls.notices")),
    path("api/programmes/", ProgrammesView.as_view(), name="api_programmes"),
]
