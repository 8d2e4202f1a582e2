"""Pages that need no sign-in: home, programmes, public notices."""

from django.urls import path

from portal.casework.views import notices_public, public, screener

urlpatterns = [
    path("", public.home, name="home"),
    path("programmes/", public.programmes, name="programmes"),
    path("programmes/<slug:code>/", public.programme, name="programme"),
    path("screener/", screener.screener, name="screener"),
    path("notices/", notices_public.notices, name="notices"),
    path("notices/<slug:number>/", notices_public.notice, name="notice"),
]
