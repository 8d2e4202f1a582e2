"""A loss lifts nothing: suspension, doubts and a request to look again go on with the card in its place."""

from datetime import date, datetime, timedelta

import pytest

from applicants.cards.models import Card, CardDoubt, CardReconsideration
from applicants.cards.services.changing import ChangeRefused, change_card
from applicants.cards.services.rechecking import keep_card, report_employer, weigh_answers
from applicants.cards.services.reconsidering import answer_reconsideration, ask_reconsideration
from applicants.cards.services.replacing import replace_lost
from applicants.cards.services.standing import tier_on
from portal.notifications.models import Letter
from tests.browsing import signed_in
from tests.cards.making import make_card_application_in
from tests.casework.moving import now
from tests.casework.register_answers import answer
from tests.factories import SHANGHAI, make_staff, move_clock, staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LATER = datetime(2024, 1, 10, 10, 0, tzinfo=SHANGHAI)
EMPLOYER = {"employer_name": "石狮海云科技有限公司", "credit_code": "91350581MA2X0000XX", "started_on": "2024-01-02"}


@pytest.fixture
def card() -> Card:
    move_clock(LATER)
    return Card.objects.get(application=make_card_application_in("approved"))


def suspended(card: Card) -> Card:
    return change_card(card.pk, "suspend", by=staff("first_reviewer"), at=LATER, reason="登记显示已离职。")


def lost(card: Card) -> Card:
    return change_card(card.pk, "lose", by=card.person.user, at=LATER)


def replaced(card: Card, at: datetime = LATER) -> Card:
    return replace_lost(lost(card).pk, by=card.person.user, at=at)


def letters(card: Card) -> list[str]:
    """What was written about this card."""
    rows = Letter.objects.filter(key__startswith=f"card:{card.pk}:").order_by("key")
    return [row.kind for row in rows]


def test_the_card_in_place_of_one_lost_while_suspended_is_suspended_until_a_person_resumes_it(card):
    suspended(card)
    new = replaced(card)
    assert (new.state, new.follows, tier_on(card.person, LATER.date())) == ("suspended", card, "")
    assert (letters(card), letters(new)) == (["card_issued", "card_suspended", "card_lost"], ["card_suspended"])
    assert Letter.objects.get(key=f"card:{new.pk}:1:card_suspended").context["reason"] == "登记显示已离职。"
    again = replaced(new)
    assert again.state == "suspended"
    with pytest.raises(ChangeRefused, match="没有办理这一步的权限"):
        change_card(again.pk, "resume", by=card.person.user, at=LATER, reason="我想用。")
    change_card(again.pk, "resume", by=staff("approver"), at=LATER, reason="已核实在职。")
    assert replaced(again).state == "active"


def test_the_holder_may_ask_about_the_suspension_on_the_card_in_its_place(card):
    suspended(card)
    new = replaced(card)
    page = "/card/reconsideration/"
    holder = signed_in(card.person.user)
    assert "登记显示已离职。" in holder.get(page).content.decode()
    ask_reconsideration(new.pk, by=card.person.user, at=LATER, reason="我还在职。")
    assert "正在复核" in holder.get(page).content.decode()
    answer_reconsideration(new.pk, is_upheld=True, answer="属实。", by=make_staff("administrator"), at=LATER)
    new.refresh_from_db()
    assert (new.state, letters(new)[-1]) == ("active", "card_restored")


def test_a_request_to_look_again_goes_on_with_the_card_in_its_place(card):
    suspended(card)
    ask_reconsideration(card.pk, by=card.person.user, at=LATER, reason="我还在职。")
    new = replaced(card)
    assert CardReconsideration.objects.get().card == new
    staff("first_reviewer").role_grants.create(role="administrator")  # who suspended the card before it
    with pytest.raises(ChangeRefused, match="没有经手过"):
        answer_reconsideration(new.pk, is_upheld=False, answer="不属实。", by=staff("first_reviewer"), at=LATER)
    answer_reconsideration(new.pk, is_upheld=True, answer="属实。", by=make_staff("administrator"), at=LATER)
    new.refresh_from_db()
    assert new.state == "active"


def test_upheld_before_it_is_replaced_the_suspension_is_over(card):
    suspended(card)
    ask_reconsideration(card.pk, by=card.person.user, at=LATER, reason="我还在职。")
    lost(card)
    answer_reconsideration(card.pk, is_upheld=True, answer="属实。", by=make_staff("administrator"), at=LATER)
    card.refresh_from_db()
    assert (card.state, card.ended_as) == ("ended", "lost")
    assert replace_lost(card.pk, by=card.person.user, at=LATER).state == "active"


def test_a_doubt_is_not_closed_by_a_loss_and_goes_on_with_the_next_card(card):
    answer(card.person, "insurance", {"in_post": "no"}, at=LATER)
    weigh_answers(now(card.application), LATER)
    report_employer(card.pk, values=EMPLOYER, by=card.person.user, at=LATER)
    lost(card)
    assert set(card.doubts.values_list("ground", "outcome")) == {("TC-3", "open"), ("employer", "open")}
    assert "登记显示不再符合：申请时在职" in signed_in("first_reviewer").get("/desk/cards/doubts/").content.decode()
    new = replace_lost(card.pk, by=card.person.user, at=LATER)
    assert set(CardDoubt.objects.values_list("card", "ground", "outcome")) == {
        (new.pk, "TC-3", "open"),
        (new.pk, "employer", "open"),
    }
    keep_card(new.pk, by=staff("first_reviewer"), at=LATER, reason="单位漏报，已补缴。")
    assert not CardDoubt.objects.filter(outcome="open").exists()


def test_a_card_given_back_leaves_no_doubt_to_decide(card):
    report_employer(card.pk, values=EMPLOYER, by=card.person.user, at=LATER)
    change_card(card.pk, "return", by=card.person.user, at=LATER)
    assert card.doubts.get().outcome == "acted"


def test_the_holder_is_told_that_the_card_in_its_place_is_suspended_too(card):
    suspended(card)
    holder = signed_in(card.person.user)
    holder.post("/card/loss/", {"act": "lose", "version": "2"})
    page = holder.get("/card/loss/").content.decode()
    assert ("补办的新卡也暂停使用" in page, "手机上马上可以出示" in page) == (True, False)
    page = holder.post("/card/loss/", {"act": "replace"}, follow=True).content.decode()
    assert ("卡已暂停使用" in page, "手机上马上可以用" in page) == (True, False)


def test_past_its_last_day_a_card_lost_while_suspended_binds_nobody(card):
    suspended(card)
    lost(card)
    Card.objects.filter(pk=card.pk).update(valid_to=date(2024, 1, 9), renewal_opens_on=None, renewal_closes_on=None)
    later = LATER + timedelta(days=1)
    with pytest.raises(ChangeRefused, match="不能补办"):
        replace_lost(card.pk, by=card.person.user, at=later)
