"""Every address of the portal."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from portal.healthz import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("portal.ui.urls")),
    path("", include("portal.casework.urls")),
    path("", include("applicants.cards.urls")),
    path("", include("housing.lodging.urls")),
    path("", include("housing.apartments.urls")),
    path("", include("subsidies.urls")),
    path("", include("portal.notifications.urls")),
    path("", include("portal.accounts.urls")),
    path("", include("portal.recovery.urls")),
    path("", include("portal.audit.urls")),
    path("", include("portal.policy.urls")),
    path("", include("portal.partners.urls")),
    path("", include("portal.api.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("portal.demo.urls")))
