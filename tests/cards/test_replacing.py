"""A lost card is dead at once, and another one takes its place."""

from datetime import timedelta

import pytest

from applicants.cards.models import Card
from applicants.cards.services.changing import ChangeRefused, change_card
from applicants.cards.services.numbering import is_card_number
from applicants.cards.services.replacing import last_card, replace_lost
from portal.notifications.models import Letter
from tests.cards.making import make_card_application_in
from tests.factories import AT, make_person, staff


def the_card() -> Card:
    return Card.objects.get(application=make_card_application_in("approved"))


def lost_card() -> Card:
    card = the_card()
    return change_card(card.pk, "lose", by=card.person.user, at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["holder", "clerk"])
def test_another_card_has_another_number_and_the_same_last_day(who):
    lost = lost_card()
    by = lost.person.user if who == "holder" else staff("clerk")
    new = replace_lost(lost.pk, by=by, at=AT + timedelta(days=30))
    assert (new.state, new.kind, new.tier, new.portrait, new.follows) == (
        "active", lost.kind, lost.tier, lost.portrait, lost,
    )  # fmt: skip
    assert new.number != lost.number and is_card_number(new.number)
    assert (new.valid_from.isoformat(), new.valid_to) == ("2023-11-15", lost.valid_to)
    assert last_card(lost.person.user) == new
    assert Letter.objects.filter(kind="card_issued", recipient=lost.person.user).count() == 2


@pytest.mark.django_db
def test_a_card_is_replaced_once_and_only_a_lost_one():
    card = the_card()
    sentence = "这张卡不能补办：没有挂失，已经到期，或者已经有新卡。"
    with pytest.raises(ChangeRefused, match=sentence):
        replace_lost(card.pk, by=card.person.user, at=AT)
    change_card(card.pk, "lose", by=card.person.user, at=AT)
    with pytest.raises(ChangeRefused, match=sentence):
        replace_lost(card.pk, by=card.person.user, at=AT + timedelta(days=365 * 4))
    replace_lost(card.pk, by=card.person.user, at=AT)
    with pytest.raises(ChangeRefused, match=sentence):
        replace_lost(card.pk, by=card.person.user, at=AT)


@pytest.mark.django_db
@pytest.mark.slow
def test_nobody_else_replaces_a_card():
    lost = lost_card()
    for by in (make_person().user, staff("first_reviewer")):
        with pytest.raises(ChangeRefused, match="您没有办理这一步的权限。"):
            replace_lost(lost.pk, by=by, at=AT)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_gets_the_new_card(race):
    lost = lost_card()
    user = lost.person.user
    outcomes = race(8, lambda _number: replace_lost(lost.pk, by=user, at=AT))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Card"] + ["ChangeRefused"] * 7
    assert Card.objects.filter(person=lost.person).count() == 2
