"""Addresses by audience: public, applicants, the desk, notices, programs."""

from django.urls import include, path

urlpatterns = [
    path("", include("portal.casework.urls.public")),
    path("", include("portal.casework.urls.applicant")),
    path("desk/", include("portal.casework.urls.desk")),
    path("desk/policies/", include("portal.casework.urls.simulations")),
    path("", include("portal.casework.urls.notices")),
    path("api/v1/", include("portal.casework.api.urls")),
]
