"""What somebody who is signed in was shown stays in no cache, and nobody else pays for that."""

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import load_policies, make_user, staff

PAGES = ("home", "programmes", "letters", "applications", "account_email", "mfa_index", "account_change_password")


@pytest.mark.django_db
@pytest.mark.slow
def test_no_page_of_somebody_who_is_signed_in_is_kept():
    load_policies()
    people = {Client(): [*PAGES], Client(): ["desk", "entries", "desk_notices", "rolls"]}
    for client, user in zip(people, (make_user(), staff("auditor")), strict=True):
        client.force_login(user)
    kept = [
        (name, response.headers.get("Cache-Control"))
        for client, names in people.items()
        for name in names
        if "no-store" not in (response := client.get(reverse(name))).headers.get("Cache-Control", "")
        or response.status_code != 200
    ]
    assert kept == []
    missing = next(iter(people)).get("/nowhere/")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store, private")


@pytest.mark.django_db
def test_what_a_page_says_of_caches_itself_stands():
    client = Client()
    client.force_login(make_user())
    assert client.get(reverse("notices")).headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_a_visitor_may_keep_what_everybody_reads_and_no_session_is_looked_for():
    client = Client()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(reverse("help"))
    assert "Cache-Control" not in response.headers
    assert [query["sql"] for query in queries if Session._meta.db_table in query["sql"]] == []
