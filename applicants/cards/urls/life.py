"""What comes up in a card's life: doubts, another employer, decisions looked at once more."""

from django.urls import path

from applicants.cards.views import doubting, holding

urlpatterns = [
    path("card/employer/", holding.card_employer, name="card_employer"),
    path("card/reconsideration/", holding.card_reconsideration, name="card_reconsideration"),
    path("desk/cards/doubts/", doubting.card_doubts, name="card_doubts"),
    path("desk/cards/<uuid:id>/keep/", doubting.card_keep, name="card_keep"),
    path("desk/cards/<uuid:id>/answer/", doubting.card_answer, name="card_answer"),
]
