"""The desk's pages of rounds, and what everybody reads of one."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from housing.apartments.models import Entrant, Round, RoundAnnulment
from housing.apartments.services import annulling, drawing, freezing, reconsidering
from housing.apartments.tasks import sweep_rounds
from portal.accounts.models import Role
from portal.notifications.models import Letter
from tests.apartments.making import (
    AT,
    DAY,
    HOUR,
    load_apartment_policy,
    make_approved,
    make_building,
    make_entrant,
    make_round,
    offer_to,
)
from tests.apartments.round_making import (
    DRAWS,
    FREEZES,
    NAMED,
    VALUE,
    another_admin,
    enter,
    open_for,
    prepare,
    walk_on,
    walk_round,
)
from tests.apartments.walking import give_tier
from tests.browsing import page, send, signed_in, text_of
from tests.factories import make_person, make_user, move_clock
from tests.traps import age_sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_the_second_of_march():
    move_clock(AT)


def act(client: Client, row: Round, act: str, /, **values):
    row.refresh_from_db()
    values = {f"{act}-{key}": value for key, value in values.items()}
    return client.post(reverse("desk_round_act", args=[row.pk]), values | {"act": act, "version": row.version})


ASKED = {
    "title_zh": "2026 年第一批",
    "mode": "lottery",
    "opens_at": "2026-03-02T10:00",
    "freezes_at": "2026-03-09T09:00",
    "draw_at": "2026-03-11T09:00",
    "lease_starts_on": "2026-04-01",
    "public_value_zh": NAMED,
    "public_value_at": "2026-03-10T15:00",
}


def test_a_round_is_walked_from_the_desk_and_everybody_reads_it():
    load_apartment_policy()
    building, client, citizen = make_building(2), signed_in(Role.ADMINISTRATOR), Client()
    units = [str(pk) for pk in building.units.values_list("pk", flat=True)]
    assert send(client, "desk_round_new", units=units, **ASKED).status_code == 302
    row = Round.objects.get()
    assert citizen.get(reverse("apartment_round", args=[row.number])).status_code == 404
    assert act(client, row, "open").status_code == 302
    row.refresh_from_db()
    shown = page(citizen, "apartment_round", row.number)
    assert row.commitment in shown
    assert row.secret not in shown
    assert NAMED in shown
    assert "还没开始报名" in shown
    assert "我的申请，报名参加" not in shown
    assert "还没开始报名" in page(citizen, "apartments")
    move_clock(AT + HOUR)
    shown = page(citizen, "apartment_round", row.number)
    assert "还没开始报名" not in shown
    assert "我的申请，报名参加" in shown
    for _ in range(3):
        enter(row)
    move_clock(FREEZES)
    assert act(client, row, "freeze").status_code == 302
    shown = page(citizen, "apartment_round", row.number)
    assert "名单上有 3 户，姓名只露出姓。" in shown
    assert "陈*" in shown
    assert row.secret not in shown
    about = {"name": "王见", "function": "市公证处公证员"}
    assert act(client, row, "witness", **about).status_code == 422
    assert act(client, row, "witness", **about, has_agreed="on").status_code == 302
    assert "以后才能排位" in page(client, "desk_round", row.pk)
    move_clock(DRAWS)
    assert act(client, row, "draw", public_value="四千", is_checked="on").status_code == 422
    assert act(client, row, "draw", public_value=VALUE).status_code == 422
    assert act(client, row, "draw", public_value=VALUE, is_checked="on").status_code == 302
    file = reverse("apartment_round_file", args=[row.number, "result"])
    assert citizen.get(file).status_code == 404
    assert row.secret not in page(citizen, "apartment_round", row.number)
    assert act(client, row, "publish").status_code == 302
    shown = page(citizen, "apartment_round", row.number)
    row.refresh_from_db()
    assert all(text in shown for text in (row.secret, row.seed, VALUE, "王见", f'data-result-url="{file}"'))
    stored = row.files.get(kind="result")
    answer = citizen.get(file)
    assert (answer.content, answer["Content-Type"]) == (bytes(stored.content), "application/json")
    winner = Entrant.objects.get(round=row, rank=1)
    looked_up = page(citizen, "apartment_round", row.number, number=winner.number)
    assert f'<th scope="row" class="th-num">{winner.shown_number}</th>' in looked_up
    assert "名单上没有这个编号。" in page(citizen, "apartment_round", row.number, number="99")
    assert act(client, row, "close").status_code == 302
    assert "已结束" in page(citizen, "apartment_rounds")


def test_a_form_that_cannot_be_right_says_why_and_keeps_what_was_typed():
    load_apartment_policy()
    client, units = signed_in(Role.ADMINISTRATOR), [str(make_building().units.get().pk)]
    for wrong in (
        {"units": ["x"]},
        {"units": []},
        {"mode": "dice"},
        {"opens_at": "0001-01-01T00:00"},
        {"freezes_at": "\x00"},
        {"public_value_zh": ""},
        {"public_value_zh": "-"},
        {"lease_starts_on": "9" * 400},
        {"title_zh": "长" * 61},
    ):
        answer = send(client, "desk_round_new", **(ASKED | {"units": units} | wrong))
        assert answer.status_code == 422, wrong
        assert "2026-03-11T09:00" in answer.content.decode()
    assert not Round.objects.exists()


def test_a_draft_is_changed_and_discarded_at_the_desk():
    row, client = prepare(make_building()), signed_in(Role.ADMINISTRATOR)
    units = [str(row.units.get().unit_id)]
    changed = ASKED | {"title_zh": "改过的批次", "units": units, "version": "1"}
    assert send(client, "desk_round_edit", row.pk, **changed).status_code == 302
    assert "改过的批次" in page(client, "desk_round", row.pk)
    assert send(client, "desk_round_edit", row.pk, **changed).status_code == 422
    assert act(client, row, "discard").url == reverse("desk_rounds")
    assert not Round.objects.exists()


def test_an_act_whose_time_is_not_there_is_told_and_nobody_else_acts():
    row = prepare(make_building())
    assert act(signed_in(Role.ADMINISTRATOR), row, "publish").status_code == 302
    assert send(signed_in(Role.ADMINISTRATOR), "desk_round_act", row.pk, act="dance").status_code == 404
    assert send(signed_in(Role.ADMINISTRATOR), "desk_round_act", row.pk, act="open", version="99").status_code == 422
    assert act(signed_in(Role.CLERK), row, "open").status_code == 404
    assert 'name="act" value="open"' not in page(signed_in(Role.CLERK), "desk_round", row.pk)
    assert 'name="act" value="open"' in page(signed_in(Role.ADMINISTRATOR), "desk_round", row.pk)
    assert signed_in(make_user()).get(reverse("desk_rounds")).status_code == 404


def test_a_witness_noted_by_mistake_is_taken_back():
    row, client = walk_round(make_building(), "frozen"), signed_in(Role.ADMINISTRATOR)
    move_clock(FREEZES)
    act(client, row, "witness", name="王见", function="公证员", has_agreed="on")
    witness = str(row.witnesses.get().pk)
    for wrong in ("", "x", str(uuid4())):
        assert send(client, "desk_round_act", row.pk, act="drop_witness", witness=wrong).status_code == 404
    assert send(client, "desk_round_act", row.pk, act="drop_witness", witness=witness).status_code == 302
    assert not row.witnesses.exists()


def test_two_administrators_annul_and_the_reason_is_public():
    row, client = walk_round(make_building(), "frozen"), signed_in(Role.ADMINISTRATOR)
    move_clock(DRAWS)
    assert send(client, "desk_round_annulment", row.pk, act="propose", reason=" ").status_code == 422
    assert send(client, "desk_round_annulment", row.pk, act="propose", reason="系统故障。").status_code == 302
    own = client.post(reverse("desk_round_annulment", args=[row.pk]), {"act": "confirm"}, follow=True)
    assert "作废须由另一位管理员确认。" in text_of(own)
    another = another_admin()
    second = signed_in(another)
    assert send(second, "desk_round_annulment", row.pk, act="confirm").status_code == 302
    shown = page(Client(), "apartment_round", row.number)
    assert all(text in shown for text in ("系统故障。", *(who.display_name for who in (row.made_by, another))))
    assert "名单上有 1 户，姓名只露出姓。" in shown


def test_drawing_publishing_and_annulling_ask_who_it_is_and_nothing_is_done_before():
    row, client = walk_round(make_building(), "frozen"), signed_in(Role.ADMINISTRATOR)
    move_clock(DRAWS)
    act(client, row, "witness", name="王见", function="公证员", has_agreed="on")
    age_sign_in(client, 11)
    draw = {"public_value": VALUE, "is_checked": "on"}
    asked = [
        act(client, row, "draw", **draw),
        send(client, "desk_round_annulment", row.pk, act="propose", reason="系统故障。"),
        send(client, "desk_round_annulment", row.pk, act="confirm"),
    ]
    assert ["reauthenticate" in answer.url for answer in asked] == [True] * 3
    row.refresh_from_db()
    assert (row.state, RoundAnnulment.objects.exists()) == ("frozen", False)
    act(signed_in(Role.ADMINISTRATOR), row, "draw", **draw)
    assert "reauthenticate" in act(client, row, "publish").url
    row.refresh_from_db()
    assert row.state == "drawn"


def test_an_administrator_who_is_in_the_round_is_told_so_and_offered_no_act():
    row = open_for(make_building())
    entered = another_admin()
    enter(row, make_approved(make_person(user=entered)))
    freezing.freeze_due(at=FREEZES)
    move_clock(FREEZES)
    shown = page(signed_in(entered), "desk_round", row.pk)
    assert ("您或您的配偶参加了这个批次，请由别人办理。" in shown, 'name="act"' in shown) == (True, False)
    assert 'name="act"' in page(signed_in(Role.ADMINISTRATOR), "desk_round", row.pk)


def test_a_rank_is_told_to_nobody_before_the_result_is_public():
    row, application = open_for(make_building()), give_tier(make_approved())
    enter(row, application)
    walk_on(row, "drawn")
    own = signed_in(application.applicant.user)
    for name in ("own_apartment", "application"):
        shown = page(own, name, application.pk)
        assert ("排在第" in shown, "等待选房" in shown) == (False, False)
    drawing.publish_round(row.pk, by=row.made_by, at=DRAWS)
    assert "排在第 1 位" in page(own, "application", application.pk)


def test_the_page_of_an_end_answers_at_once_and_the_sweep_does_the_rest():
    row, client = walk_round(make_building()), signed_in(Role.ADMINISTRATOR)
    move_clock(DRAWS + DAY)
    assert act(client, row, "close").status_code == 302
    assert not Letter.objects.exists()
    sweep_rounds()
    assert (Letter.objects.get().kind, Entrant.objects.get().state) == ("round_over", "unserved")


def test_an_annulled_round_is_run_again_with_its_units():
    row, client = walk_round(make_building(2), "frozen"), signed_in(Role.ADMINISTRATOR)
    annulling.propose_annulment(row.pk, reason="系统故障。", by=row.made_by, at=DRAWS)
    annulling.confirm_annulment(row.pk, by=another_admin(), at=DRAWS)
    again = f"{reverse('desk_round_new')}?of={row.pk}"
    assert again in page(client, "desk_round", row.pk)
    shown = client.get(again).content.decode()
    units = [str(pk) for pk in row.units.values_list("unit_id", flat=True)]
    assert shown.count(" checked") == 3  # the mode and two units
    assert client.post(again, ASKED | {"units": units}).status_code == 302
    redrawn = Round.objects.get(redraw_of=row)
    assert (redrawn.units.count(), redrawn.state) == (2, "draft")
    assert again not in page(client, "desk_round", row.pk)
    assert act(client, redrawn, "open").status_code == 302
    assert reverse("apartment_round", args=[redrawn.number]) in page(Client(), "apartment_round", row.number)


def test_an_entrant_asks_for_a_reconsideration_and_a_reviewer_upholds_it():
    row = walk_round(make_building())
    move_clock(DRAWS + 2 * HOUR)
    entrant = Entrant.objects.select_related("application__applicant__user").get(round=row)
    own, stranger = signed_in(entrant.application.applicant.user), signed_in(make_user())
    assert stranger.get(reverse("own_round_reconsideration", args=[entrant.pk])).status_code == 404
    assert send(own, "own_round_reconsideration", entrant.pk, reason="").status_code == 422
    assert send(own, "own_round_reconsideration", entrant.pk, reason="我的层次写错了。").status_code == 302
    assert "正在复核" in page(own, "own_round_reconsideration", entrant.pk)
    asked = row.reconsiderations.get()
    assert "我的层次写错了。" in page(signed_in(Role.CLERK), "desk_round_reconsideration", asked.pk)
    answer = {"outcome": "upheld", "reason": "层次登记有误。"}
    assert send(signed_in(Role.ADMINISTRATOR), "desk_round_reconsideration", asked.pk, **answer).status_code == 404
    assert send(signed_in(Role.APPROVER), "desk_round_reconsideration", asked.pk, outcome="x").status_code == 422
    assert send(signed_in(Role.APPROVER), "desk_round_reconsideration", asked.pk, **answer).status_code == 302
    assert "您的理由成立" in page(own, "own_round_reconsideration", entrant.pk)
    shown = page(Client(), "apartment_round", row.number)
    assert "这个批次的结果已撤销" in shown
    assert row.seed in shown
    assert not reconsidering.may_ask(entrant, at=DRAWS + 3 * HOUR)


@pytest.mark.slow
def test_open_offers_are_turned_over_page_by_page():
    round = make_round(make_building())
    entrants = [make_entrant(round) for _number in range(51)]
    for number, entrant in enumerate(entrants):
        offer_to(entrant, at=AT + number * HOUR)
    first, second = (page(signed_in(Role.ADMINISTRATOR), "desk_offers", page=number) for number in ("x", 2))
    numbers = [f"{round.number}-{entrant.shown_number}" for entrant in entrants]
    assert [number in first for number in (numbers[0], numbers[49], numbers[50])] == [True, True, False]
    assert [number in second for number in (numbers[0], numbers[49], numbers[50])] == [False, False, True]
    assert ("?page=2" in first, "?page=1" in second) == (True, True)


def test_the_verifier_is_the_file_that_the_tests_run():
    answer = Client().get(reverse("draw_verifier"))
    script = (settings.BASE_DIR / "housing/apartments/verify_draw.py").read_bytes()
    assert answer.content == script
    assert answer["Content-Disposition"] == 'attachment; filename="verify_draw.py"'


def test_hostile_addresses_of_a_round_are_not_there():
    row = walk_round(make_building(), "frozen")
    for path in ("entrants2", "result", "x"):
        assert Client().get(f"/apartments/rounds/{row.number}/{path}/").status_code == 404
    for query in ({"page": "-1"}, {"page": "9" * 40}, {"number": "²"}, {"page": "１"}):
        page(Client(), "apartment_round", row.number, **query)
