"""Addresses of talent apartments."""

from django.urls import include, path

urlpatterns = [
    path("", include("housing.apartments.urls.applicant")),
    path("", include("housing.apartments.urls.public")),
    path("", include("housing.apartments.urls.stock_desk")),
    path("", include("housing.apartments.urls.rounds_desk")),
    path("", include("housing.apartments.urls.lease")),
    path("", include("housing.apartments.urls.rent")),
]
