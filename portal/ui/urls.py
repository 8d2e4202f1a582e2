"""Pages about the portal itself, and the two switches of the frame."""

from django.urls import path

from portal.ui import views

urlpatterns = [
    path("language/", views.set_language, name="set_language"),
    path("theme/", views.set_theme, name="set_theme"),
    path("help/", views.help_page, name="help"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("contact/", views.contact, name="contact"),
    path("robots.txt", views.robots, name="robots"),
]
