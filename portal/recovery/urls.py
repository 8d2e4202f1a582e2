"""Addresses of giving an account back. Those of the owner stand where sign-in stands."""

from django.urls import path

from portal.recovery import views

urlpatterns = [
    path("desk/people/<uuid:id>/recovery/", views.recovery_new, name="recovery_new"),
    path("accounts/recovery/", views.recovery, name="recovery"),
    path("accounts/recovery/address/", views.recovery_address, name="recovery_address"),
    path("accounts/recovery/phone/", views.recovery_phone, name="recovery_phone"),
    path("accounts/recovery/phone/code/", views.recovery_phone_code, name="recovery_phone_code"),
]
