"""What a holder does: report the loss, get another card, keep the picture."""

from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from applicants.cards.models import Card
from applicants.cards.services.changing import change_card
from applicants.cards.services.files import make_files
from applicants.cards.services.printing import hand_over, make_batch, mark_printed
from tests.browsing import signed_in
from tests.cards.making import make_card_application_in
from tests.factories import AT, make_person, move_clock, staff

pytestmark = pytest.mark.django_db
LOSS, PICTURE = "/card/loss/", "/card/picture/phone-png/"


@pytest.fixture
def card() -> Card:
    move_clock(AT)
    return Card.objects.get(application=make_card_application_in("approved"))


@pytest.mark.slow
def test_a_lost_card_is_dead_at_once_and_another_follows(card):
    holder = signed_in(card.person.user)
    assert holder.post(LOSS, {"act": "lose", "version": "1"}).status_code == 302
    card.refresh_from_db()
    assert (card.state, card.ended_as) == ("ended", "lost")
    assert holder.get(LOSS).context["is_replaceable"] is True
    assert holder.post(LOSS, {"act": "replace"})["Location"] == "/card/"
    new = Card.objects.get(follows=card)
    assert (new.state, new.number != card.number) == ("active", True)
    assert holder.get(LOSS).context["card"] == new


def test_a_loss_reported_twice_says_so(card):
    holder = signed_in(card.person.user)
    holder.post(LOSS, {"act": "lose", "version": "1"})
    response = holder.post(LOSS, {"act": "lose", "version": "2"})
    assert (response.status_code, response.context["refusal"]) == (422, "这张卡现在不能这样办理。")


@pytest.mark.parametrize("form", [{}, {"act": "revoke"}, {"act": "resume", "version": "1"}, {"act": "\x00"}])
@pytest.mark.slow
def test_nothing_else_can_be_asked_for(card, form):
    assert signed_in(card.person.user).post(LOSS, form).status_code == 404


@pytest.mark.slow
def test_a_page_that_is_too_old_changes_nothing(card):
    response = signed_in(card.person.user).post(LOSS, {"act": "lose", "version": "7"})
    card.refresh_from_db()
    assert (response.status_code, card.state) == (422, "active")


@pytest.mark.slow
def test_whoever_has_no_card_finds_no_page(card):
    for user in (make_person().user, staff("clerk")):
        assert signed_in(user).get(LOSS).status_code == 404
    assert Client().get(LOSS).status_code == 302


@pytest.mark.slow
def test_the_holder_keeps_the_picture_while_the_card_lives(card):
    holder = signed_in(card.person.user)
    assert holder.get(PICTURE).status_code == 404  # not drawn yet
    make_files(card.pk, at=AT)
    response = holder.get(PICTURE)
    assert response["Content-Disposition"] == 'attachment; filename="talent-card.png"'
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    with Image.open(BytesIO(response.content)) as picture:
        assert picture.size == (1012, 638)
    assert holder.get("/card/picture/phone-webp/")["Content-Type"] == "image/webp"
    assert [holder.get(f"/card/picture/{kind}/").status_code for kind in ("front", "pdf", "x")] == [404, 404, 404]
    assert signed_in(make_person().user).get(PICTURE).status_code == 404
    change_card(card.pk, "lose", by=card.person.user, at=AT)
    assert holder.get(PICTURE).status_code == 404


@pytest.mark.slow
def test_the_holder_reads_how_far_the_plastic_is(card):
    holder = signed_in(card.person.user)

    def told() -> str:
        return holder.get("/card/").context["plastic"]

    assert told() == "正在制作"
    make_files(card.pk, at=AT)
    assert (told(), holder.get("/card/").context["has_picture"]) == ("等待打印", True)
    batch = make_batch(card_ids=[card.pk], by=staff("clerk"), at=AT)
    mark_printed(batch=batch, line_ids=[batch.lines.get().pk], by=staff("clerk"), at=AT)
    assert told() == "已制好，请带身份证件到窗口领取"
    taken = {"taken_by": "林晓航", "paper_shown": "id_card", "note": "签收簿第 3 页"}
    hand_over(card_id=card.pk, **taken, by=staff("clerk"), at=AT)
    assert told() == "2023 年 10 月 16 日已领取"
    change_card(card.pk, "lose", by=card.person.user, at=AT)
    assert (told(), holder.get("/card/").context["has_picture"]) == ("2023 年 10 月 16 日已领取", False)
