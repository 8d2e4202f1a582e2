"""Numbers of cards: none twice, none missing without a reason."""

import pytest
from django.db import IntegrityError, transaction

from applicants.cards.models import NumberCounter, SpoiledNumber
from applicants.cards.services.numbering import card_number, is_card_number, spoil_next, take_serial
from portal.audit.models import Entry
from tests.browsing import signed_in
from tests.factories import AT, staff


def test_a_number_is_prefix_area_serial_and_check_digit():
    assert card_number("82", 1) == "823505810000011"
    assert card_number("81", 427) == "813505810004270"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("823505810000011", True),
        ("823505810000012", False),  # another check digit
        ("823505810000101", False),  # two digits changed places
        ("993505810000010", False),  # a prefix nobody gave
        ("８２３５０５８１００００００１１", False),  # full width: the field narrows it before
        ("", False),
    ],
)
def test_a_mistyped_number_is_known_as_one(text, is_one):
    assert is_card_number(text) is is_one


@pytest.mark.django_db
def test_serials_are_counted_by_prefix():
    with transaction.atomic():
        assert [take_serial("81"), take_serial("81"), take_serial("82")] == [1, 2, 1]
    assert dict(NumberCounter.objects.values_list("prefix", "next_serial")) == {"81": 3, "82": 2}


@pytest.mark.django_db
def test_what_is_not_issued_gives_its_number_back():
    with pytest.raises(IntegrityError), transaction.atomic():
        take_serial("81")
        SpoiledNumber.objects.create(prefix="81", serial=1, reason="", at=AT)
        SpoiledNumber.objects.create(prefix="81", serial=1, reason="", at=AT)
    with transaction.atomic():
        assert take_serial("81") == 1


@pytest.mark.django_db
def test_a_spoiled_number_says_why_and_who():
    with transaction.atomic():
        take_serial("83")
    spoiled = spoil_next(prefix="83", reason=" 打印时卡纸 ", by=staff("clerk"), at=AT)
    assert (spoiled.serial, spoiled.reason, spoiled.by) == (2, "打印时卡纸", staff("clerk"))
    assert Entry.objects.filter(action="card_number.spoil", target_id=str(spoiled.pk)).count() == 1


@pytest.mark.django_db
@pytest.mark.slow
def test_a_clerk_leaves_out_the_next_number_with_a_reason_and_every_desk_reads_the_list():
    page, clerk = "/desk/cards/batches/", signed_in("clerk")
    sent = {"act": "spoil_number", "kind": "gold", "reason": "和作废的旧卡重号"}
    for missing in ({"reason": " "}, {"kind": "x"}):
        assert clerk.post(page, sent | missing).status_code == 422
    assert signed_in("approver").post(page, sent).status_code == 404
    assert not SpoiledNumber.objects.exists()
    assert clerk.post(page, sent).status_code == 302
    spoiled = SpoiledNumber.objects.get()
    assert (spoiled.prefix, spoiled.serial, spoiled.by) == ("81", 1, staff("clerk"))
    with transaction.atomic():
        assert take_serial("81") == 2
    for role in ("clerk", "approver", "auditor"):
        read = signed_in(role).get(page).content.decode()
        assert ("8135 0581 0000 013" in read, "和作废的旧卡重号" in read) == (True, True)


@pytest.mark.postgres
def test_fifty_at_once_take_fifty_numbers_and_none_is_missing_without_a_reason(race):
    """Every tenth spoils a number, every tenth fails after it has taken one; nobody begins with a counter."""
    clerk = staff("clerk")

    def act(number: int) -> int:
        if number % 10 == 3:
            return spoil_next(prefix="81", reason="打印时卡纸", by=clerk, at=AT).serial
        with transaction.atomic():
            serial = take_serial("81")
            if number % 10 == 7:
                raise ValueError("the card was not issued after all")
            return serial

    outcomes = race(50, act)
    given = sorted(outcome for outcome in outcomes if isinstance(outcome, int))
    failed = [outcome for outcome in outcomes if not isinstance(outcome, int)]
    assert given == list(range(1, 46))
    assert [type(outcome) for outcome in failed] == [ValueError] * 5
    assert SpoiledNumber.objects.filter(prefix="81", serial__in=given).count() == 5
    assert NumberCounter.objects.get(prefix="81").next_serial == 46
