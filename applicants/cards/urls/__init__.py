"""Addresses of the talent card."""

from django.urls import include, path

urlpatterns = [
    path("", include("applicants.cards.urls.applicant")),
    path("", include("applicants.cards.urls.phone")),
    path("", include("applicants.cards.urls.verify")),
    path("", include("applicants.cards.urls.benefits")),
    path("", include("applicants.cards.urls.desk")),
    path("", include("applicants.cards.urls.life")),
    path("", include("applicants.cards.urls.tiers")),
    path("", include("applicants.cards.urls.api")),
]
