"""The applicant's pages: the sections of the application, the apartment, entering a round, answering an offer."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from housing.apartments.models import ApartmentRequest, Entrant, Lease, Offer, OfferState
from portal.casework.models import Application
from portal.casework.services.advancing import advance
from tests.apartments.making import (
    AT,
    HOUR,
    load_apartment_policy,
    make_approved,
    make_building,
    make_entrant,
    make_lease,
    make_round,
    make_type,
    offer_to,
)
from tests.apartments.walking import (
    give_tier,
    make_apartment_application_in,
    make_apartment_draft,
    open_round,
    start_apartment,
)
from tests.browsing import signed_in, text_of
from tests.factories import make_number, make_user, move_clock, staff

pytestmark = pytest.mark.django_db
NUMBER = make_number(serial=921)
SECTION = {"household_size": "2", "has_spouse": "yes", "spouse_name": "林雨", "spouse_number": NUMBER,
           "spouse_tier": "none", "tier": "none", "has_home": "no"}  # fmt: skip


@pytest.fixture(autouse=True)
def _now():
    move_clock(AT + HOUR)


def browser_of(application: Application) -> Client:
    return signed_in(application.applicant.user)


def test_the_household_is_asked_for_and_read_back_with_the_number_hidden():
    draft = start_apartment()
    browser, page = browser_of(draft), reverse("application_section", args=[draft.pk, "household"])
    assert browser.get(page).status_code == 200
    assert browser.post(page, SECTION).status_code == 302
    row = ApartmentRequest.objects.get(pk=draft.pk)
    assert (row.household_size, row.has_spouse, row.spouse_name, row.spouse_number) == (2, True, "林雨", NUMBER)
    draft = make_apartment_draft(spouse_number=NUMBER)
    shown = browser_of(draft).get(reverse("application_check", args=[draft.pk])).content.decode()
    assert NUMBER[:4] + "*" * 10 + NUMBER[-4:] in shown
    assert NUMBER not in shown


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"household_size": ""}, "请填写一起住几个人。"),
        ({"household_size": "两"}, "请填写人数，用数字。"),
        ({"household_size": "0"}, "至少 1 个人，就是您自己。"),
        ({"household_size": "99999999999"}, "人数太多了。请只填一起搬进来住的人。"),
        ({"household_size": "1"}, "夫妻一起住，至少 2 个人。配偶不搬来住的，也请算上。"),
        ({"has_spouse": "\x00"}, "请从列出的选项里选一项。"),
        ({"spouse_name": ""}, "请填写配偶姓名。"),
        ({"spouse_number": ""}, "请填写配偶的居民身份证号码。"),
        ({"spouse_number": "123"}, "身份证号码是 18 位，您填了 3 位。请对照身份证重新填写。"),
        ({"spouse_tier": "L9"}, "请从列出的选项里选一项。"),
        ({"tier": ""}, "请选择有没有人才认定。"),
        ({"has_home": ""}, "请选择家庭在本市有没有住房。"),
    ],
)
def test_what_is_wrong_with_the_household_is_said_beside_the_field(change, sentence):
    draft = start_apartment()
    page = browser_of(draft).post(reverse("application_section", args=[draft.pk, "household"]), SECTION | change)
    assert sentence in page.content.decode()
    assert not ApartmentRequest.objects.exists()


def test_nobody_is_married_to_themselves():
    draft = start_apartment()
    values = SECTION | {"spouse_number": draft.applicant.number}
    page = browser_of(draft).post(reverse("application_section", args=[draft.pk, "household"]), values)
    assert "这是您自己的号码。请填写配偶的号码。" in page.content.decode()


def test_kinds_of_unit_are_chosen_by_liking():
    draft = start_apartment()
    make_type(), make_type("two-rooms", rooms=2, to=4)
    browser, page = browser_of(draft), reverse("application_section", args=[draft.pk, "unit_types"])
    assert "请先填写家庭情况" in text_of(browser.post(page, {"first": "one-room"}))
    browser.post(reverse("application_section", args=[draft.pk, "household"]), SECTION)
    assert "同一种房型选了两次" in text_of(browser.post(page, {"first": "one-room", "second": "one-room"}))
    assert "请从列出的选项里选一项。" in text_of(browser.post(page, {"first": "castle"}))
    assert browser.post(page, {"first": "two-rooms", "third": "one-room"}).status_code == 302
    assert list(ApartmentRequest.objects.get(pk=draft.pk).types.values_list("type__code", "position")) == [
        ("two-rooms", 1),
        ("one-room", 2),
    ]


def test_a_round_is_entered_and_left_again():
    application, row = give_tier(make_approved()), open_round()
    browser, home = browser_of(application), reverse("own_apartment", args=[application.pk])
    assert "2026 年第一批" in text_of(browser.get(home))
    page = reverse("own_apartment_enter", args=[application.pk, row.pk])
    assert browser.get(page).status_code == 200
    empty = browser.post(page, {})
    assert (empty.status_code, "请选择最想要的房型。" in text_of(empty)) == (422, True)
    assert browser.post(page, {"first": "\x00"}).status_code == 422
    entered = browser.post(page, {"first": "one-room"}, follow=True)
    assert "已报名。名单锁定以后，结果会写信告诉您。" in text_of(entered)
    entrant = Entrant.objects.get()
    assert "0001" in text_of(entered)
    assert browser.get(page).status_code == 302  # entered once
    assert "可以报名的批次" not in text_of(entered)  # a household waits in one round at a time
    left = browser.post(reverse("own_apartment_leave", args=[entrant.pk]), follow=True)
    assert "已退出这个批次。" in text_of(left)
    assert browser.get(page).status_code == 200


def test_an_offer_is_shown_with_its_rent_and_accepted():
    building = make_building()
    application = make_approved()
    entrant = make_entrant(make_round(building, mode="lottery"), application)
    offer = offer_to(entrant, building.units.get())
    browser, page = browser_of(application), reverse("own_offer", args=[offer.pk])
    assert "有房源，等您答复" in text_of(browser.get(reverse("own_apartment", args=[application.pk])))
    shown = text_of(browser.get(page))
    assert "60 平方米，1 楼" in shown
    assert "第 1 年 50% 1,000.00" in shown  # a master: half of 2,000 yuan for 60 m²
    assert "第 3 年 60% 1,200.00" in shown
    assert "还可以放弃 2 次" in shown
    for answer in ({}, {"act": "x"}, {"act": "accept", "unit": "x"}):
        assert browser.post(page, answer).status_code == 422
    assert browser.post(page, {"act": "accept"}).status_code == 302
    lease = Lease.objects.get()
    assert (lease.offer, lease.state) == (offer, "drafted")
    answered = browser.post(page, {"act": "refuse"})
    assert (answered.status_code, "这次选房已经答复过，或者已经过期。" in text_of(answered)) == (422, True)


def test_where_the_first_to_come_is_served_a_unit_is_picked():
    building = make_building(2)
    _first, second = building.units.order_by("label")
    entrant = make_entrant(make_round(building))
    offer = offer_to(entrant)
    browser, page = browser_of(entrant.application), reverse("own_offer", args=[offer.pk])
    assert f'value="{second.pk}"' in browser.get(page).content.decode()
    assert browser.post(page, {"act": "accept", "unit": str(second.pk)}).status_code == 302
    assert Lease.objects.get().unit == second


def test_a_refusal_is_counted_and_the_place_stays():
    building = make_building()
    entrant = make_entrant(make_round(building, mode="lottery"))
    offer = offer_to(entrant, building.units.get())
    page = browser_of(entrant.application).post(reverse("own_offer", args=[offer.pk]), {"act": "refuse"}, follow=True)
    entrant.refresh_from_db()
    assert (entrant.state, entrant.refusals, Offer.objects.get().state) == ("ranked", 1, OfferState.REFUSED)
    assert "已放弃这套房源。" in text_of(page)


def test_what_is_somebody_elses_is_not_there():
    lease = make_lease()
    application, row = lease.application, open_round()
    entrant = lease.offer.entrant
    places = [
        reverse("own_apartment", args=[application.pk]),
        reverse("own_apartment_enter", args=[application.pk, row.pk]),
        reverse("own_offer", args=[lease.offer_id]),
        reverse("api_apartment_entry", args=[application.pk]),
        reverse("api_apartment_lease", args=[application.pk]),
    ]
    stranger = Client()
    stranger.force_login(make_user())
    assert [stranger.get(place).status_code for place in places] == [404] * 5
    assert stranger.post(reverse("own_apartment_leave", args=[entrant.pk])).status_code == 404
    assert Client().get(places[0]).status_code == 302


def test_the_apartment_shows_the_lease_and_no_more_rounds():
    lease = make_lease()
    open_round()
    shown = text_of(browser_of(lease.application).get(reverse("own_apartment", args=[lease.application_id])))
    assert ("待签约" in shown, "可以报名的批次" in shown) == (True, False)
    progress = text_of(browser_of(lease.application).get(reverse("applications")))
    assert "选好房了，等您签约" in progress


def test_before_approval_there_is_no_apartment():
    draft = start_apartment()
    page = browser_of(draft).get(reverse("own_apartment", args=[draft.pk]))
    assert (page.status_code, page.url) == (302, reverse("application", args=[draft.pk]))


def test_the_public_page_shows_rounds_and_worked_rents():
    load_apartment_policy()
    open_round()
    shown = text_of(Client().get(reverse("apartments")))
    assert "硕士 60 1,080.00 540.00 540.00 648.00 756.00 756.00" in shown
    assert "本科或预备技师（技师）班 22.5 405.00 243.00 243.00 283.50 405.00 405.00" in shown
    # 75 m² at 18 yuan: 60 at half the rent, 15 at all of it
    assert "租 75 平方米的，第 1 年每月 810 元" in shown
    assert "AR-2026-" in shown


def test_without_a_policy_the_public_page_still_says_how_it_goes():
    page = Client().get(reverse("apartments"))
    assert (page.status_code, "租金举例" in text_of(page)) == (200, False)


def send(browser: Client, name: str, application: Application, body: dict | None = None, method: str = "post"):
    call = getattr(browser, method)
    data = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    return call(reverse(name, args=[application.pk]), **data)


def test_programs_enter_read_and_leave():
    application, row = give_tier(make_approved()), open_round()
    browser = browser_of(application)
    rounds = Client().get(reverse("api_apartment_rounds")).json()
    assert [(it["number"], [kind["code"] for kind in it["types"]]) for it in rounds] == [(row.number, ["one-room"])]
    answer = send(browser, "api_apartment_entry", application, {"round": row.number, "types": ["one-room"]})
    assert answer.status_code == 200
    assert answer.json() == [
        {"round": row.number, "number": 1, "state": "entered", "rank": None, "tier": "MST", "types": ["one-room"],
         "offers": []}
    ]  # fmt: skip
    assert send(browser, "api_apartment_entry", application, method="delete").status_code == 204
    assert send(browser, "api_apartment_entry", application, method="get").json()[0]["state"] == "left"


@pytest.mark.parametrize(
    "body",
    [{}, {"round": "x", "types": ["one-room"]}, {"round": None, "types": 3}, {"round": "x", "types": ["\x00"]},
     {"round": "x" * 500, "types": []}, {"round": "AR", "types": ["a"] * 9}, {"round": "AR", "types": {}}],
)  # fmt: skip
def test_what_a_program_sends_wrong_is_said(body):
    application = give_tier(make_approved())
    assert send(browser_of(application), "api_apartment_entry", application, body).status_code == 422


def test_programs_answer_offers_and_read_leases():
    building = make_building()
    entrant = make_entrant(make_round(building, mode="lottery"))
    application, browser = entrant.application, browser_of(entrant.application)
    assert send(browser, "api_apartment_offer", application, {"act": "accept"}).status_code == 409
    offer_to(entrant, building.units.get())
    assert send(browser, "api_apartment_offer", application, {"act": "maybe"}).status_code == 422
    answer = send(browser, "api_apartment_offer", application, {"act": "accept"})
    assert answer.json()[0]["state"] == "housed"
    lease = send(browser, "api_apartment_lease", application, method="get").json()[0]
    assert (lease["state"], lease["unit"], lease["deposit_fen"]) == ("drafted", "101", 100_000)


def test_an_offer_is_what_there_is_to_do_in_the_list_of_applications():
    building = make_building()
    entrant = make_entrant(make_round(building, mode="lottery"), give_tier(make_approved()))
    offer_to(entrant, building.units.get())
    shown = text_of(browser_of(entrant.application).get(reverse("application", args=[entrant.application_id])))
    assert ("看房源，按时答复。" in shown, "去答复" in shown) == (True, True)


@pytest.mark.slow
def test_reviewers_read_household_and_kinds_and_return_them_for_correction():
    row = make_apartment_application_in("first_review", spouse_number=NUMBER)
    reviewer = Client()
    reviewer.force_login(staff("first_reviewer"))
    file = reverse("desk_file", args=[row.pk])
    answers = text_of(reviewer.get(file + "?tab=answers"))
    assert f"林雨、{NUMBER[:4]}**********{NUMBER[-4:]}、人才认定：没有" in answers
    assert "一居室" in answers
    items = [{"kind": "field", "section": "household", "name": "has_spouse", "note": "和结婚证不一致"}]
    advance(
        row, "return", actor=staff("first_reviewer"), at=AT + HOUR, expected_version=row.version, note="请改。",
        items=items,
    )  # fmt: skip
    browser, page = browser_of(row), reverse("application_section", args=[row.pk, "household"])
    asked = browser.get(page).content.decode()
    assert ("spouse_number" in asked, 'name="household_size"' in asked) == (True, False)
    other = make_number(serial=922)
    assert browser.post(page, SECTION | {"spouse_number": other, "household_size": "9"}).status_code == 302
    stored = ApartmentRequest.objects.get(pk=row.pk)
    assert (stored.spouse_number, stored.household_size) == (other, 2)


def test_programs_answer_the_household_and_the_kinds():
    draft = start_apartment()
    browser = browser_of(draft)
    make_type()
    household = SECTION | {"has_spouse": True, "has_home": False}
    answer = send(browser, "api_answers", draft, {"household": household}, method="patch")
    assert answer.status_code == 200, answer.content.decode()
    assert NUMBER not in answer.content.decode()
    assert send(browser, "api_answers", draft, {"unit_types": {"first": "one-room"}}, method="patch").status_code == 200
    assert ApartmentRequest.objects.get(pk=draft.pk).types.get().type.code == "one-room"
    wrong = send(browser, "api_answers", draft, {"household": {"has_home": 5}}, method="patch")
    assert wrong.status_code == 422


def test_who_is_approved_is_led_to_the_apartment_and_not_to_a_new_application():
    application = give_tier(make_approved())
    browser, there = browser_of(application), reverse("own_apartment", args=[application.pk])
    pages = [browser.get(reverse("apartments")), browser.get(reverse("programme", args=["apartment"]))]
    assert [there in page.content.decode() for page in pages] == [True, True]
    assert ["开始申请" in page.content.decode() for page in pages] == [False, False]
