"""The desk's pages about cards: the list, one card and what may be done about it, batches."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applicants.cards.models import Card, CardFile, PrintBatch, PrintLine
from applicants.cards.services.changing import change_card
from applicants.cards.services.files import make_files, open_card_file
from applicants.cards.services.listing import CardFilter, listed_cards
from applicants.cards.services.printing import make_batch, mark_printed
from portal.audit.models import Entry
from tests.browsing import signed_in, text_of
from tests.cards.making import make_card_application_in
from tests.factories import AT, make_person, make_staff, move_clock, staff
from tests.traps import age_sign_in

pytestmark = pytest.mark.django_db
LIST, BATCHES = "/desk/cards/", "/desk/cards/batches/"


@pytest.fixture(autouse=True)
def _a_month_after_the_application():
    move_clock(AT + timedelta(days=30))


def the_card(name: str = "林晓航", *, is_drawn: bool = True) -> Card:
    person = make_person(identity={"legal_name": name})
    card = Card.objects.get(application=make_card_application_in("approved", person=person))
    if is_drawn:
        make_files(card.pk, at=AT)
    return card


def page_of(card: Card) -> str:
    return f"/desk/cards/{card.pk}/"


def said(client: Client, address: str) -> list[str]:
    return [str(message) for message in client.get(address).context["messages"]]


def acts(card: Card, who) -> list[str]:
    return [act["name"] for act in signed_in(who).get(page_of(card)).context["acts"]]


def printed_card() -> Card:
    card = the_card()
    batch = make_batch(card_ids=[card.pk], by=staff("clerk"), at=AT)
    mark_printed(batch=batch, line_ids=[batch.lines.get().pk], by=staff("clerk"), at=AT)
    return card


# ── the list ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_list_names_nobody_in_full():
    the_card()
    text = text_of(signed_in("clerk").get(LIST))
    assert ("8335 0581 0000 019" in text, "林**" in text, "林晓航" in text) == (True, True, False)


@pytest.mark.slow
def test_a_card_is_opened_by_its_number_however_it_is_typed():
    card = the_card(is_drawn=False)
    for number in ("833505810000019", "8335 0581 0000 019", "８３３５０５８１００００019"):
        response = signed_in("clerk").post(LIST, {"number": number})
        assert (response.status_code, response["Location"]) == (302, page_of(card))
    for number in ("", "833505810000027", "not a number", "1" * 5000, "8335\x00"):
        assert signed_in("clerk").post(LIST, {"number": number}).status_code == 422
    elsewhere = signed_in(make_staff("clerk", town="lingxiu"))
    assert elsewhere.post(LIST, {"number": card.number}).status_code == 422


@pytest.mark.slow
def test_the_list_is_narrowed_by_state_kind_and_printing():
    drawn, undrawn, held = the_card(), the_card(is_drawn=False), the_card("林\ue123", is_drawn=False)
    batched = the_card()
    make_batch(card_ids=[batched.pk], by=staff("clerk"), at=AT)

    def found(**wanted: str) -> set[Card]:
        return set(listed_cards(staff("auditor"), CardFilter(**wanted)))

    assert found() == {drawn, undrawn, held, batched}
    assert found(state="held") == {held}
    assert (found(kind="gold"), found(kind="green", state="active")) == (set(), {drawn, undrawn, batched})
    assert (found(printing="ready"), found(printing="drawing")) == ({drawn}, {undrawn})
    assert (found(printing="waiting"), found(printing="printed")) == ({batched}, set())
    assert signed_in("clerk").get(LIST, {"state": "x", "kind": "nobody", "printing": "y" * 999}).status_code == 200
    assert signed_in("clerk").get(LIST, {"after": "nonsense"}).status_code == 404


@pytest.mark.slow
def test_the_list_costs_the_same_for_one_card_and_for_many():
    client, costs = signed_in("clerk"), []
    the_card()
    client.get(LIST)
    for _turn in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(LIST)
        costs.append(len(queries))
        for _card in range(3):
            the_card()
    assert costs[0] == costs[1]


@pytest.mark.slow
def test_the_list_goes_on_from_the_last_card(monkeypatch):
    monkeypatch.setattr("applicants.cards.services.listing.PAGE", 2)
    cards = [the_card(is_drawn=False) for _card in range(3)]
    client, seen, address = signed_in("clerk"), [], LIST
    while address:
        context = client.get(address).context
        seen += [row["card"] for row in context["rows"]]
        address = LIST + context["following"] if context["following"] else ""
    assert (len(seen), set(seen)) == (3, set(cards))


def test_the_list_is_taken_along_masked_as_it_is_filtered():
    the_card(is_drawn=False)
    clerk = signed_in("clerk")
    response = clerk.post(f"{LIST}file/?kind=green&state=active")
    assert response["Content-Disposition"] == 'attachment; filename="cards-20231115.xlsx"'
    sheet = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active
    reference = Card.objects.get().application.reference
    heads, cells = ([cell.value for cell in row] for row in sheet)
    assert heads == ["卡号", "持卡人", "卡种", "层次", "起始日期", "截止日期", "情况", "制卡", "制卡批次", "申请编号"]
    assert cells[:6] == ["833505810000019", "林**", "绿卡", "本科层次", "2023-10-16", "2026-10-15"]
    assert cells[6:] == ["有效", "卡面制作中", None, reference]
    assert Entry.objects.get(action="card_list.export").actor == staff("clerk")
    assert clerk.post(f"{LIST}file/?kind=gold")["Location"] == LIST


# ── one card ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_what_is_offered_is_what_the_table_lets_the_role_do():
    card = the_card()
    assert acts(card, "clerk") == ["lose", "return"]
    assert acts(card, "first_reviewer") == ["suspend"]
    assert acts(card, "approver") == ["suspend", "revoke"]
    assert (acts(card, "auditor"), acts(card, "second_reviewer")) == ([], [])
    change_card(card.pk, "suspend", by=staff("approver"), at=AT, reason="核实中。")
    assert acts(card, "approver") == ["resume", "revoke"]
    change_card(card.pk, "lose", by=staff("clerk"), at=AT)
    assert (acts(card, "clerk"), acts(card, "approver")) == (["replace"], [])
    assert acts(printed_card(), "clerk") == ["hand_over", "lose", "return"]


def test_a_card_is_suspended_with_a_reason_that_the_history_tells():
    card, approver = the_card(is_drawn=False), signed_in("approver")
    empty = approver.post(page_of(card), {"act": "suspend", "version": "1", "suspend-reason": ""})
    assert (empty.status_code, Card.objects.get().state) == (422, "active")
    response = approver.post(page_of(card), {"act": "suspend", "version": "1", "suspend-reason": "社保中断，核实中。"})
    assert (response.status_code, Card.objects.get().state) == (302, "suspended")
    assert said(approver, page_of(card)) == ["已暂停使用，信已发给本人。"]
    told = [(item["title"], item["text"]) for item in approver.get(page_of(card)).context["history"]]
    assert [(str(title), text) for title, text in told] == [("暂停使用", "社保中断，核实中。"), ("发卡", "")]


@pytest.mark.slow
def test_a_card_changed_meanwhile_keeps_what_was_typed():
    card = the_card(is_drawn=False)
    form = {"act": "suspend", "version": "0", "suspend-reason": "核实中。"}
    response = signed_in("approver").post(page_of(card), form)
    assert (response.status_code, Card.objects.get().state) == (422, "active")
    text = text_of(response)
    assert ("这张卡刚刚被别人办理过。请看最新的情况，再决定怎么办。" in text, "核实中。" in text) == (True, True)


@pytest.mark.parametrize("form", [{}, {"act": "\x00"}, {"act": "expire"}, {"act": "follow"}, {"act": ["a", "b"]}])
@pytest.mark.slow
def test_an_act_that_no_page_offers_is_not_there(form):
    card = the_card(is_drawn=False)
    assert signed_in("approver").post(page_of(card), form).status_code == 404


def test_an_act_that_was_offered_a_moment_ago_says_so():
    card, clerk = the_card(is_drawn=False), signed_in("clerk")
    assert clerk.post(page_of(card), {"act": "release"}).status_code == 302
    assert said(clerk, page_of(card)) == ["这张卡现在不能这样办理。"]


@pytest.mark.slow
def test_a_held_card_says_which_character_and_is_released_by_a_spelling():
    card, clerk = the_card("林\ue123", is_drawn=False), signed_in("clerk")
    assert "U+E123" in text_of(clerk.get(page_of(card)))
    form = {"act": "release", "version": "1", "release-reason": "本人同意。"}
    refused = clerk.post(page_of(card), form)
    assert (refused.status_code, list(refused.context["bad_forms"][0].errors)) == (422, ["spelling"])
    response = clerk.post(page_of(card), form | {"release-spelling": "林 Xiao"})
    assert (response.status_code, Card.objects.get().state) == (302, "active")


def test_a_printed_card_is_handed_over():
    card, clerk = printed_card(), signed_in("clerk")
    form = {"act": "hand_over", "hand_over-taken_by": "林晓航", "hand_over-paper_shown": "id_card"}
    assert clerk.post(page_of(card), form).status_code == 422
    assert clerk.post(page_of(card), form | {"hand_over-note": "签收簿第 3 页"}).status_code == 302
    line = PrintLine.objects.get()
    assert (line.state, line.taken_by, line.paper_shown) == ("handed_over", "林晓航", "id_card")
    assert "林晓航，出示居民身份证。签收簿第 3 页" in text_of(clerk.get(page_of(card)))


@pytest.mark.slow
def test_a_clerk_replaces_a_lost_card_and_comes_to_the_new_one():
    card, clerk = the_card(is_drawn=False), signed_in("clerk")
    clerk.post(page_of(card), {"act": "lose", "version": "1"})
    response = clerk.post(page_of(card), {"act": "replace"})
    new = Card.objects.get(follows=card)
    assert (response["Location"], new.state) == (page_of(new), "active")


def test_whoever_looks_at_a_face_leaves_an_entry():
    card = the_card()
    response = signed_in("first_reviewer").get(f"{page_of(card)}faces/front/")
    assert response.content == open_card_file(CardFile.objects.get(card=card, kind="front"))
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    entry = Entry.objects.get(action="card.view")
    assert (entry.actor, entry.target_id, entry.note) == (staff("first_reviewer"), str(card.pk), "front")


@pytest.mark.slow
def test_faces_of_others_and_faces_that_are_not_there_look_alike():
    card, undrawn = the_card(), the_card(is_drawn=False)
    elsewhere = signed_in(make_staff("first_reviewer", town="lingxiu"))
    assert elsewhere.get(f"{page_of(card)}faces/front/").status_code == 404
    assert elsewhere.get(page_of(card)).status_code == 404
    for address in (f"{page_of(undrawn)}faces/front/", f"{page_of(card)}faces/phone-png/", f"{page_of(card)}faces/x/"):
        assert signed_in("clerk").get(address).status_code == 404


# ── batches ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_chosen_cards_go_on_a_batch_and_come_out_or_are_spoiled():
    first, second = the_card(), the_card()
    clerk = signed_in("clerk")
    response = clerk.post(BATCHES, {"card": [str(first.pk), str(second.pk)]})
    batch = PrintBatch.objects.get()
    assert response["Location"] == f"{BATCHES}{batch.number}/"
    page = response["Location"]
    lines = [str(line.pk) for line in batch.lines.all()]
    assert clerk.post(page, {"act": "printed"}).status_code == 422
    assert clerk.post(page, {"act": "spoiled", "line": lines[1]}).status_code == 422
    assert clerk.post(page, {"act": "spoiled", "line": lines[1], "reason": "卡纸。"}).status_code == 302
    assert clerk.post(page, {"act": "all_printed", "on_page": lines}).status_code == 302
    assert list(batch.lines.values_list("state", flat=True)) == ["printed", "spoiled"]
    assert clerk.post(BATCHES, {"which": "page", "on_page": [str(second.pk)]}).status_code == 302
    assert PrintBatch.objects.count() == 2


def test_nothing_chosen_makes_no_batch_and_nonsense_is_not_there():
    clerk = signed_in("clerk")
    response = clerk.post(BATCHES, {})
    assert (response["Location"], PrintBatch.objects.count()) == ("/desk/cards/?printing=ready", 0)
    assert said(clerk, LIST) == ["没有选中可以打印的卡。请先选卡，再排一批。"]
    assert clerk.post(BATCHES, {"card": ["x\x00"]}).status_code == 404
    assert signed_in("first_reviewer").post(BATCHES, {}).status_code == 404


@pytest.mark.slow
def test_the_file_of_a_batch_asks_who_it_is_and_leaves_an_entry():
    card = printed_card()
    batch, clerk = PrintBatch.objects.get(), signed_in("clerk")
    address = f"{BATCHES}{batch.number}/download/"
    age_sign_in(clerk, minutes=60)
    asked = clerk.post(address)
    assert (asked.status_code, Entry.objects.filter(action="print_batch.download").count()) == (302, 0)
    response = signed_in("clerk").post(address)
    archive = ZipFile(BytesIO(b"".join(response.streaming_content)))
    assert len(archive.namelist()) == 3 and card.number in archive.namelist()[0]
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/zip", "private, no-store")
    assert Entry.objects.filter(action="print_batch.download").count() == 1
    for who in ("first_reviewer", "auditor", "approver"):
        assert signed_in(who).post(address).status_code == 404
    assert signed_in(make_staff("clerk", town="lingxiu")).post(address).status_code == 404


@pytest.mark.slow
def test_a_batch_costs_the_same_for_one_card_and_for_many():
    client, costs = signed_in("auditor"), []
    for number in (1, 4):
        cards = [the_card() for _card in range(number)]
        batch = make_batch(card_ids=[card.pk for card in cards], by=staff("clerk"), at=AT)
        client.get(f"{BATCHES}{batch.number}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{BATCHES}{batch.number}/")
        costs.append(len(queries))
    assert costs[0] == costs[1]
