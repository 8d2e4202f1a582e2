"""Stays: for guests, sites and the desk."""

from django.urls import path

from housing.lodging.views import bars_desk, stay_guest, stay_partner, stays_desk

urlpatterns = [
    path("my/stay/<uuid:id>/", stay_guest.own_stay, name="own_stay"),
    path("my/stay/<uuid:id>/reconsideration/", stay_guest.bar_reconsideration, name="bar_reconsideration"),
    path("partner/lodging/", stay_partner.partner_lodging, name="partner_lodging"),
    path("partner/lodging/arrive/<str:token>/", stay_partner.partner_arrival, name="partner_arrival"),
    path("partner/lodging/stays/<uuid:id>/", stay_partner.partner_stay, name="partner_stay"),
    path("desk/lodging/bars/", bars_desk.desk_bars, name="desk_bars"),
    path("desk/lodging/bars/<uuid:id>/", bars_desk.desk_bar, name="desk_bar"),
    path("desk/lodging/stays/<uuid:id>/", stays_desk.desk_stay, name="desk_stay"),
]
