"""What an approval may not do: lift a suspension, give one human two live cards, or begin after the contract's end."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from applicants.cards.models import Card, CardDoubt
from applicants.cards.services.changing import ChangeRefused, change_card
from applicants.cards.services.issuing import make_card
from applicants.cards.services.rechecking import raise_doubt
from applicants.cards.services.replacing import replace_lost
from applicants.people.linking import link_people
from tests.browsing import signed_in
from tests.cards.benefits_making import a_card
from tests.cards.making import make_card_application_in, make_card_draft
from tests.casework.moving import refused, take
from tests.factories import AT, make_person, move_clock, staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PERMIT = {"number_kind": "residence_permit", "number": "810000199408230021"}
STOPPED = "本人的原卡暂停使用。请先恢复或者撤销原卡，再发新卡。"


def renewable(card: Card) -> Card:
    """As if it had been issued long before: it may be renewed from 1 to 20 October 2023."""
    window = {"renewal_opens_on": date(2023, 10, 1), "renewal_closes_on": date(2023, 10, 20)}
    Card.objects.filter(pk=card.pk).update(valid_to=date(2023, 11, 19), **window)
    return card


def suspended(card: Card) -> Card:
    return change_card(card.pk, "suspend", by=staff("first_reviewer"), at=AT, reason="核实中。")


def linked(one, other):
    link_people(person=one, other=other, reason="本人出示了两本证件。", by=staff("clerk"), at=AT)


def test_a_renewal_is_not_approved_while_the_card_is_suspended():
    card = renewable(a_card())
    again = make_card_application_in("final_approval", card.person)
    suspended(card)
    assert refused(again, "approve", "approver") == STOPPED
    card.refresh_from_db()
    assert (card.state, Card.objects.count()) == ("suspended", 1)
    change_card(card.pk, "resume", by=staff("approver"), at=AT, reason="已核实。")
    take(again, "approve", "approver")
    assert Card.objects.get(application=again).follows == card


def test_a_loss_does_not_make_room_for_an_approval_past_a_suspension():
    card = renewable(a_card())
    again = make_card_application_in("final_approval", card.person)
    suspended(card)
    change_card(card.pk, "lose", by=card.person.user, at=AT)
    assert refused(again, "approve", "approver") == STOPPED
    new = replace_lost(card.pk, by=card.person.user, at=AT)
    change_card(new.pk, "revoke", by=staff("approver"), at=AT, reason="出借优才卡。")
    take(again, "approve", "approver")
    assert Card.objects.get(application=again).state == "active"


def test_what_spoke_against_the_card_before_was_weighed_with_the_renewal():
    card = renewable(a_card())
    again = make_card_application_in("final_approval", card.person)
    raise_doubt(card, "employer", {}, by=None, at=AT)
    take(again, "approve", "approver")
    doubt = CardDoubt.objects.get()
    assert (doubt.card, doubt.outcome, doubt.closed_by) == (card, "acted", staff("approver"))


def test_another_tier_takes_the_other_doubts_along():
    card = a_card()
    raise_doubt(card, "employer", {}, by=None, at=AT)
    new = make_card(card.application, kind="silver", tier="L4", portrait=card.portrait, by=staff("approver"), at=AT)
    assert (CardDoubt.objects.get().card, CardDoubt.objects.get().outcome) == (new, "open")


def test_of_one_human_with_two_papers_one_card_is_live():
    card = renewable(a_card())
    other = make_person(identity=PERMIT)
    linked(card.person, other)
    again = make_card_application_in("approved", other)
    new = Card.objects.get(application=again)
    card.refresh_from_db()
    assert (card.state, card.ended_as, new.state, new.follows) == ("ended", "renewed", "active", card)


def test_a_suspended_card_under_other_papers_stands_against_an_approval():
    card = renewable(a_card())
    other = make_person(identity=PERMIT)
    linked(card.person, other)
    again = make_card_application_in("final_approval", other)
    suspended(card)
    assert refused(again, "approve", "approver") == STOPPED


def test_a_lost_card_is_not_replaced_beside_one_under_other_papers():
    card, other = a_card(), a_card(person=make_person(identity=PERMIT))
    change_card(card.pk, "lose", by=card.person.user, at=AT)
    linked(card.person, other.person)
    with pytest.raises(ChangeRefused, match="已经有新卡"):
        replace_lost(card.pk, by=card.person.user, at=AT)


def test_no_card_begins_after_the_contract_has_ended():
    row = make_card_application_in("final_approval", contract_ends_on=date(2023, 10, 20))
    told = "劳动合同已在 2023 年 10 月 20 日终止，不能发卡。请退回，由申请人补正合同期限。"
    assert refused(row, "approve", "approver", at=AT + timedelta(days=5)) == told
    take(row, "approve", "approver", at=AT + timedelta(days=4))  # its last day counts whole
    assert Card.objects.get().valid_to == date(2023, 10, 20)


def test_a_contract_that_is_over_is_not_taken_as_an_answer():
    move_clock(AT)
    draft = make_card_draft()
    page = reverse("application_section", args=[draft.pk, "contract"])
    holder = signed_in(draft.applicant.user)
    answer = {"is_contract_open_ended": "no", "contract_ends_on": "2023-10-15"}
    response = holder.post(page, answer)
    sentence = "合同已经终止，不能办卡。续签了的，请填写新合同的终止日期。"
    assert (response.status_code, sentence in response.content.decode()) == (200, True)
    assert holder.post(page, answer | {"contract_ends_on": "2023-10-16"}).status_code == 302


def test_a_card_at_the_desk_of_a_contract_that_is_over_answers_with_a_sentence():
    move_clock(AT)
    row = make_card_application_in("final_approval", contract_ends_on=date(2023, 10, 16))
    move_clock(AT + timedelta(days=1))
    page = reverse("desk_step", args=[row.pk, "approve"])
    answered = signed_in(staff("approver")).post(page, {"version": row.version}, follow=True)
    assert "劳动合同已在 2023 年 10 月 16 日终止" in answered.content.decode()
    assert not Card.objects.exists()
