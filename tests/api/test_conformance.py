"""Schemathesis against the whole description, as nobody, as an applicant and as a reviewer.

No answer may be a 5xx, or have a status, a content type or a body that the description does not name. The examples are
the same in every run.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.accounts.models import User
from portal.api.schema import document
from subsidies.models import Payable
from tests import factories as make
from tests.apartments.making import make_lease
from tests.cards.making import make_card_draft
from tests.lodging.making import make_lodging_draft
from tests.subsidies.paying import collected

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
TOKEN = "a" * 32
PUBLIC = {"programmes", "policies", "policy", "lodging_sites", "apartment_rounds"}
OWN = {"profile", "papers", "applications"}
# What each of them gets something from; that a file or a paper is there is seen to by ``places``.
REACHED = {
    "nobody": PUBLIC,
    "applicant": PUBLIC | OWN | {"application", "answers", "application_papers", "paper_content"},
    "reviewer": PUBLIC | OWN | {"queue", "file"},
    "finance": PUBLIC | OWN | {"rolls", "roll", "roll_lines"},
}
# Calls about the detail of one programme, by its applicant; and those of them that answer with something.
DETAILS = {
    "cards": (make_card_draft, ("recognitions", "portrait"), {"recognitions"}),
    "lodging": (make_lodging_draft, ("lodging",), {"lodging_booking"}),
    "apartments": (lambda: make_lease().application, ("apartment",), {"apartment_entry", "apartment_leases"}),
}


@pytest.fixture(autouse=True)
def _the_tests_own_connection() -> Iterator[None]:
    """A server's calls end with their connection; these share the test's, and are undone with it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def city(db: None) -> dict[str, Any]:
    """A file in every place that an address may name: a draft of one's own, a file at review, a paper."""
    make.load_policies()
    make.move_clock()
    draft = make.make_draft()
    row = make.make_application_in("first_review")
    roll = collected(Payable.objects.get(application=make.make_application_in("approved")))
    return {"draft": draft, "file": row, "paper": draft.shelf.order_by("added_at", "id").first(), "roll": roll}


@pytest.mark.parametrize("visitor", ["nobody", "applicant", "reviewer", "finance"])
def test_every_answer_is_one_that_the_description_names(city: dict[str, Any], visitor: str) -> None:
    users = {"nobody": None, "applicant": city["draft"].applicant.user, "reviewer": make.staff("first_reviewer"),
             "finance": make.staff("finance")}  # fmt: skip
    cookies = signed_in(users[visitor])
    seen: set[tuple[str, int]] = set()
    for operation in operations():
        for known in places(operation.path, city):
            seen |= call_often(operation, known, cookies)
    assert {name for name, status in seen if status == 200} >= REACHED[visitor]
    assert len({name for name, _status in seen}) == 41


@pytest.mark.parametrize("programme", DETAILS)
def test_what_a_programme_adds_answers_as_described(db: None, programme: str) -> None:
    make_own, parts, reached = DETAILS[programme]
    draft = make_own()
    make.move_clock(draft.created_at)
    cookies = signed_in(draft.applicant.user)
    seen: set[tuple[str, int]] = set()
    for operation in operations():
        if operation.path.partition("{id}/")[2].startswith(parts):
            seen |= call_often(operation, {"id": str(draft.pk)}, cookies)
    assert {name for name, status in seen if status == 200} >= reached


def operations() -> list[Any]:
    """Every call of the description; what deletes comes last, for what is deleted cannot be read any more."""
    schema = schemathesis.openapi.from_dict(document("en"))
    schema.app = WSGIHandler()
    order = ("get", "patch", "post", "delete")
    return sorted((it.ok() for it in schema.get_all_operations()), key=lambda it: order.index(it.method))


def call_often(operation: Any, known: dict[str, str], cookies: dict[str, str]) -> set[tuple[str, int]]:
    """Call with a few bodies and queries; the place is ``known``. Gives which call had which status."""
    seen: set[tuple[str, int]] = set()

    @settings(
        max_examples=6, derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def call(case: Any) -> None:
        cache.clear()
        case.path_parameters = {**(case.path_parameters or {}), **known}
        answer = case.call_and_validate(
            cookies=cookies,
            headers={"X-CSRFToken": TOKEN, "Host": "localhost"},
            checks=CHECKS,
            base_url="http://localhost",
        )
        seen.add((operation.definition.raw["operationId"], answer.status_code))

    given(case=operation.as_strategy())(call)()
    return seen


def places(path: str, city: dict[str, Any]) -> Iterator[dict[str, str]]:
    """What stands in the address: nothing that anybody knows, and then something that is there."""
    yield {}
    if "{code}" in path:
        yield {"code": "LS-2022"}
    elif "papers/{id}" in path:
        yield {"id": str(city["paper"].paper_id)}
    elif "{shelved}" in path:
        yield {"id": str(city["draft"].pk), "shelved": str(city["paper"].pk)}
    elif "{number}" in path:
        yield {"number": city["roll"].number}
    elif "{id}" in path:
        yield {"id": str(city["file" if "desk" in path else "draft"].pk)}


def signed_in(user: User | None) -> dict[str, str]:
    """Session and CSRF cookies of ``user``."""
    client = Client()
    if user:
        client.force_login(user)
    found = {name: morsel.value for name, morsel in client.cookies.items()}
    return found | {django_settings.CSRF_COOKIE_NAME: TOKEN}
