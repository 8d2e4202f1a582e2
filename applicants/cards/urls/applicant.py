"""Pages of applicants for a card."""

from django.urls import path

from applicants.cards.views import applying

urlpatterns = [
    path("applications/<uuid:id>/recognitions/", applying.card_recognitions, name="card_recognitions"),
    path("applications/<uuid:id>/portrait/", applying.card_portrait, name="card_portrait"),
    path("portraits/<uuid:id>/", applying.portrait_image, name="portrait_image"),
]
