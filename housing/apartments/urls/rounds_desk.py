"""Addresses of rounds at the desk."""

from django.urls import path

from housing.apartments.views import rounds_desk

_ONE = "desk/apartments/rounds/<uuid:id>/"

urlpatterns = [
    path("desk/apartments/rounds/", rounds_desk.desk_rounds, name="desk_rounds"),
    path("desk/apartments/rounds/new/", rounds_desk.desk_round_new, name="desk_round_new"),
    path(_ONE, rounds_desk.desk_round, name="desk_round"),
    path(f"{_ONE}edit/", rounds_desk.desk_round_edit, name="desk_round_edit"),
    path(f"{_ONE}act/", rounds_desk.desk_round_act, name="desk_round_act"),
    path(f"{_ONE}annulment/", rounds_desk.desk_round_annulment, name="desk_round_annulment"),
    path(
        "desk/apartments/reconsiderations/<uuid:id>/",
        rounds_desk.desk_round_reconsideration,
        name="desk_round_reconsideration",
    ),
]
