"""Recognitions after a card's issue, and the card's tier."""

from django.urls import path

from applicants.cards.views import tiers

urlpatterns = [
    path("card/recognitions/", tiers.own_recognitions, name="own_recognitions"),
    path("desk/cards/<uuid:id>/recognitions/", tiers.card_tiers, name="card_tiers"),
]
