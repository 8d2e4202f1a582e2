"""A card's tier after its issue: recognitions that come, go and expire, and the person who lets the card follow."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from applicants.cards.models import Card, CardDoubt, Recognition
from applicants.cards.services.changing import ChangeRefused, change_card
from applicants.cards.services.retier import (
    change_tier,
    confirm_recognition,
    offer_due,
    report_recognition,
    weigh_expired,
    withdraw_recognition,
)
from portal.notifications.models import Letter
from tests.browsing import signed_in
from tests.cards.making import make_card_application_in
from tests.factories import AT, make_staff, make_upload, make_user, move_clock, staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LATER = AT + timedelta(days=30)
L3 = {
    "tier": "L3",
    "title": "泉州市第三层次人才",
    "issued_by": "泉州市人才工作领导小组办公室",
    "document_number": "",
    "recognised_on": date(2023, 11, 1),
    "expires_on": None,
}


def the_card(**details) -> Card:
    return Card.objects.get(application=make_card_application_in("approved", **details))


def report(card: Card, **changes) -> Recognition:
    return report_recognition(card_id=card.pk, values=L3 | changes, upload=make_upload(), by=card.person.user, at=LATER)


def doubts(card: Card) -> list[tuple[str, str, str]]:
    rows = CardDoubt.objects.filter(card=card).order_by("raised_at", "id")
    return [(row.ground, row.evidence["tier"], row.outcome) for row in rows]


def letters(card: Card) -> list[str]:
    return list(
        Letter.objects.filter(recipient=card.person.user).order_by("created_at", "id").values_list("kind", flat=True)
    )


def follow(card: Card, **changes) -> Card:
    return change_tier(
        card.pk,
        **{"by": staff("approver"), "at": LATER, "expected_version": card.version, "reason": "见认定文件。"} | changes,
    )


def test_the_approval_confirms_the_claims_it_rests_on():
    card = the_card(tiers=["L4", "PR"])
    rows = Recognition.objects.filter(person=card.person)
    assert {(row.tier, row.confirmed_by) for row in rows} == {
        ("L4", staff("first_reviewer")),
        ("PR", staff("first_reviewer")),
    }
    assert offer_due(card, AT.date())[:2] == ("L4", "silver")


def test_a_new_recognition_lets_the_card_rise_once_two_people_have_looked_at_it():
    card = the_card()
    reported = report(card)
    assert report(card).pk == reported.pk
    assert (offer_due(card, LATER.date()).tier, doubts(card)) == ("BSC", [])  # a claim alone changes nothing

    confirm_recognition(reported.pk, by=staff("first_reviewer"), at=LATER)
    assert doubts(card) == [("tier", "L3", "open")]
    second = follow(card)

    card.refresh_from_db()
    assert (card.state, card.ended_as, doubts(card)) == ("ended", "renewed", [("tier", "L3", "acted")])
    assert (second.kind, second.tier, second.follows, second.state) == ("silver", "L3", card, "active")
    assert (second.valid_from, second.valid_to) == (date(2023, 11, 15), date(2026, 10, 15))  # no longer than before
    assert [(it.kind, it.actor, it.reason) for it in second.events.all()] == [
        ("issue", staff("approver"), "见认定文件。")
    ]
    assert sorted(set(letters(card))) == ["accepted", "approved", "card_issued", "card_retiered", "receipt"]
    told = Letter.objects.get(kind="card_retiered").context
    assert (told["before"]["zh"], told["after"]["zh"], told["reason"]) == ("绿卡", "银卡", "见认定文件。")


def test_a_withdrawn_recognition_raises_a_doubt_and_the_card_falls_by_a_decision_only():
    card = the_card(tiers=["L2", "L4"])
    highest = Recognition.objects.get(person=card.person, tier="L2")
    for _time in range(2):
        withdraw_recognition(highest.pk, by=staff("first_reviewer"), at=LATER, reason="认定已被取消。")
    card.refresh_from_db()
    assert (card.state, card.kind, doubts(card)) == ("active", "gold", [("tier", "L4", "open")])
    assert letters(card).count("recognition_withdrawn") == 1
    second = follow(card)
    assert (second.kind, second.tier, second.valid_to) == ("silver", "L4", date(2028, 10, 15))
    assert Card.objects.filter(person=card.person, state="active").count() == 1


def test_an_expired_recognition_raises_one_doubt():
    card = the_card(tiers=["L5"])
    Recognition.objects.filter(person=card.person).update(expires_on=date(2023, 11, 14))
    assert [weigh_expired(at=LATER - timedelta(days=1)), weigh_expired(at=LATER), weigh_expired(at=LATER)] == [0, 1, 0]
    assert doubts(card) == [("tier", "BSC", "open")]


def test_a_recognition_that_comes_back_lifts_the_doubt():
    card = the_card(tiers=["L3"])
    withdraw_recognition(
        Recognition.objects.get(person=card.person).pk, by=staff("approver"), at=LATER, reason="文件有误。"
    )
    confirm_recognition(report(card).pk, by=staff("first_reviewer"), at=LATER)
    assert doubts(card) == [("tier", "BSC", "lifted")]


def test_who_may_do_what():
    card = the_card()
    reported = report(card)
    for role in ("clerk", "approver", "finance"):
        with pytest.raises(ChangeRefused):
            confirm_recognition(reported.pk, by=staff(role), at=LATER)
    both = make_staff("first_reviewer", "approver")
    confirm_recognition(reported.pk, by=both, at=LATER)
    for by in (both, staff("first_reviewer"), card.person.user):
        with pytest.raises(ChangeRefused, match=r"没有办理这一步的权限|要由另一人决定"):
            follow(card, by=by)
    with pytest.raises(ChangeRefused, match=r"请写明理由。"):
        follow(card, reason="  ")
    with pytest.raises(ChangeRefused, match=r"刚刚被别人办理过"):
        follow(card, expected_version=7)
    with pytest.raises(ChangeRefused):
        report_recognition(card_id=card.pk, values=L3, upload=make_upload(), by=make_user(), at=LATER)


@pytest.mark.parametrize("state", ["suspend", "revoke"])
def test_only_a_valid_card_is_changed(state):
    card = the_card()
    confirm_recognition(report(card).pk, by=staff("first_reviewer"), at=LATER)
    change_card(card.pk, state, by=make_staff("approver"), at=LATER, reason="核实中。")
    with pytest.raises(ChangeRefused):
        follow(card, expected_version=None)


def test_without_any_tier_left_no_card_follows():
    card = the_card(tiers=["L5"])
    Recognition.objects.filter(person=card.person).update(tier="PR")
    same = the_card_without_degree(card)
    with pytest.raises(ChangeRefused, match=r"已经没有可以办的卡"):
        follow(same)


def the_card_without_degree(card: Card) -> Card:
    """The same card, decided for somebody without a degree, whose recognition is withdrawn."""
    newest = card.application.submissions.get().assessments.order_by("number").last()
    facts = newest.facts
    facts["facts"]["education"]["value"] = "secondary"
    newest.facts = facts
    newest.save()
    withdraw_recognition(
        Recognition.objects.get(person=card.person).pk, by=staff("first_reviewer"), at=LATER, reason="已取消。"
    )
    card.refresh_from_db()
    return card


def test_a_better_document_for_what_was_turned_down_is_looked_at_anew():
    card = the_card()
    first = report(card)
    withdraw_recognition(first.pk, by=staff("first_reviewer"), at=LATER, reason="看不清公章。")
    second = report(card)
    assert (second.pk != first.pk, second.paper_id != first.paper_id, second.confirmed_at) == (True, True, None)
    confirm_recognition(second.pk, by=staff("first_reviewer"), at=LATER)
    assert offer_due(card, LATER.date()).tier == "L3"


def test_what_was_turned_down_does_not_count_among_the_eight():
    card = the_card()
    for number in range(8):
        row = report(card, title=f"第 {number} 项")
        withdraw_recognition(row.pk, by=staff("first_reviewer"), at=LATER, reason="文件有误。")
    assert report(card).withdrawn_on is None


def test_the_document_of_a_report_that_was_refused_is_not_kept():
    card = the_card()
    for number in range(8):
        report(card, title=f"第 {number} 项")
    papers = card.person.papers.count()
    with pytest.raises(ChangeRefused, match="最多填 8 项"):
        report(card)
    change_card(card.pk, "return", by=card.person.user, at=LATER)
    with pytest.raises(ChangeRefused, match="已失效"):
        report(card)
    assert card.person.papers.count() == papers


# ── pages ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_from_the_holder_s_report_to_the_new_card_page_by_page():
    move_clock(LATER)
    card = the_card()
    holder, desk = signed_in(card.person.user), reverse("card_tiers", args=[card.pk])
    given = {name: value or "" for name, value in L3.items()} | {"recognised_on": "2023-11-01"}

    refused = holder.post(reverse("own_recognitions"), given)
    assert (refused.status_code, "请上传人才认定文件。" in refused.content.decode()) == (422, True)
    empty = holder.post(reverse("own_recognitions"), given | {"file": make_upload("x.pdf", b"")})
    assert (empty.status_code, "这个文件是空的" in empty.content.decode()) == (422, True)
    assert holder.post(reverse("own_recognitions"), given | {"file": make_upload()}).status_code == 302
    assert "等待核对" in holder.get(reverse("own_recognitions")).content.decode()

    row = Recognition.objects.get(person=card.person)
    reviewer = signed_in(staff("first_reviewer"))
    assert reviewer.get(reverse("paper", args=[row.paper_id]), {"view": "1", "page": "1"}).status_code == 200
    assert "和文件一致，确认" in reviewer.get(desk).content.decode()
    reviewer.post(desk, {"act": "confirm", "recognition": str(row.pk)})
    page = reviewer.get(desk).content.decode()
    assert ("和现在的卡不一致" in page, "换为银卡，第三层次人才" in page) == (True, False)

    approver = signed_in(staff("approver"))
    assert "换为银卡，第三层次人才" in approver.get(desk).content.decode()
    nothing_said = approver.post(desk, {"act": "change", "version": card.version, "reason": ""})
    assert (nothing_said.status_code, "请写明理由。" in nothing_said.content.decode()) == (422, True)
    done = approver.post(desk, {"act": "change", "version": card.version, "reason": "见认定文件。"})
    made = Card.objects.get(follows=card)
    assert done.headers["Location"] == reverse("card_file", args=[made.pk])


def test_nonsense_is_not_there_and_whoever_has_no_card_has_no_page():
    card = the_card()
    reviewer, desk = signed_in(staff("first_reviewer")), reverse("card_tiers", args=[card.pk])
    sent = [{"act": "confirm", "recognition": "x"}, {"act": "explode"}, {}, {"act": "withdraw", "recognition": card.pk}]
    assert [reviewer.post(desk, data).status_code for data in sent] == [404, 404, 404, 404]
    assert signed_in(make_user()).get(reverse("own_recognitions")).status_code == 404
    assert signed_in(card.person.user).get(desk).status_code == 404
