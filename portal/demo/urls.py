"""Addresses of the demo's developers' page; part of the portal only with DEMO on."""

from django.urls import path

from portal.demo import views

urlpatterns = [
    path("", views.demo, name="demo"),
    path("clock/", views.demo_move_clock, name="demo_move_clock"),
    path("texts/", views.demo_texts, name="demo_texts"),
    path("partner/<uuid:id>/", views.demo_partner_link, name="demo_partner_link"),
]
