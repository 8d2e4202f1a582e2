"""What a check says: to the verifier of an outlet, to anybody else, and to the holder afterwards."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applicants.cards.models import Card, CardCheck
from applicants.cards.services.keys import rotate_signing_key
from portal.locks.models import GuessCount
from tests.cards.checking_making import NOON, card_at_noon, code_at, make_verifier, phone, till_of
from tests.factories import move_clock
from tests.partners.making import make_place

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
JSON = {"accept": "application/json"}


def address(token: str) -> str:
    return reverse("verify_code", args=[token])


def answer(client: Client, token: str) -> tuple[int, str]:
    response = client.get(address(token), headers=JSON)
    return response.status_code, response.json()["result"]


def test_a_verifier_sees_tier_masked_name_and_photo_and_nothing_else():
    card, verifier = card_at_noon(), make_verifier()
    till = till_of(verifier)
    response = till.get(address(code_at(card).token), headers=JSON)
    check = CardCheck.objects.get()
    assert response.json() == {
        "result": "valid",
        "title": "有效",
        "sentence": "请核对照片，再给予礼遇。",
        "check": str(check.pk),
        "checked_at": "2026-03-02T12:00:20+08:00",
        "place": "狮城店",
        "kind": "green",
        "tier": "BSC",
        "name": "林**",
        "photo": f"/verify/checks/{check.pk}/photo/",
    }
    page = till.get(address(code_at(card).token)).content.decode()
    assert "林**" in page
    assert "绿卡" in page
    assert "<dt>人才层次</dt><dd>本科层次</dd>" in page
    for hidden in (card.person.legal_name, card.number, card.person.number, card.opaque_id, str(card.valid_to)):
        assert hidden not in page
    photo = till.get(response.json()["photo"])
    assert (photo.status_code, photo["Content-Type"], photo["Cache-Control"].startswith("max-age=0")) == (
        200, "image/jpeg", True,
    )  # fmt: skip
    assert (check.card, check.place, check.member, check.result) == (card, verifier.places.get(), verifier, "valid")


def test_anybody_else_learns_valid_or_not_and_leaves_no_trace():
    card = card_at_noon()
    response = Client().get(address(code_at(card).token), headers=JSON)
    assert response.json() == {"result": "valid", "title": "有效", "sentence": "这张优才卡现在有效。"}
    for state, ended_as in (("suspended", ""), ("held", ""), ("ended", "lost"), ("ended", "expired")):
        Card.objects.filter(pk=card.pk).update(state=state, ended_as=ended_as)
        response = Client().get(address(code_at(card).token), headers=JSON)
        assert response.json() == {"result": "not_valid", "title": "无效", "sentence": "这张优才卡现在不能用。"}
    assert CardCheck.objects.count() == 0


@pytest.mark.parametrize(
    ("state", "ended_as", "result"),
    [
        ("active", "", "valid"),
        ("suspended", "", "suspended"),
        ("held", "", "suspended"),
        ("ended", "expired", "expired"),
        ("ended", "revoked", "revoked"),
        ("ended", "lost", "revoked"),
        ("ended", "renewed", "revoked"),
        ("ended", "returned", "revoked"),
    ],
)
def test_how_a_card_stands_is_one_word_to_the_verifier(state, ended_as, result):
    card, till = card_at_noon(), till_of(make_verifier())
    token = code_at(card).token
    Card.objects.filter(pk=card.pk).update(state=state, ended_as=ended_as)
    assert answer(till, token) == (200, result)
    assert CardCheck.objects.get().result == result
    assert till.get(f"/verify/checks/{CardCheck.objects.get().pk}/photo/").status_code == 200


def test_the_last_day_counts_whole():
    card, till = card_at_noon(), till_of(make_verifier())
    Card.objects.filter(pk=card.pk).update(valid_to=NOON.date(), renewal_opens_on=None, renewal_closes_on=None)
    assert answer(till, code_at(card).token) == (200, "valid")
    Card.objects.filter(pk=card.pk).update(valid_to=NOON.date() - timedelta(days=1))
    assert answer(till, code_at(card).token) == (200, "expired")


def test_the_same_outlet_gets_the_same_answer_and_another_one_is_told_it_was_used():
    card, first, second = card_at_noon(), make_verifier(), make_verifier(name="小陈")
    here, there, token = till_of(first), till_of(second), code_at(card).token
    told = here.get(address(token), headers=JSON).json()
    move_clock(NOON + timedelta(seconds=30))
    assert here.get(address(token), headers=JSON).json() == told
    response = there.get(address(token), headers=JSON)
    assert (response.status_code, response.json()["result"]) == (409, "used")
    assert set(response.json()) == {"result", "title", "sentence"}
    assert "林" not in there.get(address(token)).content.decode().split("<main")[1]
    assert Client().get(address(token), headers=JSON).json()["result"] == "not_valid"
    used = CardCheck.objects.filter(result="used").first()
    assert there.get(f"/verify/checks/{used.pk}/photo/").status_code == 404
    move_clock(NOON + timedelta(seconds=41))
    assert answer(there, code_at(card, NOON + timedelta(seconds=41)).token) == (200, "valid")


def test_a_lost_card_is_dead_at_once_even_where_its_code_was_good_a_moment_ago():
    card, till = card_at_noon(), till_of(make_verifier())
    token = code_at(card).token
    assert answer(till, token) == (200, "valid")
    Card.objects.filter(pk=card.pk).update(state="ended", ended_as="lost")
    assert answer(till, token) == (200, "revoked")


def test_every_fault_of_a_code_has_an_answer_of_its_own():
    card, till = card_at_noon(), till_of(make_verifier())
    token = code_at(card).token
    other = code_at(card, NOON + timedelta(minutes=5)).token
    for client in (till, Client()):
        assert answer(client, "abc") == (422, "garbage")
        assert answer(client, token[:-4] + "AAAA") == (422, "garbage")
        assert answer(client, other) == (425, "early")
        move_clock(NOON + timedelta(seconds=40))  # the first second of the next minute
        assert answer(client, token) == (410, "over")
        move_clock(NOON)
    assert "这个码要过 5 分钟才有效。" in till.get(address(other)).content.decode()
    move_clock(NOON + timedelta(minutes=9, seconds=40))
    assert "这个码是 10 分钟前的" in till.get(address(token)).content.decode()
    move_clock(NOON)
    rotate_signing_key(by=None, at=NOON, withdraw=True)
    assert answer(till, token) == (403, "unknown_key")
    assert answer(till, code_at(card).token) == (200, "valid")


def test_too_many_tries_by_a_visitor_are_answered_as_that():
    card = card_at_noon()
    visitor = Client()
    answers = [answer(visitor, "abc") for _try in range(61)]
    assert answers[:60] == [(422, "garbage")] * 60
    assert answers[60] == (429, "too_often")
    assert answer(till_of(make_verifier()), code_at(card).token) == (200, "valid")


# ── typed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def typed(client: Client, number: str, digits: str):
    return client.post("/verify/", {"number": number, "digits": digits}, follow=True)


def test_number_and_digits_do_what_the_camera_does():
    card, verifier = card_at_noon(), make_verifier()
    till, code = till_of(verifier), code_at(card)
    page = typed(till, " ".join(card.number), f"{code.digits[:3]} {code.digits[3:]}")
    check = CardCheck.objects.get()
    assert page.redirect_chain == [(f"/verify/checks/{check.pk}/", 302)]
    assert "林**" in page.content.decode()
    assert (check.is_typed, check.result, check.place) == (True, "valid", verifier.places.get())
    assert answer(till, code.token) == (200, "valid")  # the same minute, the same check
    assert answer(till_of(make_verifier()), code.token) == (409, "used")
    assert GuessCount.objects.get().wrong == 0


def test_visitors_who_type_learn_valid_or_not():
    card = card_at_noon()
    page = typed(Client(), card.number, code_at(card).digits).content.decode()
    assert "这张优才卡现在有效。" in page
    Card.objects.filter(pk=card.pk).update(state="suspended")
    assert "这张优才卡现在不能用。" in typed(Client(), card.number, code_at(card).digits).content.decode()
    assert CardCheck.objects.count() == 0


def test_a_number_that_is_not_there_looks_like_wrong_digits():
    card, till = card_at_noon(), till_of(make_verifier())
    wrong = f"{(int(code_at(card).digits) + 1) % 10**6:06d}"
    pages = [typed(till, number, wrong) for number in (card.number, "833505810000027", "123")]
    assert [page.status_code for page in pages] == [422] * 3
    assert {
        ("卡号和核验码对不上。请看清持卡人手机上的号码，再输入一次。" in page.content.decode()) for page in pages
    } == {True}
    assert CardCheck.objects.count() == 0


def test_digits_of_the_minute_before_are_over_and_cost_no_try():
    card, till = card_at_noon(), till_of(make_verifier())
    page = typed(till, card.number, code_at(card, NOON - timedelta(minutes=1)).digits)
    assert (page.status_code, GuessCount.objects.get().wrong) == (410, 0)


def test_guessing_at_digits_ends_after_five():
    card, till = card_at_noon(), till_of(make_verifier())
    right = code_at(card).digits
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    assert [typed(till, card.number, wrong).status_code for _try in range(5)] == [422] * 5
    assert typed(till, card.number, right).status_code == 429
    assert answer(till, code_at(card).token) == (200, "valid")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"number": "", "digits": ""},
        {"number": "9" * 5000, "digits": "x"},
        {"number": "\0", "digits": "１２３４５６"},
        {"number": ["1", "2"], "digits": ["3"]},
    ],
)
def test_what_is_typed_wrongly_is_kept_and_never_a_fault_of_ours(body):
    card_at_noon()
    for client in (till_of(make_verifier()), Client()):
        assert client.post("/verify/", body).status_code == 422


# ── where ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_verifier_of_two_outlets_says_once_where_the_device_stands():
    card, verifier = card_at_noon(), make_verifier()
    east, west = verifier.places.get(), make_place(verifier.partner, "西门")
    verifier.places.add(west)
    till, where = till_of(verifier), address(code_at(card).token)
    assert "您在哪家店" in till.get(where).content.decode()
    assert CardCheck.objects.count() == 0
    for body in ({}, {"place": "x"}, {"place": str(make_place(make_verifier().partner, "别处").pk)}):
        assert till.post("/verify/place/", body | {"next": where}).status_code == 422
    response = till.post("/verify/place/", {"place": str(west.pk), "next": where})
    assert (response.status_code, response["Location"]) == (302, where)
    assert answer(till, code_at(card).token) == (200, "valid")
    assert CardCheck.objects.get().place == west
    west.closed_at = NOON
    west.save()
    answer(till, code_at(card, NOON + timedelta(minutes=0)).token)
    assert CardCheck.objects.latest("at", "id").place in (east, west)


def test_a_check_is_shown_to_who_made_it_for_ten_minutes():
    card, verifier = card_at_noon(), make_verifier()
    till, colleague = till_of(verifier), till_of(make_verifier())
    till.get(address(code_at(card).token))
    page = f"/verify/checks/{CardCheck.objects.get().pk}/"
    assert [till.get(page + part).status_code for part in ("", "photo/")] == [200, 200]
    assert [colleague.get(page + part).status_code for part in ("", "photo/")] == [404, 404]
    assert Client().get(page).status_code == 302
    move_clock(NOON + timedelta(minutes=11))
    assert till.get(page).status_code == 404


def test_an_idle_device_is_asked_for_its_pin_before_it_checks():
    card, till = card_at_noon(), till_of(make_verifier())
    move_clock(NOON + timedelta(minutes=16))
    token = code_at(card, NOON + timedelta(minutes=16)).token
    response = till.get(address(token))
    assert (response.status_code, response["Location"].startswith("/partner/pin/?next=")) == (302, True)
    assert CardCheck.objects.count() == 0


def test_the_holder_sees_every_check_of_the_own_cards():
    card, verifier = card_at_noon(), make_verifier()
    till = till_of(verifier)
    token = code_at(card).token
    till.get(address(token))
    till_of(make_verifier(name="小陈")).get(address(token))
    page = phone(card).get("/card/checks/").content.decode()
    assert [page.count(text) for text in ("狮城店", "小林", "小陈", "这个码已用过", "2026 年 3 月 2 日 12:00")] == [
        2,
        1,
        1,
        1,
        3,  # with the demo's clock
    ]
    assert "还没有商户核验过您的卡。" in phone(card_of_somebody_else()).get("/card/checks/").content.decode()


def card_of_somebody_else() -> Card:
    return card_at_noon()


def test_a_check_takes_five_queries_at_most():
    card, till = card_at_noon(), till_of(make_verifier())
    till.get(address(code_at(card).token))
    at = NOON + timedelta(seconds=45)
    move_clock(at)
    token = code_at(card, at).token
    with CaptureQueriesContext(connection) as queries:
        page = till.get(address(token))
    said = [query["sql"] for query in queries.captured_queries if "clock_clockoffset" not in query["sql"]]
    assert page.status_code == 200
    assert len(said) <= 5, said
