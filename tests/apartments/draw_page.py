"""URLs of the portal and one page more, with nothing but the browser's verifier on it."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from housing.apartments.draw_words import words_of_the_page
from portal.urls import urlpatterns as portal_urls
from tests.apartments.draw_tampering import COMMITMENT, ENTRANTS_HASH, HONEST
from tests.apartments.second_draw import file_of

PAGE = """{% extends "base.html" %}
{% block title %}{% translate "抽签" %}{% endblock %}
{% block head %}<script type="module" src="{% static "ui/js/verify-draw.js" %}"></script>{% endblock %}
{% block content %}<h1>{% translate "抽签" %}</h1>{% include "apartments/draws/_verifier.html" %}{% endblock %}"""


def page(request: HttpRequest) -> HttpResponse:
    """As the public page of a round includes the verifier; ``?alone`` publishes no hash, ``?gone`` loses the file."""
    is_published = "alone" not in request.GET
    verifier = {
        "result_url": "/draw/gone.json" if "gone" in request.GET else "/draw/result.json",
        "commitment": COMMITMENT if is_published else "",
        "entrants_sha256": ENTRANTS_HASH if is_published else "",
        "script_url": "/draw/verify_draw.py",
        "words": words_of_the_page(),
    }
    return HttpResponse(engines["django"].from_string(PAGE).render({"verifier": verifier}, request))


def result(request: HttpRequest) -> HttpResponse:
    """The published file."""
    return HttpResponse(file_of(HONEST), content_type="application/json")


urlpatterns = [*portal_urls, path("draw/", page), path("draw/result.json", result)]
