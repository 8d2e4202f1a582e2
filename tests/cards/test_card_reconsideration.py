"""A suspension or revocation that the holder does not agree with: looked at once more, by somebody else."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.test import Client

from applicants.cards.models import Card, CardReconsideration
from applicants.cards.services.changing import ChangeRefused, change_card
from applicants.cards.services.issuing import make_card
from applicants.cards.services.reconsidering import answer_reconsideration, ask_reconsideration
from applicants.cards.services.standing import tier_on
from portal.notifications.models import Letter
from tests.cards.making import make_card_application_in
from tests.factories import SHANGHAI, make_staff, move_clock, staff

pytestmark = pytest.mark.django_db

LATER = datetime(2024, 1, 10, 10, 0, tzinfo=SHANGHAI)
WHY = "我还在原单位上班，合同和工资单可以证明。"


@pytest.fixture
def card():
    move_clock(LATER)
    return Card.objects.get(application=make_card_application_in("approved"))


def decided(card, change="revoke", at=LATER):
    return change_card(card.pk, change, by=staff("approver"), at=at, reason="登记显示已离开石狮。")


def asked(card, at=LATER + timedelta(hours=1)):
    return ask_reconsideration(card.pk, by=card.person.user, at=at, reason=WHY)


def answered(card, *, is_upheld, by=None):
    by, at = by or make_staff("administrator"), LATER + timedelta(hours=2)
    return answer_reconsideration(card.pk, is_upheld=is_upheld, answer="材料属实。", by=by, at=at)


def letters(card):
    return list(
        Letter.objects.filter(recipient=card.person.user).order_by("created_at", "id").values_list("kind", flat=True)
    )


@pytest.mark.parametrize("change", ["suspend", "revoke"])
@pytest.mark.slow
def test_upheld_the_card_is_valid_again(card, change):
    decided(card, change)
    asked(card)
    answered(card, is_upheld=True)
    card.refresh_from_db()
    assert (card.state, card.ended_as) == ("active", "")
    assert letters(card)[-2:] == ["card_reconsideration_received", "card_restored"]


def test_dismissed_the_decision_stands_and_is_not_asked_about_again(card):
    decided(card)
    asked(card)
    answered(card, is_upheld=False)
    card.refresh_from_db()
    assert (card.state, letters(card)[-1]) == ("ended", "card_reconsideration_dismissed")
    with pytest.raises(ChangeRefused, match="已经申请过"):
        asked(card)


@pytest.mark.slow
def test_whoever_had_a_hand_in_the_card_does_not_answer(card):
    approver = staff("approver")
    decided(card)
    asked(card)
    approver.role_grants.create(role="administrator")
    with pytest.raises(ChangeRefused, match="没有经手过"):
        answered(card, is_upheld=False, by=approver)
    answered(card, is_upheld=False)
    with pytest.raises(IntegrityError, match="somebody_else"), transaction.atomic():
        CardReconsideration.objects.update(decided_by=F("decided_first_by"))


@pytest.mark.slow
def test_only_the_holder_asks_and_in_time(card):
    decided(card)
    with pytest.raises(ChangeRefused):
        ask_reconsideration(card.pk, by=staff("clerk"), at=LATER, reason=WHY)
    with pytest.raises(ChangeRefused, match="过了期限"):
        asked(card, at=LATER + timedelta(days=90))


def test_a_lost_or_valid_card_gives_nothing_to_reconsider(card):
    with pytest.raises(ChangeRefused):
        asked(card)
    change_card(card.pk, "lose", by=card.person.user, at=LATER)
    with pytest.raises(ChangeRefused):
        asked(card)


@pytest.mark.slow
def test_a_card_is_not_restored_beside_another(card):
    decided(card)
    asked(card)
    with transaction.atomic():
        make_card(card.application, kind="green", tier="BSC", portrait=card.portrait, by=None, at=LATER)
    with pytest.raises(ChangeRefused, match="另一张有效的卡"):
        answered(card, is_upheld=True)
    assert CardReconsideration.objects.get().outcome == "open"


# ── what happened meanwhile ────────────────────────────────────────────────────────────────────────────────────────


def stands(card):
    card.refresh_from_db()
    return card.state, card.ended_as


@pytest.mark.slow
@pytest.mark.parametrize(
    ("meanwhile", "ended_as"), [("lose", "lost"), ("return", "returned"), ("expire", "expired"), ("revoke", "revoked")]
)
def test_upheld_a_suspension_revives_no_card_that_ended_for_another_reason(card, meanwhile, ended_as):
    decided(card, "suspend")
    asked(card)
    by = {"revoke": staff("approver"), "expire": None}.get(meanwhile, card.person.user)
    change_card(card.pk, meanwhile, by=by, at=LATER, reason="另有决定。")
    answered(card, is_upheld=True)
    assert stands(card) == ("ended", ended_as)
    assert (CardReconsideration.objects.get().outcome, letters(card)[-1]) == ("upheld", "card_reconsideration_upheld")


@pytest.mark.slow
def test_a_card_resumed_before_the_answer_gives_what_was_asked(card):
    decided(card, "suspend")
    asked(card)
    change_card(card.pk, "resume", by=staff("approver"), at=LATER, reason="已核实在职。")
    done = CardReconsideration.objects.get()
    assert (done.outcome, done.answer, done.decided_by, done.closed_at) == ("resumed", "已核实在职。", None, LATER)
    with pytest.raises(ChangeRefused, match="没有待答复的复核"):
        answered(card, is_upheld=True)
    assert "答复以前已恢复使用" in signed_in(card.person.user).get("/card/reconsideration/").content.decode()
    decided(card, "suspend", at=LATER + timedelta(days=1))
    asked(card, at=LATER + timedelta(days=1))  # another decision, another request
    answered(card, is_upheld=False)
    assert stands(card) == ("suspended", "")


@pytest.mark.slow
@pytest.mark.parametrize("before", ["held", "active", "suspended"])
def test_a_revocation_taken_back_leaves_the_card_as_it_stood_before(card, before):
    if before == "suspended":
        decided(card, "suspend")
    Card.objects.filter(pk=card.pk).update(state=before)
    decided(card, "revoke")
    asked(card)
    answered(card, is_upheld=True)
    assert stands(card) == (before, "")
    told = "card_restored" if before == "active" else "card_reconsideration_upheld"
    assert letters(card)[-1] == told
    if before == "suspended":  # which may still be asked about
        ask_reconsideration(card.pk, by=card.person.user, at=LATER, reason=WHY)


@pytest.mark.slow
def test_a_suspension_and_a_revocation_both_taken_back_leave_a_valid_card(card):
    decided(card, "suspend")
    asked(card)
    decided(card, "revoke")
    answered(card, is_upheld=True)
    assert stands(card) == ("ended", "revoked")
    asked(card)
    answered(card, is_upheld=True)
    assert stands(card) == ("active", "")


def test_the_tier_of_a_day_is_that_of_the_card_valid_at_its_end(card):
    person = card.person
    assert tier_on(person, date(2023, 10, 15)) == ""
    assert tier_on(person, date(2023, 10, 16)) == "BSC"
    with transaction.atomic():
        make_card(card.application, kind="silver", tier="MST", portrait=card.portrait, by=None, at=LATER)
    assert [tier_on(person, date(2024, 1, day)) for day in (9, 10, 11)] == ["BSC", "MST", "MST"]
    change_card(Card.objects.get(state="active").pk, "suspend", by=staff("approver"), at=LATER, reason="核实。")
    assert [tier_on(person, date(2024, 1, day)) for day in (9, 10)] == ["BSC", ""]
    assert tier_on(person, date(2030, 1, 1)) == ""


def signed_in(who) -> Client:
    client = Client()
    client.force_login(who)
    return client


@pytest.mark.slow
def test_over_the_pages(card):
    decided(card)
    holder, chief = signed_in(card.person.user), signed_in(make_staff("administrator"))
    page = "/card/reconsideration/"
    assert holder.post(page, {"reason": ""}).status_code == 422
    assert holder.post(page, {"reason": WHY}).headers["Location"] == page
    assert "正在复核" in holder.get(page).content.decode()
    desk = f"/desk/cards/{card.pk}/"
    assert WHY in chief.get(desk).content.decode()
    assert "本人申请复核" in chief.get("/desk/cards/doubts/").content.decode()
    assert chief.post(f"{desk}answer/", {"answer-reason": "属实。"}).status_code == 422
    done = chief.post(f"{desk}answer/", {"answer-outcome": "upheld", "answer-reason": "属实。"})
    assert done.headers["Location"] == desk
    assert "您的理由成立" in holder.get(page).content.decode()
