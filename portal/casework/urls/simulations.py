"""Addresses of simulations, under /desk/policies/."""

from django.urls import URLPattern, path

from portal.casework.views import simulations

urlpatterns: list[URLPattern] = [
    path("drafts/<uuid:id>/simulate/", simulations.simulation_new, name="simulation_new"),
    path("simulations/", simulations.simulations, name="simulations"),
    path("simulations/<uuid:id>/", simulations.simulation, name="simulation"),
    path("simulations/<uuid:id>/stop/", simulations.simulation_stop, name="simulation_stop"),
    path("simulations/<uuid:id>/download/", simulations.simulation_download, name="simulation_download"),
]
