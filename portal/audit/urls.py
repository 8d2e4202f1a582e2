"""Addresses of the audit trail."""

from django.urls import path

from portal.audit import views

urlpatterns = [path("desk/entries/", views.entries, name="entries")]
