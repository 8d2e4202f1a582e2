"""How rounds end: annulled by two, closed, or taken back after a reconsideration; who was in them is told."""

from __future__ import annotations

import pytest
from django.urls import reverse

from housing.apartments.models import Entrant, EntrantAdult, OfferState, Round
from housing.apartments.services import (
    announcing,
    annulling,
    closing,
    drawing,
    offering,
    opening,
    reconsidering,
)
from housing.apartments.services.refusals import OfferRefused
from portal.accounts.models import Role
from portal.casework.models import Recusal
from portal.notifications.models import Letter
from tests.apartments.making import DAY, HOUR, make_approved, make_building, offer_to
from tests.apartments.round_making import (
    DRAWS,
    OPENS,
    another_admin,
    enter,
    leave,
    open_for,
    refused,
    round_values,
    walk_on,
    walk_round,
)
from tests.factories import make_person, make_staff, staff

pytestmark = pytest.mark.django_db
LATER = DRAWS + 2 * HOUR
MOMENTS = ("opens_at", "freezes_at", "draw_at", "public_value_at", "lease_starts_on")


# ── annulment and the end ──────────────────────────────────────────────────────────────────────────────────────────


def test_annulling_needs_two_persons_and_stops_the_draw_meanwhile():
    row = walk_round(make_building(), "drawn")
    annulling.propose_annulment(row.pk, reason="公开数值填错。", by=row.made_by, at=LATER)
    waits = refused(drawing.publish_round, row.pk, by=row.made_by, at=LATER)
    assert waits == "有人提出作废，先处理作废再往下办。"
    assert refused(annulling.confirm_annulment, row.pk, by=row.made_by, at=LATER) == "作废须由另一位管理员确认。"
    row = annulling.confirm_annulment(row.pk, by=another_admin(), at=LATER)
    assert row.state == "annulled"
    assert closing.finish_due(at=LATER) == 1
    assert Entrant.objects.get(round=row).state == "unserved"
    assert not EntrantAdult.objects.filter(round=row).exists()
    assert not row.units.filter(released_at=None).exists()


def test_a_proposal_to_annul_is_taken_back():
    row = walk_round(make_building(), "drawn")
    annulling.propose_annulment(row.pk, reason="公开数值填错。", by=row.made_by, at=LATER)
    annulling.take_back_annulment(row.pk, by=another_admin(), at=LATER)
    assert drawing.publish_round(row.pk, by=row.made_by, at=LATER).state == "published"


def test_a_published_result_is_not_annulled():
    row = walk_round(make_building())
    sentence = refused(annulling.propose_annulment, row.pk, reason="重来。", by=row.made_by, at=LATER)
    assert sentence == "结果公布以后不能作废，只能由复核撤销。"


def test_closing_withdraws_open_offers_and_lets_everybody_go():
    building = make_building(2)
    row = walk_round(building, tiers=("MST", "MST", "MST"))
    first = Entrant.objects.get(round=row, rank=1)
    offer = offer_to(first, building.units.first(), at=LATER, starts_on=row.lease_starts_on)
    closing.close_round(row.pk, by=row.made_by, at=LATER + DAY)
    by = first.application.applicant.user
    with pytest.raises(OfferRefused, match="这个批次已经结束，不能再选房。"):  # nothing is let until the sweep has come
        offering.accept_offer(offer_id=offer.pk, by=by, at=LATER + DAY)
    assert closing.finish_due(at=LATER + DAY) == 3
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert Letter.objects.filter(kind="round_over").count() == 3
    assert set(Entrant.objects.values_list("state", flat=True)) == {"unserved"}
    assert not EntrantAdult.objects.exists()
    assert closing.finish_due(at=LATER + DAY) == 0


@pytest.mark.slow
def test_who_was_in_a_void_round_is_told_and_asked_to_enter_the_one_that_is_run_in_its_place():
    building = make_building(2)
    row = walk_round(building, "frozen", tiers=("MST", "MST", "MST"))
    leave(Entrant.objects.get(round=row, number=3), at=LATER)
    annulling.propose_annulment(row.pk, reason="系统故障。", by=row.made_by, at=LATER)
    annulling.confirm_annulment(row.pk, by=another_admin(), at=LATER)
    assert closing.finish_due(at=LATER) == 2
    assert [announcing.tell_due(at=LATER), announcing.tell_due(at=LATER)] == [2, 0]
    assert set(Letter.objects.values_list("kind", flat=True)) == {"round_void"}
    moved = {name: round_values()[name] + 30 * DAY for name in MOMENTS}
    again = opening.make_round(
        values=round_values(redraw_of=row, **moved),
        units=[unit.pk for unit in building.units.all()],
        by=row.made_by,
        at=LATER,
    )
    opening.open_round(again.pk, by=row.made_by, at=LATER)
    assert announcing.tell_due(at=LATER) == 0  # announced, but nobody can enter yet
    opens = again.opens_at
    enter(again, Entrant.objects.get(round=row, number=1).application, at=opens)
    assert [announcing.tell_due(at=opens), announcing.tell_due(at=opens)] == [1, 0]
    letter = Letter.objects.get(kind="round_again")
    there = reverse("own_apartment_enter", args=[Entrant.objects.get(round=row, number=2).application_id, again.pk])
    assert letter.context["link"].endswith(there)


# ── reconsideration ────────────────────────────────────────────────────────────────────────────────────────────────


def ask(row: Round, *, at=LATER):
    entrant = Entrant.objects.select_related("application__applicant__user").get(round=row, rank=1)
    by = entrant.application.applicant.user
    return reconsidering.ask_reconsideration(entrant.pk, reason="我的层次写错了。", by=by, at=at)


def test_an_upheld_reconsideration_takes_the_result_back_and_leaves_it_published():
    row = walk_round(make_building())
    asked = ask(row)
    decide = reconsidering.decide_reconsideration
    about = {"is_upheld": True, "answer": "层次登记有误，撤销结果。", "at": LATER}
    wrong = refused(decide, asked.pk, **about, by=staff(Role.ADMINISTRATOR))
    assert wrong == "复核由没有主持摇号的审核人答复。"
    decide(asked.pk, **about, by=staff(Role.APPROVER))
    row.refresh_from_db()
    assert row.state == "superseded"
    assert row.files.filter(kind="result").exists()
    assert closing.finish_due(at=LATER) == 1
    assert Entrant.objects.get(round=row).state == "unserved"
    assert announcing.tell_due(at=LATER) == 1
    assert refused(decide, asked.pk, **about, by=staff(Role.APPROVER)) == "这件复核刚刚被别人答复过。"
    kinds = set(Letter.objects.filter(created_at=LATER).values_list("kind", flat=True))
    assert kinds == {"round_reconsideration_received", "round_reconsideration_upheld", "round_void"}


def test_a_dismissed_reconsideration_leaves_the_result_and_is_asked_once():
    row = walk_round(make_building())
    asked = ask(row)
    decider = make_staff(Role.FIRST_REVIEWER)
    about = {"is_upheld": False, "answer": "层次与认定一致。", "by": decider, "at": LATER}
    assert reconsidering.decide_reconsideration(asked.pk, **about).outcome == "dismissed"
    row.refresh_from_db()
    assert row.state == "published"
    assert refused(ask, row) == "现在不能申请复核：已经申请过，过了期限，或者没有可以复核的结果。"


def test_who_ran_the_draw_does_not_decide_about_it():
    admin = make_staff(Role.ADMINISTRATOR, Role.APPROVER)
    row = walk_round(make_building())
    Round.objects.filter(pk=row.pk).update(drawn_by=admin)
    asked = ask(row)
    about = {"is_upheld": False, "answer": "一致。", "by": admin, "at": LATER}
    assert refused(reconsidering.decide_reconsideration, asked.pk, **about) == "复核由没有主持摇号的审核人答复。"


def test_a_reviewer_who_is_in_the_round_or_keeps_away_does_not_decide_about_it():
    row = open_for(make_building())
    reviewer, kept_away = make_staff(Role.APPROVER), make_staff(Role.APPROVER)
    enter(row, make_approved(make_person(user=reviewer)))
    row = walk_on(row)
    asked = ask(row)
    Recusal.objects.create(
        application=asked.entrant.application, person=kept_away, reason="同学", made_by=row.made_by, made_at=OPENS
    )
    for by in (reviewer, kept_away):
        assert not reconsidering.may_decide(asked, by)
        assert not reconsidering.visible_reconsiderations(by).exists()


def test_a_reconsideration_is_asked_in_time_by_the_entrant():
    row = walk_round(make_building())
    assert "过了期限" in refused(ask, row, at=LATER + 60 * DAY)
    entrant = Entrant.objects.get(round=row)
    stranger = refused(reconsidering.ask_reconsideration, entrant.pk, reason="不公。", by=row.made_by, at=LATER)
    assert stranger == "您没有办理这一步的权限。"
