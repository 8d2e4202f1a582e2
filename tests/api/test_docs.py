"""The description of the API: OpenAPI 3.1 for programs, and a page from our own origin for people."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.api.schema import document
from tests import factories as make
from tests.api.calling import Caller


def test_the_schema_is_openapi_3_1_and_names_every_call(db):
    answer = Caller().get("api_schema")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    described = answer.json()
    assert described["openapi"] == "3.1.1"
    assert {
        f"{method.upper()} {path.removeprefix('/api/v1/')}"
        for path, methods in described["paths"].items()
        for method in methods
    } == {
        "GET programmes/",
        "GET policies/",
        "GET policies/{code}/",
        "POST eligibility/",
        "GET profile/",
        "PATCH profile/",
        "GET papers/",
        "GET papers/{id}/content/",
        "GET applications/",
        "POST applications/",
        "GET applications/{id}/",
        "DELETE applications/{id}/",
        "GET applications/{id}/answers/",
        "PATCH applications/{id}/answers/",
        "GET applications/{id}/papers/",
        "POST applications/{id}/papers/",
        "DELETE applications/{id}/papers/{shelved}/",
        "POST applications/{id}/submit/",
        "POST applications/{id}/withdraw/",
        "GET applications/{id}/recognitions/",
        "POST applications/{id}/recognitions/",
        "POST applications/{id}/recognitions/none/",
        "DELETE applications/{id}/recognitions/{recognition}/",
        "POST applications/{id}/portrait/",
        "GET lodging/sites/",
        "GET applications/{id}/lodging/",
        "POST applications/{id}/lodging/",
        "POST applications/{id}/lodging/waiting/",
        "DELETE applications/{id}/lodging/waiting/",
        "POST applications/{id}/lodging/waiting/accept/",
        "GET apartments/rounds/",
        "GET applications/{id}/apartment/",
        "POST applications/{id}/apartment/",
        "DELETE applications/{id}/apartment/",
        "POST applications/{id}/apartment/offer/",
        "GET applications/{id}/apartment/leases/",
        "GET desk/files/",
        "GET desk/files/{id}/",
        "GET rolls/",
        "GET rolls/{number}/",
        "GET rolls/{number}/lines/",
    }


def test_the_schema_speaks_the_callers_language():
    english = [call["summary"] for methods in document("en")["paths"].values() for call in methods.values()]
    chinese = [call["summary"] for methods in document("zh-hans")["paths"].values() for call in methods.values()]
    assert [text for text in english if not text.isascii()] == []
    assert [text for text in chinese if text.isascii()] == []


def test_the_page_tells_every_call_and_every_kind_of_problem(db):
    client = Client()
    client.cookies["language"] = "en"
    page = client.get(reverse("api_docs")).content.decode()
    for methods in document("en")["paths"].values():
        for call in methods.values():
            assert f'id="{call["operationId"]}"' in page
    for kind in ("invalid", "refused", "throttled", "second-factor", "key-missing", "key-taken"):
        assert f'<div id="{kind}">' in page


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_asks_nobody_else_and_fits_a_phone(open_page, language):
    make.load_policies()
    page = open_page(width=320, language=language)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/docs/")
    page.locator("details#application_submit summary").click()
    page.locator("details#application").evaluate("it => it.open = true")
    origin = page.evaluate("location.origin")
    assert [url for url in asked if not url.startswith(origin)] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.locator("details#application_submit").get_by_text("Idempotency-Key").first.is_visible()
    # A violation of the content security policy fails the test by the fixture.
