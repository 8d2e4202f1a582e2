"""The end of a card, the window in which it is renewed, and the letters about both."""

from datetime import date

import pytest

from applicants.cards.models import Card
from applicants.cards.services.changing import change_card
from applicants.cards.services.issuing import term
from applicants.cards.services.life import expire_cards, remind_of_renewal
from portal.casework.models import Assessment
from portal.casework.services.holding import held_by
from portal.notifications.models import Letter
from tests.cards.benefits_making import a_card, on
from tests.cards.making import make_card_application_in, make_card_draft
from tests.factories import AT, staff

pytestmark = pytest.mark.django_db


def letters(kind: str) -> int:
    return Letter.objects.filter(kind=f"card_{kind}").count()


def renewable_now(card: Card) -> None:
    """As if the card had been issued long before: it may be renewed from 1 to 20 October 2023."""
    window = {"renewal_opens_on": date(2023, 10, 1), "renewal_closes_on": date(2023, 10, 20)}
    Card.objects.filter(pk=card.pk).update(valid_to=date(2023, 11, 19), **window)


@pytest.mark.parametrize(
    ("first", "last", "opens", "closes"),
    [
        ("2023-10-16", "2026-10-15", "2026-08-16", "2026-09-15"),
        ("2021-03-31", "2024-03-30", "2024-01-30", "2024-02-29"),  # over a leap day
        ("2023-10-16", "2023-12-01", "2023-10-16", "2023-11-01"),  # shorter than the window is early
        ("2023-10-16", "2023-11-15", "2023-10-16", "2023-10-16"),
        ("2023-10-16", "2023-11-14", None, None),  # too short to be renewed at all
    ],
)
def test_the_window_lies_60_to_30_days_before_the_end(first, last, opens, closes):
    days = term(make_card_draft(), date.fromisoformat(first), date.fromisoformat(last))
    assert [str(days[name]) for name in ("renewal_opens_on", "renewal_closes_on")] == [str(opens), str(closes)]


def test_a_card_ends_when_its_last_day_is_over_and_its_holder_is_told_once():
    card = a_card()
    assert [expire_cards(at=on(at)) for at in ("2026-10-15 23:59", "2026-10-16 00:00", "2026-10-17")] == [0, 1, 0]
    card.refresh_from_db()
    assert (card.state, card.ended_as, letters("expired")) == ("ended", "expired", 1)


@pytest.mark.slow
def test_a_suspended_card_ends_as_well():
    card = a_card()
    change_card(card.pk, "suspend", by=staff("approver"), at=AT, reason="核实中。")
    assert (expire_cards(at=on("2026-10-16")), letters("expired")) == (1, 1)


def test_the_holder_is_told_when_the_window_opens_and_on_its_last_day():
    a_card()
    told = []
    for day in ("2026-08-15", "2026-08-16", "2026-08-16", "2026-09-14", "2026-09-15", "2026-09-15", "2026-09-16"):
        remind_of_renewal(at=on(day))
        told.append((letters("renewal_opens"), letters("renewal_closes")))
    assert told == [(0, 0), (1, 0), (1, 0), (1, 0), (1, 1), (1, 1), (1, 1)]


@pytest.mark.slow
def test_who_has_applied_again_or_may_not_use_the_card_is_not_reminded():
    card, suspended = a_card(), a_card()
    renewable_now(card), renewable_now(suspended)
    make_card_draft(card.person)
    change_card(suspended.pk, "suspend", by=staff("approver"), at=AT, reason="核实中。")
    remind_of_renewal(at=AT)
    assert letters("renewal_opens") == 0


@pytest.mark.slow
def test_in_its_window_a_card_is_applied_for_again_and_the_new_one_follows():
    card = a_card()
    user = card.person.user
    assert held_by(user, AT.date())["talent-card"].granted == card.application
    renewable_now(card)
    assert held_by(user, AT.date()) == {}
    again = make_card_application_in("approved", card.person)
    new = Card.objects.get(application=again)
    card.refresh_from_db()
    assert (new.follows, card.state, card.ended_as, new.valid_to) == (card, "ended", "renewed", date(2026, 10, 15))
    assert held_by(user, AT.date())["talent-card"].granted == again


@pytest.mark.slow
@pytest.mark.parametrize(
    ("opens", "closes", "answer"), [(1, 16, "met"), (16, 20, "met"), (17, 20, "unmet"), (1, 15, "unmet")]
)
def test_the_date_of_the_application_decides_whether_the_card_stands_against_it(opens, closes, answer):
    card = a_card()
    window = {"renewal_opens_on": date(2023, 10, opens), "renewal_closes_on": date(2023, 10, closes)}
    Card.objects.filter(pk=card.pk).update(**window)
    again = make_card_application_in("accept", card.person)  # applied for on 16 October 2023
    findings = Assessment.objects.get(submission__application=again).result["findings"]
    assert {it["clause"]: it["answer"] for it in findings}["TC-5"] == answer
