"""Rolls that are issued in batches by a worker: resumed, stopped, taken back, and never half given out."""

import tracemalloc
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from applicants.people.services import give_account, save_identity
from portal.audit.models import Entry
from portal.casework.services.advancing import StepRefused
from portal.vault.files import sealed_pieces
from subsidies.exports import roll_pdf
from subsidies.models import Roll, RollFile, RollLine
from subsidies.services import filing, issuing, rolls
from subsidies.services.filing import stored_files
from subsidies.services.issuing import do_next, issue_roll, run_issuing, why_stopped
from subsidies.services.rolls import download_roll, drop_roll
from subsidies.services.turns import Turn, TurnLost, silent_rolls
from subsidies.tasks import make_part, sweep_rolls
from tests.factories import make_number, make_staff, move_clock, staff
from tests.subsidies.paying import LATER, collected, downloaded, quick_payable
from tests.subsidies.test_roll_file import line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch):
    """A roll of more than three lines is a long one, copied two at a time."""
    monkeypatch.setattr(issuing, "AT_ONCE", 3)
    monkeypatch.setattr(issuing, "BATCH", 2)


@pytest.fixture
def roll() -> Roll:
    """Of five lines; finance has given the order."""
    return issue_roll(roll=collected(*[quick_payable() for _turn in range(5)]), by=staff("finance"), at=LATER)


def turn(roll: Roll, *, seconds: float | None = None) -> Roll:
    run_issuing(roll_id=roll.pk, at=LATER, at_real=timezone.now(), seconds=seconds)
    roll.refresh_from_db()
    return roll


def one_batch(roll: Roll) -> Roll:
    """What is done when a worker is killed after the first batch, and found silent later."""
    turn(roll, seconds=-1)
    Roll.objects.filter(pk=roll.pk).update(heartbeat=timezone.now() - timedelta(seconds=61))
    return roll


def copied(roll: Roll) -> list[bool]:
    return [line.issued_by_id is not None for line in roll.lines.order_by("position")]


def power_cut(*_arguments, **_named):
    raise SystemExit


def files_of(roll: Roll) -> set[str]:
    folder = Path(default_storage.path(f"rolls/{roll.pk.hex}"))
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.mark.slow
def test_a_long_roll_is_ordered_first_and_issued_by_the_worker(roll):
    assert (roll.state, roll.count, roll.net_fen, roll.issued_by, roll.issued_at) == (
        "issuing", 5, 5_000_000, staff("finance"), LATER,
    )  # fmt: skip
    assert copied(roll) == [False] * 5
    assert turn(roll).state == "issued"
    assert [line.payee["position"] for line in roll.lines.order_by("position")] == [1, 2, 3, 4, 5]
    assert downloaded(roll=roll).startswith(b"PK")
    entries = Entry.objects.filter(target_id=str(roll.pk)).order_by("recorded_at", "id")
    assert [(entry.action, entry.actor) for entry in entries] == [
        (f"roll.{act}", staff("finance")) for act in ("collect", "order", "issue", "download")
    ]


@pytest.mark.slow
def test_a_turn_does_batches_of_lines_and_lets_the_next_go_on(roll):
    assert copied(turn(roll, seconds=-1)) == [True, True, False, False, False]
    assert roll.heartbeat is None
    assert copied(turn(roll, seconds=-1)) == [True, True, True, True, False]


@pytest.mark.slow
def test_what_a_killed_worker_left_is_found_and_finished(roll):
    one_batch(roll)
    Path(default_storage.path(f"rolls/{roll.pk.hex}")).mkdir(parents=True)
    Path(default_storage.path(f"rolls/{roll.pk.hex}/half.xlsx.sealed")).write_bytes(b"v1:demo:")
    first = dict(roll.lines.get(position=1).payee)
    assert silent_rolls(Roll.State.ISSUING, at_real=timezone.now()) == [roll.pk]
    for _sweep in range(9):  # a turn ends after ten seconds, however slow the machine is
        sweep_rolls()
    roll.refresh_from_db()
    assert (roll.state, roll.lines.get(position=1).payee) == ("issued", first)
    assert len(files_of(roll)) == 4


@pytest.mark.slow
def test_files_that_are_stored_are_not_made_again(roll, monkeypatch):
    monkeypatch.setattr(filing, "make_volume", lambda *_arguments: 1 / 0)
    turn(roll)
    kept = (roll.xlsx_sha256, roll.failures)
    assert kept[1] == 1
    monkeypatch.undo()
    Roll.objects.update(heartbeat=None)
    assert turn(roll).state == "issued"
    assert roll.xlsx_sha256 == kept[0]


@pytest.fixture
def volumes_of_two(monkeypatch):
    """The five lines of the roll stand in three volumes on paper."""
    monkeypatch.setattr(roll_pdf, "LINES_PER_VOLUME", 2)


def paper_of(roll: Roll) -> list[int]:
    return [file.volume for file in roll.files.filter(kind="pdf")]


@pytest.mark.slow
def test_a_volume_whose_lines_are_copied_can_be_made_beside_the_turns(roll, volumes_of_two):
    one_batch(roll)
    make_part(roll_id=str(roll.pk), part="pdf-1")
    make_part(roll_id=str(roll.pk), part="pdf-2")
    assert paper_of(roll) == [1]
    made = roll.files.get().sha256
    assert turn(roll).state == "issued"
    assert paper_of(roll) == [1, 2, 3]
    assert roll.files.get(kind="pdf", volume=1).sha256 == made
    assert len(files_of(roll)) == 6


@pytest.mark.slow
def test_other_workers_are_told_of_every_part_and_of_the_last_volume_when_the_spreadsheet_is_there(
    roll, volumes_of_two, monkeypatch
):
    told = []
    monkeypatch.setattr(filing, "AT_ONCE", 4)
    monkeypatch.setattr(filing, "nudge", lambda task, **ids: told.append((task, ids["part"])))
    turn(roll)
    assert told == [("subsidies.make_part", part) for part in ("pdf-1", "pdf-2", "xlsx", "csv", "pdf-3")]
    assert ["XLSX 的 SHA-256" in paper for paper in papers(roll)] == [False, False, True]


@pytest.mark.slow
def test_of_two_workers_that_make_the_same_volume_the_first_keeps_it(roll, volumes_of_two, monkeypatch):
    one_batch(roll)
    real = filing.make_volume

    def overtaken(*given):
        monkeypatch.setattr(filing, "make_volume", real)
        cache.clear()  # the first has had it in hand for so long that it is free again
        make_part(roll_id=str(roll.pk), part="pdf-1")
        return real(*given)

    monkeypatch.setattr(filing, "make_volume", overtaken)
    make_part(roll_id=str(roll.pk), part="pdf-1")
    assert paper_of(roll) == [1]
    assert len(files_of(roll)) == 1


@pytest.mark.slow
def test_a_turn_waits_for_the_volume_that_somebody_has_in_hand(roll, volumes_of_two, monkeypatch):
    one_batch(roll)
    waited = []

    def other_worker_ends(_seconds):
        waited.append(paper_of(roll))
        hold.__exit__(None, None, None)

    monkeypatch.setattr(issuing.time, "sleep", other_worker_ends)
    hold = filing.taking(roll, "pdf-1")
    assert hold.__enter__() is True
    assert turn(roll).state == "issued"
    assert waited == [[2, 3]]
    assert paper_of(roll) == [1, 2, 3]


@pytest.mark.slow
def test_a_volume_made_while_its_roll_was_stopped_is_thrown_away(roll, volumes_of_two, monkeypatch):
    one_batch(roll)
    real = filing.make_volume

    def stopped(*given):
        Roll.objects.update(stopped_at=LATER)
        return real(*given)

    monkeypatch.setattr(filing, "make_volume", stopped)
    make_part(roll_id=str(roll.pk), part="pdf-1")
    assert (paper_of(roll), files_of(roll)) == ([], set())


def papers(roll: Roll) -> list[str]:
    """The text of each volume."""
    found = []
    for file in stored_files(roll):
        if file.kind == "pdf":
            document = pypdfium2.PdfDocument(b"".join(sealed_pieces(file.name)))
            found.append("".join(page.get_textpage().get_text_range() for page in document))
            document.close()
    return found


def test_nobody_works_on_a_roll_that_somebody_works_on(roll):
    Roll.objects.update(heartbeat=timezone.now())
    assert silent_rolls(Roll.State.ISSUING, at_real=timezone.now()) == []
    assert copied(turn(roll)) == [False] * 5


def test_who_lost_the_turn_writes_nothing(roll):
    mine = Turn.take(roll.pk, Roll.State.ISSUING, LATER, timezone.now())
    Roll.objects.update(turn=7)
    assert do_next(mine) is False
    with pytest.raises(TurnLost), transaction.atomic():
        mine.locked()


def test_a_roll_that_is_being_issued_can_neither_be_downloaded_nor_dropped_nor_ordered_twice(roll):
    with pytest.raises(StepRefused, match="签发以后才能下载"):
        download_roll(roll=roll, by=staff("finance"), at=LATER)
    with pytest.raises(StepRefused, match="正在签发，现在不能作废"):
        drop_roll(roll=roll, by=staff("finance"), at=LATER)
    other = make_staff("finance")
    assert issue_roll(roll=roll, by=other, at=LATER).issued_by == staff("finance")
    assert filing.stored_files(roll) == []


@pytest.mark.parametrize("when", ["before its batch", "after its batch"])
@pytest.mark.parametrize("what", ["account", "number"])
@pytest.mark.slow
def test_a_line_whose_facts_change_meanwhile_stops_the_roll_and_gives_it_back(roll, when, what):
    line = roll.lines.get(position=3 if when == "before its batch" else 1)
    person = line.payable.person
    one_batch(roll)
    if what == "account":
        give_account(person=person, values={"number": "6217001870001234567"}, by=None, at=LATER)
        reason = "后来更换的账户还没有核对"
    else:
        save_identity(person=person, values={"number": make_number()}, by=None, at=LATER)
        reason = "身份证号码要重新核实；批准依据的资料后来有变动"
    turn(roll)
    assert (roll.state, roll.issued_by, roll.count, roll.copied, roll.xlsx_name) == ("collected", None, None, 0, "")
    assert copied(roll) == [False] * 5
    assert not RollLine.objects.exclude(payee=None).exists() and not RollFile.objects.exists()
    assert files_of(roll) == set()
    reference = line.payable.application.reference
    assert why_stopped(roll, staff("finance"), LATER) == f"{reference} 现在不能发放：{reason}。"
    entry = Entry.objects.get(action="roll.stop")
    assert (entry.actor, entry.note) == (None, str(line.position))
    assert drop_roll(roll=roll, by=staff("finance"), at=LATER).state == "dropped"


@pytest.mark.parametrize("kill", ["sweep_folder", "record"])
@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_takes_a_roll_back_leaves_no_file(roll, monkeypatch, kill):
    person = roll.lines.get(position=1).payable.person
    one_batch(roll)
    give_account(person=person, values={"number": "6217001870001234567"}, by=None, at=LATER)
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(issuing, kill, power_cut)
        turn(roll)
    Roll.objects.update(heartbeat=None)
    for _sweep in range(2):
        sweep_rolls()
    roll.refresh_from_db()
    assert (roll.state, files_of(roll), roll.files.count()) == ("collected", set(), 0)


@pytest.mark.slow
def test_a_dropped_roll_leaves_no_file_whatever_a_killed_worker_left(roll, monkeypatch):
    one_batch(roll)
    give_account(person=roll.lines.get(position=1).payable.person, values={"number": "6217001870001234567"}, by=None,
                 at=LATER)  # fmt: skip
    turn(roll)
    half = Path(default_storage.path(f"rolls/{roll.pk.hex}/half.pdf.sealed"))  # of a worker beside, killed since
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(b"v1:demo:")
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(rolls, "sweep_folder", power_cut)
        drop_roll(roll=roll, by=staff("finance"), at=LATER)
    sweep_rolls()
    assert (files_of(roll), roll.lines.filter(is_live=True).count()) == (set(), 0)


@pytest.mark.slow
def test_a_change_that_leaves_everything_true_does_not_stop_it(roll):
    person = roll.lines.get(position=4).payable.person
    save_identity(person=person, values={"phone": "13900000001"}, by=None, at=LATER)
    assert turn(roll).state == "issued"
    assert roll.lines.get(position=4).payee["phone"] == "13900000001"


@pytest.mark.slow
def test_a_row_that_is_written_while_it_is_checked_is_checked_again(roll, monkeypatch):
    person = roll.lines.get(position=1).payable.person
    save_identity(person=person, values={"phone": "13900000001"}, by=None, at=LATER)
    real = issuing.require_clear

    def meanwhile(*given, **more):
        monkeypatch.setattr(issuing, "require_clear", real)
        real(*given, **more)
        save_identity(person=person, values={"phone": "13900000002"}, by=None, at=LATER)

    monkeypatch.setattr(issuing, "require_clear", meanwhile)
    assert turn(roll).state == "issued"
    assert roll.lines.get(position=1).payee["phone"] == "13900000002"


@pytest.mark.slow
def test_after_several_failures_the_roll_is_collected_again_and_says_what_to_do(roll, monkeypatch):
    monkeypatch.setattr(filing, "make_spreadsheet", lambda *_arguments: 1 / 0)
    for _turn in range(3):
        turn(roll)
        Roll.objects.update(heartbeat=None)
    assert (roll.state, roll.failures) == ("issuing", 3)
    assert turn(roll).state == "collected"
    assert why_stopped(roll, staff("finance"), LATER) == (
        "上次签发试了几次都没有做完，名单没有变。请再签发一次；再次出错时，请告诉系统维护人员。"
    )
    monkeypatch.undo()
    assert issue_roll(roll=roll, by=staff("finance"), at=LATER).state in ("issuing", "issued")


@pytest.mark.slow
def test_faults_count_only_until_the_roll_gets_further(roll, monkeypatch):
    wording, copied_then = issuing.Wording, []

    def fails_once_for_each_batch(found):
        roll.refresh_from_db()
        if roll.copied not in copied_then:
            copied_then.append(roll.copied)
            raise ConnectionError
        return wording(found)

    monkeypatch.setattr(issuing, "Wording", fails_once_for_each_batch)
    for _turn in range(4):
        turn(roll)
        Roll.objects.update(heartbeat=None)
    assert (roll.state, copied_then) == ("issued", [0, 2, 4])


@pytest.mark.slow
def test_the_page_shows_how_far_it_is_and_what_to_do_when_it_stopped(roll):
    move_clock(LATER)
    client = Client()
    client.force_login(staff("finance"))
    one_batch(roll)
    page = client.get(f"/desk/rolls/{roll.number}/").content.decode()
    assert "正在逐笔核对，抄进花名册" in page
    assert "2/5 笔" in page
    assert 'action="/desk/rolls/FF-2023-0001/download/"' not in page
    give_account(person=roll.lines.get(position=5).payable.person, values={"number": "6217001870001234567"}, by=None,
                 at=LATER)  # fmt: skip
    turn(roll)
    assert "后来更换的账户还没有核对" in client.get(f"/desk/rolls/{roll.number}/").content.decode()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("a_roll_is_issued_on_somebodys_order", {"issued_by": None}),
        ("a_roll_is_issued_on_somebodys_order", {"copied": 6}),
        ("a_roll_that_is_not_issued_has_no_copies", {"state": "collected"}),
        ("an_issued_roll_has_file_count_and_sum", {"state": "issued"}),
    ],
)
def test_what_the_database_refuses(roll, name, changes):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Roll.objects.filter(pk=roll.pk).update(**changes)


@pytest.mark.slow
def test_the_tables_of_a_long_roll_take_no_more_memory_than_those_of_a_short_one():
    def peak(count: int) -> int:
        roll = Roll(number="FF-2023-0001")
        tracemalloc.start()
        try:
            for make in (filing.make_spreadsheet, filing.make_csv):
                make(roll, (line(position=at, account=f"0100018700{at:09}") for at in range(1, count + 1)))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    # All rows of the second would take 40 MB, its CSV files 14 MB; the spreadsheet is put together in the end.
    assert peak(20_000) < peak(2_000) + 6_000_000
