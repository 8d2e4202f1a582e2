"""Addresses of the accounts floor; allauth's own are mounted by the roof."""

from django.urls import path

from portal.accounts import views

urlpatterns = [path("signed-in/", views.after_sign_in, name="after_sign_in")]
