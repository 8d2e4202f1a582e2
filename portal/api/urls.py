"""Addresses of the API that belong to no app. The last one takes what stands nowhere else, so it is included last."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from portal.api import views

urlpatterns = [
    path("api/schema/", views.SchemaView.as_view(), name="api_schema"),
    path("api/docs/", views.docs, name="api_docs"),
    # Where the programmes stood before the API had a version.
    path("api/programmes/", RedirectView.as_view(pattern_name="api_programmes", permanent=True), name="api_moved"),
    re_path(r"^api/", views.UnknownView.as_view(), name="api_unknown"),
]
