"""Calling the API in tests, as a signed-in person."""

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User


class Caller:
    """A program that calls with the session of ``user``."""

    def __init__(self, user: User | None = None, language: str = "en") -> None:
        self.client = Client()
        self.headers = {"Accept-Language": language}
        if user:
            self.client.force_login(user)

    def get(self, name: str, *place: Any, **query: str) -> HttpResponse:
        """GET the address of that name."""
        return self.client.get(reverse(name, args=place), query, headers=self.headers)

    def send(self, method: str, name: str, *place: Any, body: Any = None, **headers: str) -> HttpResponse:
        """Send JSON."""
        said = self.headers | {key.replace("_", "-"): value for key, value in headers.items()}
        call = getattr(self.client, method)
        return call(reverse(name, args=place), body, content_type="application/json", headers=said)


def problem_of(answer: HttpResponse) -> tuple[int, str, str]:
    """Status, type and detail of a problem; fails for anything else."""
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return body["status"], body["type"], body["detail"]


def errors_of(answer: HttpResponse) -> dict[str, str]:
    """The sentences of a problem by field."""
    assert answer.status_code == 422, answer.content
    return {error["field"]: error["detail"] for error in answer.json()["errors"]}
