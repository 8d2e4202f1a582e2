"""Addresses of the demo's developers' page; part of the portal only with DEMO on."""

from django.urls import path

from portal.demo import views

urlpatterns = [
    path("", views.demo, name="demo"),
    path("clock/", views.demo_move_clock, name="demo_move_clock"),
]
