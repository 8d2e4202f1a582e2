"""Addresses of the talent card."""

from django.urls import include, path

urlpatterns = [path("", include("applicants.cards.urls.applicant"))]
