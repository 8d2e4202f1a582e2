"""The card on its holder's phone."""

from django.urls import path

from applicants.cards.views import phone

urlpatterns = [
    path("card/", phone.card, name="card"),
    path("card/codes/", phone.card_codes, name="card_codes"),
    path("card/checks/", phone.card_checks, name="card_checks"),
    path("card/manifest.webmanifest", phone.card_manifest, name="card_manifest"),
    path("card/worker.js", phone.card_worker, name="card_worker"),
    path(".well-known/jwks.json", phone.signing_keys, name="signing_keys"),
]
