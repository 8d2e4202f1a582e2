"""The files of a card: made after it was issued, once, sealed; and what becomes of a name that no font can print."""

from hashlib import sha256
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from PIL import Image

from applicants.cards import tasks
from applicants.cards.models import Card, CardFile, PrintedName
from applicants.cards.services import files
from applicants.cards.services.changing import ChangeRefused, change_card
from applicants.cards.services.files import cards_without_files, make_files, make_missing_files, open_card_file
from applicants.cards.services.issuing import make_card
from applicants.cards.services.releasing import release_card
from applicants.cards.services.replacing import replace_lost
from applicants.people.services import save_identity
from portal.audit.models import Entry
from portal.vault.files import write_sealed
from tests.cards.making import make_card_application_in
from tests.factories import AT, make_person, move_clock, staff
from tests.one_glyph import build_font

NOBODYS = "\ue123"  # for private use: no font has it
KINDS = ["back", "front", "pdf", "phone-png", "phone-webp"]


def the_card(**details) -> Card:
    return Card.objects.get(application=make_card_application_in("approved", **details))


def stored(card: Card) -> list[str]:
    return default_storage.listdir(f"cards/{card.pk.hex[:2]}/{card.pk.hex}")[1]


@pytest.mark.django_db
@pytest.mark.slow
def test_a_card_gets_all_its_files_once():
    card = the_card()
    assert make_files(card.pk, at=AT) and make_files(card.pk, at=AT)
    made = {file.kind: file for file in CardFile.objects.filter(card=card)}
    assert sorted(made) == KINDS
    for file in made.values():
        data = open_card_file(file)
        assert (file.size, file.sha256) == (len(data), sha256(data).hexdigest())
        with default_storage.open(file.stored_as) as sealed:
            assert sealed.read(3) == b"v1:"
    with Image.open(BytesIO(open_card_file(made["front"]))) as front:
        assert front.size == (1082, 708)
    assert len(stored(card)) == 5


@pytest.mark.django_db
@pytest.mark.slow
def test_the_issue_itself_draws_nothing_and_the_sweep_finds_what_it_left():
    move_clock()
    card = the_card()
    assert list(cards_without_files()) == [card]
    tasks.sweep_files()
    assert (list(cards_without_files()), CardFile.objects.filter(card=card).count()) == ([], 5)


@pytest.mark.django_db
@pytest.mark.slow
def test_what_a_killed_worker_left_is_done_again_and_tidied_away():
    card = the_card()
    for kind in ("front", "back"):  # written, and then killed before their rows were
        write_sealed(f"cards/{card.pk.hex[:2]}/{card.pk.hex}/{kind}", b"left")
    assert (len(stored(card)), list(cards_without_files())) == (2, [card])
    assert make_missing_files(at=AT) == 1
    names = CardFile.objects.filter(card=card).order_by("stored_as").values_list("stored_as", flat=True)
    assert sorted(stored(card)) == [name.rpartition("/")[2] for name in names]


@pytest.mark.django_db
@pytest.mark.slow
def test_no_transaction_is_open_while_a_card_is_drawn(monkeypatch):
    card, before = the_card(), len(connection.savepoint_ids)
    draw, seen = files.drawn, []

    def watched(face, *, at):
        seen.append(len(connection.savepoint_ids))
        return draw(face, at=at)

    monkeypatch.setattr(files, "drawn", watched)
    make_files(card.pk, at=AT)
    assert seen == [before]


@pytest.mark.django_db
@pytest.mark.slow
def test_the_database_itself_keeps_each_file_once():
    card = the_card()
    make_files(card.pk, at=AT)
    with pytest.raises(IntegrityError, match=r"a_card_has_each_file_once|card_id"), transaction.atomic():
        CardFile.objects.create(card=card, kind="front", stored_as="x", sha256="0", size=1, made_at=AT)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_broken_store_stops_no_other_card(caplog):
    broken, whole = the_card(), the_card()
    default_storage.delete(broken.portrait.stored_as)
    assert make_missing_files(at=AT) == 1
    assert list(cards_without_files()) == [broken]
    assert caplog.messages == [f"The files of card {broken.pk} cannot be made (FileNotFoundError)."]
    assert CardFile.objects.filter(card=whole).count() == 5


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_workers_at_the_same_card_one_keeps_its_files(race):
    card = the_card()
    assert race(4, lambda _number: make_files(card.pk, at=AT)) == [True] * 4
    assert CardFile.objects.filter(card=card).count() == 5
    for file in CardFile.objects.filter(card=card):
        assert len(open_card_file(file)) == file.size
    assert len(stored(card)) == 5


@pytest.mark.slow
def test_the_worker_draws_a_card_soon_after_the_commit(worker):
    card = the_card()
    worker.wait_until(lambda: CardFile.objects.filter(card=card).count() == 5)


@pytest.mark.slow
def test_a_killed_worker_leaves_the_card_to_the_sweep(worker):
    worker.kill()
    card = the_card()
    assert CardFile.objects.count() == 0
    worker.app.control.purge()  # the message is lost with it
    worker.restart()
    worker.app.send_task("cards.sweep_files", ignore_result=True)
    worker.wait_until(lambda: CardFile.objects.filter(card=card).count() == 5)


# ── names that no font can print ───────────────────────────────────────────────────────────────────────────────────


def held_card(**details) -> Card:
    return the_card(person=make_person(identity={"legal_name": f"林{NOBODYS}航"}), **details)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_held_card_gets_no_files():
    card = held_card()
    assert (card.state, make_files(card.pk, at=AT), make_missing_files(at=AT)) == ("held", False, 0)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_spelling_lets_a_held_card_go():
    card = held_card()
    release_card(
        card.pk,
        by=staff("first_reviewer"),
        at=AT,
        expected_version=1,
        reason="本人同意用拼音。",
        spelling=" 林 Xiao航 ",
    )
    card.refresh_from_db()
    assert (card.state, card.printed_name.name, files.name_on(card)) == ("active", "林 Xiao航", "林 Xiao航")
    assert Entry.objects.filter(action="card.spell", target_id=str(card.pk)).count() == 1
    assert make_files(card.pk, at=AT)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_font_that_has_come_lets_a_held_card_go_as_it_is(tmp_path, settings):
    card = held_card()
    settings.FONT_FALLBACKS = [str(build_font(NOBODYS, tmp_path / "rare.ttf"))]
    release_card(card.pk, by=staff("clerk"), at=AT, reason="已装字体。")
    assert (PrintedName.objects.count(), make_files(card.pk, at=AT)) == (0, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spelling", "sentence"),
    [
        ("", f"“{NOBODYS}”还没有字体可以打印。请装好字体以后再放行，或者写明卡面上印成什么。"),
        ("林\ue124", "“\ue124”没有字体可以打印，请换一个写法。"),
        ("林" * 41, "卡面上的姓名最多 40 个字。"),
    ],
)
@pytest.mark.slow
def test_a_held_card_stays_held_without_letters_that_can_be_printed(spelling, sentence):
    card = held_card()
    with pytest.raises(ChangeRefused) as refused:
        release_card(card.pk, by=staff("clerk"), at=AT, reason="本人同意。", spelling=spelling)
    card.refresh_from_db()
    assert (str(refused.value), card.state, PrintedName.objects.count()) == (sentence, "held", 0)


@pytest.mark.django_db
@pytest.mark.slow
def test_the_next_card_is_spelled_as_the_one_before():
    card = held_card()
    release_card(card.pk, by=staff("clerk"), at=AT, reason="本人同意。", spelling="林晓航")
    with transaction.atomic():
        other = make_card(card.application, kind="gold", tier="L1", portrait=card.portrait, by=None, at=AT)
    assert (other.state, files.name_on(other)) == ("active", "林晓航")


@pytest.mark.django_db
@pytest.mark.slow
def test_another_name_is_not_spelled_as_the_one_before():
    card = held_card()
    release_card(card.pk, by=staff("clerk"), at=AT, reason="本人同意。", spelling="林晓航")
    save_identity(person=card.person, values={"legal_name": f"陈{NOBODYS}"}, by=card.person.user, at=AT)
    change_card(card.pk, "lose", by=card.person.user, at=AT)
    other = replace_lost(card.pk, by=card.person.user, at=AT)
    assert (other.state, PrintedName.objects.filter(card=other).exists()) == ("held", False)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_released_card_without_letters_waits_without_an_empty_box(caplog):
    card = held_card()
    change_card(card.pk, "release", by=staff("clerk"), at=AT, reason="误放行。")
    assert not make_files(card.pk, at=AT)
    assert caplog.messages == [f"The files of card {card.pk} cannot be made (NotPrintable)."]
