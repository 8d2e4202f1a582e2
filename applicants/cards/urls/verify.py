"""Verification of a card, for outlets and for anybody."""

from django.urls import path

from applicants.cards.views import verifying

urlpatterns = [
    path("v/<path:token>", verifying.verify_code, name="verify_code"),
    path("verify/", verifying.verify, name="verify"),
    path("verify/place/", verifying.verify_place, name="verify_place"),
    path("verify/checks/<uuid:id>/", verifying.card_check, name="card_check"),
    path("verify/checks/<uuid:id>/photo/", verifying.card_check_photo, name="card_check_photo"),
]
