"""Rounds: opened with a commitment, frozen at the published moment, drawn once with witnesses, published."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings

from housing.apartments.draw_checks import check_result
from housing.apartments.models import Entrant, Round, RoundFile, RoundUnit
from housing.apartments.services import (
    announcing,
    annulling,
    drawing,
    freezing,
    opening,
)
from housing.apartments.services.refusals import RoundRefused
from portal.accounts.models import Role
from portal.casework.models import Application, Recusal
from portal.notifications.models import Letter
from portal.policy.services import load_policy
from tests.apartments.making import AT, DAY, HOUR, load_apartment_policy, make_approved, make_building
from tests.apartments.round_making import (
    DRAWS,
    FREEZES,
    KNOWN,
    NAMED,
    OPENS,
    VALUE,
    another_admin,
    enter,
    leave,
    open_for,
    prepare,
    refused,
    round_values,
    walk_round,
)
from tests.factories import make_number, make_person, staff

pytestmark = pytest.mark.django_db
LATER = DRAWS + 2 * HOUR


def text_of(row: Round, kind: str) -> str:
    return bytes(row.files.get(kind=kind).content).decode()


# ── before it is open ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_round_is_numbered_by_its_year_and_has_its_units_to_itself():
    building = make_building(2)
    first = prepare(building)
    assert first.number == "AR-2026-001"
    assert "已经在别的批次里" in refused(prepare, building)
    assert prepare(make_building()).number == "AR-2026-002"


def test_a_draft_is_changed_and_thrown_away():
    building = make_building(2)
    row = prepare(building)
    one = building.units.first().pk
    about = {"by": row.made_by, "at": AT}
    changed = opening.change_draft(row.pk, values=round_values("tiers"), units=[one], expected_version=1, **about)
    assert (changed.mode, changed.units.count(), changed.version) == ("tiers", 1, 2)
    assert "刚刚被别人办理过" in refused(opening.discard_draft, row.pk, expected_version=1, **about)
    opening.discard_draft(row.pk, expected_version=2, **about)
    assert (Round.objects.count(), RoundUnit.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"freezes_at": OPENS}, "时间的先后不对：先开始报名，再锁定名单，最后摇号。"),
        ({"draw_at": FREEZES - HOUR}, "时间的先后不对：先开始报名，再锁定名单，最后摇号。"),
        ({"lease_starts_on": DRAWS.date()}, "起租日要在摇号日之后。"),
        ({"public_value_zh": ""}, "摇号的批次，须事先写明用哪个公开数值、什么时候能知道。"),
        ({"public_value_at": FREEZES}, "公开数值要在名单锁定以后才产生，并且不晚于摇号时间。"),
        ({"public_value_at": DRAWS + HOUR}, "公开数值要在名单锁定以后才产生，并且不晚于摇号时间。"),
        ({"public_value_zh": "-"}, "公开数值的写法不对：写一行文字，不要只写“-”。"),
    ],
)
def test_what_would_fail_at_the_draw_is_refused_at_once(fields, sentence):
    assert refused(prepare, make_building(), **fields) == sentence


def test_only_administrators_have_rounds():
    row = prepare(make_building())
    assert refused(opening.open_round, row.pk, by=staff(Role.CLERK), at=AT) == "您没有办理这一步的权限。"


def test_opening_a_lottery_publishes_the_commitment_to_a_secret_and_keeps_the_secret():
    row = open_for(make_building())
    assert row.state == "open"
    preimage = f"talent-harbour draw 1 commitment\n{row.number}\n{row.secret}\n"
    assert row.commitment == sha256(preimage.encode()).hexdigest()


def test_a_round_that_opens_later_than_it_was_prepared_for_follows_the_policy_of_that_day():
    row = prepare(make_building())
    text = Path(settings.BASE_DIR, "housing/policy/APT-2023.yaml").read_text(encoding="utf-8")
    changed = {'version: "1"': 'version: "2"', "effective_from: 2023-01-01": "effective_from: 2026-03-03"}
    for before, after in changed.items():
        text = text.replace(before, after)
    newer = load_policy(text, at=AT)
    assert opening.open_round(row.pk, by=row.made_by, at=OPENS + DAY).policy_version == newer


def test_where_no_lot_decides_there_is_no_secret():
    row = open_for(make_building(), "tiers")
    assert (row.secret, row.commitment, row.public_value_at) == ("", "", None)


def test_a_round_whose_freeze_has_passed_is_not_opened():
    row = prepare(make_building())
    assert refused(opening.open_round, row.pk, by=row.made_by, at=FREEZES) == "锁定时间已经过了。请先改好时间。"


def test_an_open_round_is_not_changed_any_more():
    row = open_for(make_building())
    about = {"values": round_values(), "units": [], "expected_version": row.version, "by": row.made_by, "at": AT}
    assert refused(opening.change_draft, row.pk, **about) == "批次公布以后，时间、方式和房源都不能再改。"


# ── the freeze ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_is_frozen_at_its_moment_with_who_was_in_it_then():
    row = open_for(make_building(3), "tiers_then_lottery")
    first, gone, late = enter(row, tier="BSC"), enter(row), enter(row, tier="L3")
    leave(gone, at=FREEZES - HOUR)
    assert freezing.freeze_due(at=FREEZES - HOUR / 60) == 0
    assert freezing.freeze_due(at=FREEZES) == 1
    assert freezing.freeze_due(at=FREEZES) == 0
    row.refresh_from_db()
    assert row.state == "frozen"
    assert text_of(row, "entrants") == (
        "talent-harbour entrants 1\n"
        f"round: {row.number}\n"
        "mode: tiers_then_lottery\n"
        "ladder: L1 L2 L3 L4 L5 PHD MST BSC\n"
        f"public value: {NAMED}\n"
        "\n"
        "1\tBSC\t1\tone-room\t陈*\n"
        "3\tL3\t1\tone-room\t陈*\n"
    )
    assert row.entrants_sha256 == sha256(text_of(row, "entrants").encode()).hexdigest()
    assert {first.number, late.number} == {1, 3}


def test_who_leaves_after_the_freeze_stays_in_the_list():
    row = open_for(make_building())
    enter(row)
    gone = enter(row)
    leave(gone, at=FREEZES)  # before the sweep came
    assert freezing.freeze_due(at=FREEZES + 2 * HOUR) == 1
    assert len(text_of(row, "entrants").splitlines()) == 8


def test_a_tier_of_an_older_policy_comes_last_on_the_ladder():
    row = open_for(make_building(), "tiers")
    enter(row, tier="OLD")
    enter(row, tier="")
    freezing.freeze_due(at=FREEZES)
    assert "ladder: L1 L2 L3 L4 L5 PHD MST BSC - OLD\n" in text_of(row, "entrants")
    assert "public value: -\n" in text_of(row, "entrants")


def test_a_damaged_round_holds_up_no_other():
    damaged, sound = open_for(make_building()), open_for(make_building())
    enter(damaged, tier="L 9")  # no list can hold it
    enter(sound)
    assert freezing.freeze_due(at=FREEZES) == 1
    sound.refresh_from_db()
    assert sound.entrants_sha256 != ""


def test_no_name_keeps_a_list_from_being_published():
    row = open_for(make_building())
    for name in ("", "林\u200b\n*", "长" * 48):
        Application.objects.filter(pk=enter(row).application_id).update(name_masked=name)
    assert freezing.freeze_due(at=FREEZES) == 1
    labels = [line.split("\t")[4] for line in text_of(row, "entrants").splitlines()[6:]]
    assert labels == ["*", "林*", "长" * 48]


def test_a_list_without_anybody_is_not_published_and_the_round_is_annulled():
    row = open_for(make_building())
    assert freezing.freeze_due(at=FREEZES) == 0
    row.refresh_from_db()
    assert (row.state, row.entrants_sha256) == ("frozen", "")
    annulling.propose_annulment(row.pk, reason="没有人报名。", by=row.made_by, at=FREEZES)
    assert annulling.confirm_annulment(row.pk, by=another_admin(), at=FREEZES).state == "annulled"


# ── the draw ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draw_leaves_a_file_that_everybody_can_check_and_the_ranks_follow_it():
    row = walk_round(make_building(2), "drawn", mode="tiers_then_lottery", tiers=("BSC", "MST", "MST", "L2", "BSC"))
    content = bytes(row.files.get(kind="result").content)
    checks = check_result(content, commitment=row.commitment, entrants_sha256=row.entrants_sha256, public_value=VALUE)
    assert {check.outcome for check in checks} == {"ok"}
    assert (row.public_value, row.drawn_at, row.drawn_by) == (VALUE, DRAWS, row.made_by)
    ranked = list(Entrant.objects.filter(round=row).order_by("rank"))
    assert [entrant.number for entrant in ranked] == drawing.ranking_of(row)
    assert [entrant.rank for entrant in ranked] == [1, 2, 3, 4, 5]
    assert [entrant.tier for entrant in ranked] == ["L2", "MST", "MST", "BSC", "BSC"]
    assert {entrant.state for entrant in ranked} == {"ranked"}


def test_a_draw_runs_once():
    row = walk_round(make_building(), "drawn")
    before = row.files.get(kind="result").sha256
    again = refused(drawing.draw_round, row.pk, public_value="1", by=row.made_by, at=LATER)
    assert again == "这个批次现在不能这样办理。"
    assert row.files.get(kind="result").sha256 == before


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_eight_who_draw_at_once_one_does(race):
    row = walk_round(make_building(), "frozen", tiers=("MST", "BSC", "L3"))
    about = {"name": "王见", "function": "市公证处公证员", "has_agreed": True}
    drawing.note_witness(row.pk, **about, by=row.made_by, at=DRAWS)
    admins = [another_admin() for _ in range(8)]

    def draw(number: int) -> str:
        try:
            drawing.draw_round(row.pk, public_value=f"{number}.00", by=admins[number], at=DRAWS)
        except RoundRefused as refusal:
            return refusal.sentence
        drawing.write_ranks(row.pk, at=DRAWS)
        return "drawn"

    outcomes = race(8, draw)
    assert sorted(outcomes) == ["drawn"] + ["这个批次现在不能这样办理。"] * 7
    assert drawing.ranking_of(row) == list(
        Entrant.objects.filter(round=row).order_by("rank").values_list("number", flat=True)
    )


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_rounds_made_at_once_one_has_the_unit(race):
    building = make_building()
    load_apartment_policy()
    admins = [staff(Role.ADMINISTRATOR), another_admin()]

    def make(number: int) -> str:
        try:
            return prepare(building, by=admins[number]).state
        except RoundRefused:
            return "refused"

    assert sorted(race(2, make)) == ["draft", "refused"]
    assert RoundUnit.objects.filter(released_at=None).count() == 1


def test_a_draw_waits_for_its_moment_its_witness_and_its_value():
    row = walk_round(make_building(), "frozen")
    about = {"public_value": VALUE, "by": row.made_by}
    assert refused(drawing.draw_round, row.pk, **about, at=DRAWS) == "请先登记至少一位见证人。"
    witness = {"name": "王见", "function": "市公证处公证员", "by": row.made_by}
    unasked = refused(drawing.note_witness, row.pk, **witness, has_agreed=False, at=FREEZES)
    assert unasked == "见证人同意公开姓名和身份，才能登记。"
    drawing.note_witness(row.pk, **witness, has_agreed=True, at=FREEZES)
    assert refused(drawing.note_witness, row.pk, **witness, has_agreed=True, at=FREEZES) == "这位见证人已经登记过。"
    assert refused(drawing.draw_round, row.pk, **about, at=KNOWN) == "还没有到公布的摇号时间。"
    wrong = refused(drawing.draw_round, row.pk, public_value="四千点", by=row.made_by, at=DRAWS)
    assert wrong == "公开数值只能用数字、英文字母和英文标点，最多 200 个字符。"
    assert not RoundFile.objects.filter(kind="result").exists()


def test_no_draw_rests_on_a_list_that_was_published_after_the_public_value():
    row = open_for(make_building())
    enter(row)
    assert freezing.freeze_due(at=KNOWN) == 1  # the sweep had stood still for a day
    drawing.note_witness(row.pk, name="王见", function="公证员", has_agreed=True, by=row.made_by, at=KNOWN)
    late = refused(drawing.draw_round, row.pk, public_value=VALUE, by=row.made_by, at=DRAWS)
    assert late == "名单公布得太晚，公开数值那时已经产生。请作废这个批次，重新进行。"


def test_nobody_is_their_own_witness():
    row = walk_round(make_building(), "frozen")
    own = {"name": row.made_by.display_name, "function": "管理员", "has_agreed": True}
    drawing.note_witness(row.pk, **own, by=row.made_by, at=FREEZES)
    alone = refused(drawing.draw_round, row.pk, public_value=VALUE, by=row.made_by, at=DRAWS)
    assert alone == "主持的人不能当自己的见证人，请登记别人。"
    assert drawing.draw_round(row.pk, public_value=VALUE, by=another_admin(), at=DRAWS).state == "drawn"


def test_who_is_in_a_round_or_related_to_who_is_has_no_hand_in_it():
    """An administrator who entered, one whose spouse did, and one who keeps away from the file of somebody in it."""
    row, number = open_for(make_building()), make_number(serial=941)
    entered, married, kept_away = another_admin(), another_admin(), another_admin()
    enter(row, make_approved(make_person(user=entered)))
    make_person(user=married, identity={"number": number})
    file = enter(row, make_approved(spouse_number=number, household=2)).application
    Recusal.objects.create(application=file, person=kept_away, reason="同学", made_by=row.made_by, made_at=OPENS)
    in_it, away = "您或您的配偶参加了这个批次，请由别人办理。", "这个批次里有您回避的人，请由别人办理。"
    witness = {"name": "王见", "function": "公证员", "has_agreed": True, "at": FREEZES}
    freezing.freeze_due(at=FREEZES)
    drawing.note_witness(row.pk, **witness, by=row.made_by)
    for by, why in ((entered, in_it), (married, in_it), (kept_away, away)):
        assert refused(drawing.note_witness, row.pk, **witness, by=by) == why
        assert refused(drawing.draw_round, row.pk, public_value=VALUE, by=by, at=DRAWS) == why
        assert refused(annulling.propose_annulment, row.pk, reason="重来。", by=by, at=DRAWS) == why
    assert drawing.draw_round(row.pk, public_value=VALUE, by=row.made_by, at=DRAWS).state == "drawn"


def test_the_result_is_not_published_before_every_rank_is_written():
    row = walk_round(make_building(), "drawn", tiers=("MST", "MST"))
    for state in ("entered", "left"):  # who left is passed over, and still has a rank
        Entrant.objects.filter(round=row, number=2).update(rank=None, state=state, state_at=LATER)
        assert refused(drawing.publish_round, row.pk, by=row.made_by, at=LATER) == "排位还没有写完，请稍候再公布。"
    assert drawing.rank_due(at=LATER) == 1
    assert {entrant.public_rank for entrant in Entrant.objects.select_related("round")} == {None}
    assert drawing.publish_round(row.pk, by=row.made_by, at=LATER).state == "published"
    assert {entrant.public_rank for entrant in Entrant.objects.select_related("round")} == {1, 2}


def test_first_come_ranks_by_the_order_of_entering_without_a_public_value():
    row = walk_round(make_building(), mode="first_come", tiers=("BSC", "L1"))
    assert list(Entrant.objects.filter(round=row).order_by("rank").values_list("number", flat=True)) == [1, 2]
    assert (row.seed, row.public_value) == ("", "")


def test_everybody_on_the_ranking_is_told_their_rank_once():
    row = walk_round(make_building(), tiers=("MST", "MST", "MST"))
    leave(Entrant.objects.get(round=row, rank=2), at=LATER)
    assert announcing.tell_due(at=LATER) == 2
    assert announcing.tell_due(at=LATER) == 0
    letters = Letter.objects.filter(kind="round_ranked")
    assert {letter.context["rank"] for letter in letters} == {1, 3}
