"""Addresses of free lodging."""

from django.urls import include, path

urlpatterns = [
    path("", include("housing.lodging.urls.applicant")),
    path("", include("housing.lodging.urls.public")),
    path("", include("housing.lodging.urls.site_desk")),
    path("", include("housing.lodging.urls.stay")),
    path("", include("housing.lodging.urls.settlement")),
]
