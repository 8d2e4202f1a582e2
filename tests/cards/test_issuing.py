"""From the application to the card: what an approval makes."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from applicants.cards.models import Card, CardEvent, CardState, SpoiledNumber
from applicants.cards.services.changing import ChangeRefused, change_card
from applicants.cards.services.issuing import make_card
from applicants.cards.services.numbering import is_card_number
from portal.casework.completeness import missing_parts
from portal.casework.models import Assessment
from portal.notifications.models import Letter
from tests.cards.making import make_card_application_in, make_card_draft, start_card
from tests.factories import AT, make_person, staff

pytestmark = pytest.mark.django_db


def the_card(**details) -> Card:
    return Card.objects.get(application=make_card_application_in("approved", **details))


@pytest.mark.slow
def test_a_graduate_gets_the_card_of_the_degree():
    card = the_card()
    assert (card.kind, card.tier, card.state, card.number) == ("green", "BSC", "active", "833505810000019")
    assert is_card_number(card.number)
    assert (card.valid_from, card.valid_to) == (date(2023, 10, 16), date(2026, 10, 15))
    assert [event.kind for event in card.events.all()] == ["issue"]


@pytest.mark.slow
def test_of_several_recognitions_the_highest_decides():
    card = the_card(tiers=["PR", "L2", "L4"])
    assert (card.kind, card.tier, card.valid_to) == ("gold", "L2", date(2028, 10, 15))


@pytest.mark.slow
def test_the_card_ends_with_the_contract():
    assert the_card(contract_ends_on=date(2024, 6, 30)).valid_to == date(2024, 6, 30)


@pytest.mark.slow
def test_the_holder_is_told_once():
    card = the_card()
    letters = Letter.objects.filter(recipient=card.person.user, kind="card_issued")
    assert [letter.key for letter in letters] == [f"card:{card.pk}:1:card_issued"]


@pytest.mark.slow
def test_a_name_that_cannot_be_printed_is_held_for_a_reviewer():
    card = the_card(person=make_person(identity={"legal_name": "林\ue123"}))
    assert (card.state, Letter.objects.filter(kind="card_issued").count()) == ("held", 0)
    change_card(card.pk, "release", by=staff("first_reviewer"), at=AT, reason="本人同意用拼音代替。")
    card.refresh_from_db()
    assert (card.state, Letter.objects.filter(kind="card_issued").count()) == ("active", 1)


def test_a_draft_names_what_is_missing():
    draft = start_card(make_person())
    assert missing_parts(draft) == ["recognitions", "contract", "portrait", "papers", "declaration"]
    assert missing_parts(make_card_draft()) == []


@pytest.mark.slow
def test_a_recognition_asks_for_its_document():
    kinds = {tiers: set(make_card_draft(tiers=tiers).shelf.values_list("kind", flat=True)) for tiers in ((), ("L3",))}
    assert kinds[("L3",)] - kinds[()] == {"recognition"}


@pytest.mark.slow
def test_whoever_holds_a_card_does_not_meet_the_clause_of_holding_none():
    card = the_card()
    again = make_card_application_in("accept", person=card.person)
    findings = {
        it["clause"]: it["answer"] for it in Assessment.objects.get(submission__application=again).result["findings"]
    }
    assert findings["TC-5"] == "unmet"


@pytest.mark.slow
def test_the_database_itself_keeps_one_live_card_per_person():
    card = the_card()
    other = {field.name: getattr(card, field.name) for field in Card._meta.concrete_fields if field.name != "id"}
    other |= {"opaque_id": "another", "number": "another", "serial": 99}
    broken = r"one_live_card_per_(person|identity_number)|person_id|number_hash"
    with pytest.raises(IntegrityError, match=broken), transaction.atomic():
        Card.objects.create(**other)
    Card.objects.create(**(other | {"state": CardState.ENDED, "ended_as": "lost"}))


def test_another_card_follows_and_the_first_is_dead_at_once():
    first = the_card()
    with transaction.atomic():
        second = make_card(
            first.application, kind="silver", tier="L4", portrait=first.portrait, by=staff("approver"), at=AT
        )
    first.refresh_from_db()
    assert (first.state, first.ended_as, second.follows) == ("ended", "renewed", first)
    assert (second.kind, second.number[:2], Card.objects.filter(state="active").count()) == ("silver", "82", 1)
    assert SpoiledNumber.objects.count() == 0


# ── the table of a card's life, by hand ────────────────────────────────────────────────────────────────────────────

GRID = [
    # step        who                  held    active     suspended  ended
    ("release", "clerk",               "active", None,      None,      None),
    ("release", "approver",            None,     None,      None,      None),
    ("suspend", "first_reviewer",      None,     "suspended", None,    None),
    ("suspend", "clerk",               None,     None,      None,      None),
    ("suspend", "holder",              None,     None,      None,      None),
    ("resume",  "approver",            None,     None,      "active",  None),
    ("revoke",  "approver",            "ended",  "ended",   "ended",   None),
    ("revoke",  "first_reviewer",      None,     None,      None,      None),
    ("lose",    "holder",              "ended",  "ended",   "ended",   None),
    ("lose",    "clerk",               "ended",  "ended",   "ended",   None),
    ("lose",    "finance",             None,     None,      None,      None),
    ("return",  "holder",              "ended",  "ended",   "ended",   None),
    ("expire",  "system",              "ended",  "ended",   "ended",   None),
    ("expire",  "administrator",       None,     None,      None,      None),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "who", "held", "active", "suspended", "ended"), GRID)
def test_who_may_change_a_card_and_to_what(name, who, held, active, suspended, ended):
    card = the_card()
    actor = {"holder": card.person.user, "system": None}.get(who) if who in ("holder", "system") else staff(who)
    for source, target in (("held", held), ("active", active), ("suspended", suspended), ("ended", ended)):
        ended_as = "lost" if source == "ended" else ""
        Card.objects.filter(pk=card.pk).update(state=source, ended_as=ended_as)
        if target is None:
            with pytest.raises(ChangeRefused):
                change_card(card.pk, name, by=actor, at=AT, reason="理由")
        else:
            assert change_card(card.pk, name, by=actor, at=AT, reason="理由").state == target


@pytest.mark.slow
def test_what_goes_against_a_person_needs_a_reason_and_is_signed_by_another():
    card = the_card()
    with pytest.raises(ChangeRefused, match="请写明理由。"):
        change_card(card.pk, "revoke", by=staff("approver"), at=AT, reason=" ")
    change_card(card.pk, "revoke", by=staff("approver"), at=AT, reason="出借优才卡。")
    event = CardEvent.objects.get(card=card, kind="revoke")
    assert (event.actor, event.reason, event.from_state, event.to_state) == (
        staff("approver"), "出借优才卡。", "active", "ended",
    )  # fmt: skip


def test_a_card_changed_meanwhile_is_not_changed_unseen():
    card = the_card()
    change_card(card.pk, "suspend", by=staff("approver"), at=AT, expected_version=1, reason="核实中。")
    with pytest.raises(ChangeRefused, match="刚刚被别人办理过"):
        change_card(card.pk, "revoke", by=staff("approver"), at=AT, expected_version=1, reason="核实中。")
