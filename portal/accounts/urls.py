"""Addresses of the accounts floor; allauth's own are mounted by the roof."""

from django.urls import path

from portal.accounts import phone_views, views

urlpatterns = [
    path("signed-in/", views.after_sign_in, name="after_sign_in"),
    path("accounts/sessions/", views.devices, name="devices"),  # in place of allauth's own page
    path("accounts/sessions/end/", views.device_end, name="device_end"),
    path("accounts/phone/", phone_views.phone_sign_in, name="account_phone_sign_in"),
    path("accounts/phone/code/", phone_views.phone_code, name="account_phone_code"),
    path("accounts/phone/own/", phone_views.phone, name="account_phone"),
    path("accounts/phone/own/letters/", phone_views.phone_letters, name="account_phone_letters"),
    path("accounts/phone/own/change/", phone_views.phone_change, name="account_phone_change"),
    path("accounts/phone/own/change/code/", phone_views.phone_change_code, name="account_phone_change_code"),
    path(
        "accounts/phone/reauthenticate/",
        phone_views.PhoneReauthentication.as_view(),
        name="account_phone_reauthenticate",
    ),
]
