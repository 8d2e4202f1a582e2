"""What programs may ask."""

import pytest
from django.urls import reverse

from tests import factories as make

pytestmark = pytest.mark.django_db


def test_the_programmes_and_the_policies_in_force_today(client):
    make.load_policies()
    make.move_clock()  # October 2023: the scheme of 2024 has not begun
    client.cookies["language"] = "en"
    answer = client.get(reverse("api_programmes"))
    found = {item["code"]: [policy["code"] for policy in item["policies"]] for item in answer.json()}
    assert found == {"living-subsidy": ["LS-2022"], "talent-card": [], "lodging": [], "apartment": []}
    policy = answer.json()[0]["policies"][0]
    assert [clause["code"] for clause in policy["clauses"]] == [f"LS-{number}" for number in range(1, 9)]
    assert [amount["amount_fen"] for amount in policy["amounts"]] == [1_000_000]
    assert policy["effective_from"] == "2022-06-30"


def test_writing_is_not_offered(client):
    assert client.post(reverse("api_programmes")).status_code == 405
