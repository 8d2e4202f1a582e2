"""Batches for the printer, spoiled blanks, and cards handed over at the counter."""

import csv
import tracemalloc
from datetime import timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from PIL import Image

from applicants.cards.models import Card, CardFile, PrintBatch, PrintLine
from applicants.cards.services.changing import change_card
from applicants.cards.services.files import make_files, open_card_file
from applicants.cards.services.printing import (
    PrintRefused,
    batch_pieces,
    hand_over,
    make_batch,
    mark_printed,
    spoil_blanks,
    visible_batches,
    visible_cards,
)
from portal.audit.models import Entry
from tests.browsing import signed_in
from tests.cards.making import make_card_application_in
from tests.factories import AT, make_person, make_staff, staff


def the_card(name: str = "林晓航") -> Card:
    person = make_person(identity={"legal_name": name})
    card = Card.objects.get(application=make_card_application_in("approved", person=person))
    make_files(card.pk, at=AT)
    return card


def batch_of(*cards: Card) -> PrintBatch:
    return make_batch(card_ids=[card.pk for card in cards], by=staff("clerk"), at=AT)


def states_of(batch: PrintBatch) -> list[str]:
    return list(batch.lines.values_list("state", flat=True))


def printed(batch: PrintBatch) -> None:
    ids = list(batch.lines.values_list("pk", flat=True))
    mark_printed(batch=batch, line_ids=ids, by=staff("clerk"), at=AT)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_batch_takes_cards_in_the_order_of_their_numbers():
    first, second = the_card(), the_card()
    batch = batch_of(second, first)
    assert (batch.number, [line.card for line in batch.lines.all()]) == ("ZK-2023-0001", [first, second])
    assert Entry.objects.get(action="print_batch.make").target_id == str(batch.pk)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_card_is_in_one_live_batch():
    card = the_card()
    batch = batch_of(card)
    with pytest.raises(PrintRefused, match="没有选中可以打印的卡。请先选卡，再排一批。"):
        batch_of(card)
    spoil_blanks(batch=batch, line_ids=[batch.lines.get().pk], reason="卡纸。", by=staff("clerk"), at=AT)
    again = batch_of(card)
    assert (states_of(batch), states_of(again)) == (["spoiled"], ["waiting"])
    with pytest.raises(IntegrityError, match=r"a_card_is_in_one_live_print_batch|card_id"), transaction.atomic():
        PrintLine.objects.create(batch=batch, card=card, position=2, state_at=AT, state_by=staff("clerk"))


@pytest.mark.django_db
@pytest.mark.slow
def test_what_is_not_valid_or_has_no_files_is_not_printed():
    suspended, undrawn = the_card(), the_card()
    change_card(suspended.pk, "suspend", by=staff("approver"), at=AT, reason="核实中。")
    CardFile.objects.filter(card=undrawn).delete()
    with pytest.raises(PrintRefused):
        batch_of(suspended, undrawn)


@pytest.mark.django_db
@pytest.mark.slow
def test_only_a_clerk_of_the_town_prints_and_sees():
    card = the_card()
    for user in (staff("first_reviewer"), make_staff("clerk", town="lingxiu")):
        with pytest.raises(PrintRefused):
            make_batch(card_ids=[card.pk], by=user, at=AT)
    batch = batch_of(card)
    elsewhere = make_staff("clerk", town="lingxiu")
    assert (visible_cards(elsewhere).count(), visible_batches(elsewhere).count()) == (0, 0)
    assert (visible_cards(staff("auditor")).count(), visible_batches(staff("auditor")).count()) == (1, 1)
    with pytest.raises(PrintRefused, match="这一批里有您不能办理的卡。"):
        batch_pieces(batch=batch, by=elsewhere, at=AT)


# ── the file for the printer ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.slow
def test_the_file_for_the_printer_holds_both_faces_of_every_valid_card_and_a_list():
    first, dead = the_card("欧阳"), the_card()
    batch = batch_of(first, dead)
    change_card(dead.pk, "lose", by=dead.person.user, at=AT)
    archive = ZipFile(BytesIO(b"".join(batch_pieces(batch=batch, by=staff("clerk"), at=AT))))
    assert archive.testzip() is None
    names = [f"001-{first.number}-front.png", f"001-{first.number}-back.png"]
    assert archive.namelist() == [*names, "ZK-2023-0001.csv"]
    assert archive.read(names[0]) == open_card_file(CardFile.objects.get(card=first, kind="front"))
    with Image.open(BytesIO(archive.read(names[1]))) as back:
        assert back.size == (1082, 708)
    assert list(csv.reader(StringIO(archive.read("ZK-2023-0001.csv").decode("utf-8-sig")))) == [
        ["卡号", "姓名", "卡种", "层次", "起始日期", "截止日期", "正面", "背面"],
        [first.number, "欧阳", "绿卡", "本科层次", "2023-10-16", "2026-10-15", *names],
    ]
    entry = Entry.objects.get(action="print_batch.download")
    assert (entry.target_id, entry.actor, entry.note) == (str(batch.pk), staff("clerk"), "1")


@pytest.mark.django_db
@pytest.mark.slow
def test_a_damaged_face_is_found_before_anything_goes_out():
    card = the_card()
    batch = batch_of(card)
    default_storage.delete(CardFile.objects.get(card=card, kind="back").stored_as)
    with pytest.raises(PrintRefused, match="有卡面文件打不开，请联系管理员。"):
        batch_pieces(batch=batch, by=staff("clerk"), at=AT)
    assert Entry.objects.filter(action="print_batch.download").count() == 0


@pytest.mark.django_db
@pytest.mark.slow
def test_the_file_for_the_printer_needs_no_more_memory_for_more_cards():
    cards = [the_card() for _card in range(6)]
    peaks = []
    for some in (cards[:1], cards[1:]):
        batch = batch_of(*some)
        tracemalloc.start()
        size = sum(len(piece) for piece in batch_pieces(batch=batch, by=staff("clerk"), at=AT))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert size > 5 * 80_000
    assert peaks[1] < peaks[0] + 400_000  # five times the cards, not five times the memory


# ── the counter ────────────────────────────────────────────────────────────────────────────────────────────────────

TAKEN = {"taken_by": "林晓航", "paper_shown": "id_card", "note": "签收簿第 3 页"}


@pytest.mark.django_db
@pytest.mark.slow
def test_a_card_is_handed_over_once_to_whoever_shows_a_paper():
    card = the_card()
    printed(batch_of(card))
    line = hand_over(card_id=card.pk, **TAKEN, by=staff("clerk"), at=AT)
    line.refresh_from_db()
    assert (line.state, line.taken_by, line.paper_shown, line.note, line.state_by) == (
        "handed_over", "林晓航", "id_card", "签收簿第 3 页", staff("clerk"),
    )  # fmt: skip
    assert Entry.objects.filter(action="card.handed_over", target_id=str(card.pk)).count() == 1
    with pytest.raises(PrintRefused, match="这张卡现在没有打印好的卡片可以领取。"):
        hand_over(card_id=card.pk, **TAKEN, by=staff("clerk"), at=AT)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_card_that_is_not_printed_or_not_valid_is_not_handed_over():
    card = the_card()
    batch = batch_of(card)
    with pytest.raises(PrintRefused, match="这张卡现在没有打印好的卡片可以领取。"):
        hand_over(card_id=card.pk, **TAKEN, by=staff("clerk"), at=AT)
    printed(batch)
    change_card(card.pk, "suspend", by=staff("approver"), at=AT, reason="核实中。")
    with pytest.raises(PrintRefused, match="这张卡现在不是有效状态，不能交给持卡人。"):
        hand_over(card_id=card.pk, **TAKEN, by=staff("clerk"), at=AT)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_blank_is_spoiled_with_a_reason_and_never_after_it_was_taken():
    card = the_card()
    batch = batch_of(card)
    line = batch.lines.get()
    with pytest.raises(PrintRefused, match="请写明怎么打废的。"):
        spoil_blanks(batch=batch, line_ids=[line.pk], reason=" ", by=staff("clerk"), at=AT)
    printed(batch)
    hand_over(card_id=card.pk, **TAKEN, by=staff("clerk"), at=AT)
    with pytest.raises(PrintRefused, match="请先选卡。已经办过的不能再办一次。"):
        spoil_blanks(batch=batch, line_ids=[line.pk], reason="卡纸。", by=staff("clerk"), at=AT)


@pytest.mark.django_db
@pytest.mark.slow
def test_the_database_itself_wants_the_paper_shown():
    card = the_card()
    batch = batch_of(card)
    with pytest.raises(IntegrityError, match="a_card_handed_over_names_the_paper_shown"), transaction.atomic():
        batch.lines.update(state="handed_over")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_clerks_who_put_the_same_card_on_a_batch_one_succeeds(race):
    card, clerk = the_card(), staff("clerk")
    outcomes = race(8, lambda _number: make_batch(card_ids=[card.pk], by=clerk, at=AT))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["PrintBatch"] + ["PrintRefused"] * 7
    assert PrintLine.objects.count() == 1


@pytest.mark.django_db
def test_the_list_of_batches_goes_on_to_its_end():
    for number in range(60):
        PrintBatch.objects.create(number=f"{number:03}", made_by=staff("clerk"), made_at=AT + timedelta(days=number))
    clerk, page = signed_in("clerk"), "/desk/cards/batches/"
    first = clerk.get(page).context
    second = clerk.get(page + first["following"]).context
    assert [len(first["rows"]), len(second["rows"]), second["following"]] == [50, 10, ""]
