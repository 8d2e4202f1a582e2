"""How often one account may call; what anybody may read is not counted."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from portal.api.throttling import SignedIn
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_a_minute(monkeypatch):
    cache.clear()
    monkeypatch.setitem(SignedIn.THROTTLE_RATES, "signed_in", "3/min")


def test_the_fourth_call_of_one_account_waits_and_another_account_does_not(client):
    client.force_login(make.make_user())
    answers = [client.get(reverse("api_profile")) for _turn in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    problem = answers[-1]
    assert problem["Content-Type"] == "application/problem+json"
    assert (problem.json()["type"], problem.json()["status"]) == ("/api/docs/#throttled", 429)
    assert 0 < int(problem["Retry-After"]) <= 60
    client.force_login(make.make_user())
    assert client.get(reverse("api_profile")).status_code == 200


def test_whoever_is_not_signed_in_reads_the_public_part_without_being_counted(client):
    assert [client.get(reverse("api_programmes")).status_code for _turn in range(5)] == [200] * 5
