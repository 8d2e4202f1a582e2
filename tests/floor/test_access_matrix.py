"""Who may open what: every address of the portal against every kind of visitor, by hand.

A new page fails here until it stands in the table. "Not yours" looks like "not there" (404); a visitor without an
account is sent to sign in (302); the auditor reads all and changes nothing; finance sees money, not files.
"""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from portal.accounts.models import User
from tests.floor.access_city import a_city
from tests.floor.access_table import ROWS, VISITORS

# Libraries guard their own pages; these stand for the rest.
OF_LIBRARIES = {"account_login", "account_email", "mfa_index", "admin:index"}


def names_in(resolver: URLResolver) -> Iterator[str]:
    """Every name below ``resolver`` but those of allauth and the admin; a page without a name as its pattern."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from () if entry.namespace == "admin" else names_in(entry)
        elif not entry.callback.__module__.startswith("allauth."):
            yield entry.name or str(entry.pattern)


def test_every_address_of_the_portal_stands_in_the_table() -> None:
    assert set(names_in(get_resolver())) == {name.partition("/")[0] for _method, name, *_codes in ROWS} - OF_LIBRARIES


def test_every_row_has_an_answer_for_every_visitor() -> None:
    assert {len(codes) for _method, _name, *codes in ROWS} == {len(VISITORS)}


@pytest.mark.django_db
@pytest.mark.slow
def test_every_address_answers_every_visitor_as_the_table_says() -> None:
    users, places, bodies = a_city()
    clients = {name: signed_in(users[name]) for name in VISITORS}
    found, expected = {}, {}
    for method, name, *codes in ROWS:
        address = reverse(name.partition("/")[0], args=places.get(name, ()))
        for visitor, code in zip(VISITORS, codes, strict=True):
            expected[method, name, visitor] = int(code)
            with transaction.atomic():  # what one visitor does is undone before the next one comes
                response = clients[visitor].generic(method, address) if method == "GET" else None
                as_json = {"content_type": "application/json"} if name.startswith("api_") else {}
                response = response or clients[visitor].post(address, bodies.get(name, {}), **as_json)
                found[method, name, visitor] = response.status_code
                transaction.set_rollback(True)
    differing = {key: (found[key], "not", code) for key, code in expected.items() if found[key] != code}
    assert differing == {}


def signed_in(user: User | None) -> Client:
    """A browser of ``user``."""
    client = Client()
    if user:
        client.force_login(user)
    return client
