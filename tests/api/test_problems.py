"""Every error of the API is a problem (RFC 9457) in the caller's language, whoever finds it."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import RoleGrant
from tests import factories as make
from tests.api.calling import Caller, problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _policies(db):
    make.load_policies()
    make.move_clock()


def test_the_language_is_the_cookies_then_the_headers_then_the_accounts():
    user = make.make_user(language="en")
    client, address = Client(), reverse("api_submit", args=["6f1c2f3e-0000-4000-8000-000000000000"])
    client.force_login(user)

    def language(**headers):
        return client.post(address, headers=headers)["Content-Language"]

    assert language() == "en"
    assert language(accept_language="*") == "en"
    assert language(accept_language="zh-CN,zh;q=0.9") == "zh-hans"
    assert language(accept_language="tlh") == "zh-hans"
    client.cookies["language"] = "en"
    assert language(accept_language="zh-CN") == "en"
    assert client.post(address)["Vary"] == "Cookie, Accept-Language"
    page = Client().get("/", headers={"Accept-Language": "en"})
    assert page["Content-Language"] == "zh-hans"  # pages stay Chinese first


@pytest.mark.parametrize(
    ("method", "address", "options", "status"),
    [
        ("get", "/api/v1/nothing/", {}, 404),
        ("get", "/api/v1/programmes", {}, 404),
        ("post", "/api/nothing", {}, 404),
        ("get", "/api/v1/policies/NONE/", {}, 404),
        ("post", "/api/v1/programmes/", {}, 405),
        ("options", "/api/v1/programmes/", {}, 405),
        ("get", "/api/v1/programmes/", {"headers": {"Accept": "text/html"}}, 406),
        ("post", "/api/v1/eligibility/", {"data": "x", "content_type": "text/plain"}, 415),
        ("post", "/api/v1/eligibility/", {"data": "{", "content_type": "application/json"}, 400),
        ("post", "/api/v1/eligibility/", {"data": b"\xff", "content_type": "application/json"}, 400),
        ("post", "/api/v1/eligibility/", {"data": "[]", "content_type": "application/json"}, 422),
        ("post", "/api/v1/eligibility/", {"data": "NaN", "content_type": "application/json"}, 400),
        ("post", "/api/v1/eligibility/", {"data": "[" * 100_000, "content_type": "application/json"}, 400),
        ("post", "/api/v1/eligibility/", {"data": "x" * 2_100_000, "content_type": "application/json"}, 413),
        ("get", "/api/v1/policies/?a=%00", {}, 400),
        ("get", "/api/v1/papers/", {}, 401),
        ("get", "/api/v1/papers/not-a-uuid/content/", {}, 404),
    ],
)
def test_errors_are_problems_in_both_languages(method, address, options, status):
    for language, is_english in (("en", True), ("zh-hans", False)):
        client = Client()
        client.cookies["language"] = language
        answer = getattr(client, method)(address, **options)
        found = problem_of(answer)
        assert found[0] == status
        assert answer["Content-Language"] == language
        assert found[2].isascii() is is_english, found
        assert answer.json()["title"].isascii() is is_english


def test_a_405_says_what_is_allowed():
    assert Caller().send("delete", "api_programmes")["Allow"] == "GET, HEAD"


def test_a_failure_of_ours_is_a_problem_without_a_word_of_the_cause(monkeypatch):
    client = Client(raise_request_exception=False)
    monkeypatch.setattr("portal.casework.api.public.views.policies_in_force", lambda on: 1 / 0)
    answer = client.get("/api/v1/policies/")
    assert problem_of(answer)[:2] == (500, "about:blank")
    assert "division" not in answer.content.decode()


def test_writing_needs_the_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make.make_user())
    body = {"data": {"programme": "x"}, "content_type": "application/json"}
    assert problem_of(client.post("/api/v1/applications/", **body))[0] == 403
    client.cookies["csrftoken"] = "a" * 32
    answer = client.post("/api/v1/applications/", **body, headers={"X-CSRFToken": "a" * 32})
    assert answer.status_code == 422


def test_the_bureau_needs_its_second_factor_here_too():
    user = make.make_user()
    RoleGrant.objects.create(user=user, role="auditor")
    caller = Caller(user)
    for name in ("api_queue", "api_rolls", "api_profile", "api_programmes", "api_schema"):
        assert problem_of(caller.get(name))[:2] == (403, "/api/docs/#second-factor")
    assert caller.get("api_docs").status_code == 302  # a page, led to the set-up like any other
