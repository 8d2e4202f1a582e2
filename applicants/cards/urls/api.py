"""Addresses of the API for applicants for a card."""

from django.urls import path

from applicants.cards.api import views

_OF = "api/v1/applications/<uuid:id>/"

urlpatterns = [
    path(f"{_OF}recognitions/", views.RecognitionsView.as_view(), name="api_recognitions"),
    path(f"{_OF}recognitions/none/", views.NoRecognitionView.as_view(), name="api_recognitions_none"),
    path(f"{_OF}recognitions/<uuid:recognition>/", views.RecognitionView.as_view(), name="api_recognition"),
    path(f"{_OF}portrait/", views.PortraitView.as_view(), name="api_portrait"),
]
