"""Many tills and one code: one outlet is told that it is good, whatever the order."""

from collections import Counter

import pytest

from applicants.cards.models import CardCheck, SigningKey
from applicants.cards.services.checking import check_card
from applicants.cards.services.codes import read_code
from applicants.cards.services.keys import signing_key
from tests.cards.checking_making import NOON, card_at_noon, code_at, make_verifier

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_a_hundred_threads_show_one_code_at_two_outlets(race):
    card, verifiers = card_at_noon(), [make_verifier(), make_verifier(name="小陈")]
    places = [verifier.places.get() for verifier in verifiers]
    code = read_code(code_at(card).token, at=NOON)

    def act(number: int) -> CardCheck:
        return check_card(code, place=places[number % 2], member=verifiers[number % 2], at=NOON)

    checks = race(100, act)
    told = Counter((check.place_id, check.result) for check in checks)
    (winner,) = CardCheck.objects.filter(result="valid")
    loser = next(place for place in places if place.pk != winner.place_id)
    assert told == {(winner.place_id, "valid"): 50, (loser.pk, "used"): 50}
    assert {check.pk for check in checks if check.result == "valid"} == {winner.pk}
    assert CardCheck.objects.filter(result="used").count() == 50


def test_the_first_key_is_made_once(race):
    keys = race(12, lambda _number: signing_key(at=NOON))
    assert {key.pk for key in keys} == {SigningKey.objects.get().pk}
