"""Two card verifiers at one counter: each check is logged with who made it, and a code gives a benefit once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from applicants.cards.models import BenefitUse, CardCheck
from applicants.cards.services.checking import check_card
from applicants.cards.services.codes import read_code
from portal.partners.choices import MemberRole
from tests.cards.benefits_making import a_merchant, make_benefit, make_check
from tests.cards.checking_making import NOON, card_at_noon, code_at, phone, till_of
from tests.partners.making import make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
JSON = {"accept": "application/json"}


def two_verifiers():
    manager, first = a_merchant()
    second = make_operator(manager, *first.places.all(), name="小陈", role=MemberRole.CARD_VERIFIER)
    return first, second


def test_a_colleague_at_the_outlet_gets_the_same_answer_and_a_row_of_their_own():
    card, (first, second) = card_at_noon(), two_verifiers()
    here, beside = till_of(first), till_of(second)
    address = reverse("verify_code", args=[code_at(card).token])
    told = [till.get(address, headers=JSON).json() for till in (here, beside, beside, here)]
    assert [said["result"] for said in told] == ["valid"] * 4
    assert (told[0], told[1]) == (told[3], told[2])
    mine, theirs = CardCheck.objects.get(member=first), CardCheck.objects.get(member=second)
    assert (told[0]["check"], told[1]["check"], theirs.repeats) == (str(mine.pk), str(theirs.pk), mine)
    for till, check in ((here, mine), (beside, theirs)):
        page = f"/verify/checks/{check.pk}/"
        assert [till.get(page + part).status_code for part in ("", "photo/")] == [200, 200]
    assert here.get(f"/verify/checks/{theirs.pk}/").status_code == 404
    page = phone(card).get("/card/checks/").content.decode()
    assert (page.count("小林"), page.count("小陈")) == (1, 1)


def test_what_is_given_on_a_code_is_given_once_by_whoever_of_the_outlet():
    card, (first, second) = card_at_noon(), two_verifiers()
    benefit = make_benefit(first)
    here, beside = till_of(first), till_of(second)
    address = reverse("verify_code", args=[code_at(card).token])
    mine, theirs = (till.get(address, headers=JSON).json()["check"] for till in (here, beside))
    given = [
        till.post(reverse("benefit_use", args=[check, benefit.pk])).status_code
        for till, check in ((beside, theirs), (here, mine), (beside, theirs))
    ]
    assert given == [302, 302, 302]
    use = BenefitUse.objects.get()
    assert (use.member, str(use.card_check_id)) == (second, mine)
    for till, check in ((here, mine), (beside, theirs)):
        assert "这次已经用过" in till.get(f"/verify/checks/{check}/").content.decode()


def test_the_database_itself_keeps_one_row_for_each_verifier_of_a_code():
    card, (first, second) = card_at_noon(), two_verifiers()
    code, place = read_code(code_at(card).token, at=NOON), first.places.get()
    check = check_card(code, place=place, member=first, at=NOON)
    again = check_card(code, place=place, member=second, at=NOON)
    row = {"card": card, "place": place, "minute": check.minute, "at": NOON}
    for broken, name in (
        ({"member": second, "result": "valid"}, "a_code_is_good_at_one_outlet|card_id"),
        ({"member": second, "result": "valid", "repeats": check}, "a_colleague_checks_a_code_once|repeats_id"),
        ({"member": first, "result": "used", "repeats": again}, "only_a_good_check_is_repeated"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            CardCheck.objects.create(**row, **broken)


def test_the_holder_turns_the_pages_of_the_checks():
    card, (first, _second) = card_at_noon(), two_verifiers()
    for number in range(120):
        make_check(card, first, at=NOON - timedelta(days=1) + timedelta(minutes=number))
    holder, shown, page = phone(card), [], "/card/checks/"
    for _page in range(3):
        context = holder.get(page).context
        shown += [check.at for check in context["checks"]]
        page = "/card/checks/" + context["following"]
    assert (len(shown), shown == sorted(shown, reverse=True), page) == (120, True, "/card/checks/")
    assert holder.get("/card/checks/", {"after": "x"}).status_code == 404


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_colleagues_at_once_have_a_row_each(race):
    card, members = card_at_noon(), two_verifiers()
    code, place = read_code(code_at(card).token, at=NOON), members[0].places.get()
    checks = race(40, lambda number: check_card(code, place=place, member=members[number % 2], at=NOON))
    assert {check.result for check in checks} == {"valid"}
    assert CardCheck.objects.count() == 2
    assert {check.pk for check in checks} == set(CardCheck.objects.values_list("pk", flat=True))
