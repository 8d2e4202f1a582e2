"""Addresses of the letters."""

from django.urls import path

from portal.notifications import views

urlpatterns = [
    path("messages/", views.letters, name="letters"),
    path("messages/<uuid:letter_id>/", views.letter, name="letter"),
]
