"""The sealer: numbers what is committed, links it, and writes each head outside the database."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, connections, models, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from portal.audit.chain import canonical
from portal.audit.heads import Place, taking_turns
from portal.audit.models import Entry
from portal.audit.sealing import _is_our_turn, newest_head, seal_entries
from portal.audit.services import record
from portal.celery import app
from tests.floor.tampering import tamper

AT = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
SEALED = datetime(2026, 11, 16, 1, 30, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def place(settings, tmp_path) -> Path:
    """An empty place of heads for each test."""
    settings.AUDIT_HEADS = [str(tmp_path / "audit" / "heads")]
    return tmp_path / "audit" / "heads"


def entry(number: int = 0) -> Entry:
    return record(action="application.accept", actor=None, target=("application", str(number)), at=AT)


def targets() -> list[str]:
    rows = Entry.objects.filter(sequence__isnull=False).order_by("sequence")
    return list(rows.values_list("target_id", flat=True))


def numbers() -> list[int]:
    return list(Entry.objects.filter(sequence__isnull=False).order_by("sequence").values_list("sequence", flat=True))


def lines(place: Path) -> list[list[str]]:
    return [line.split(" ") for line in place.read_text().splitlines()]


# ── numbers and links ──────────────────────────────────────────────────────────────────────────────────────────────


def test_entries_are_numbered_from_one_in_the_order_they_were_recorded(db):
    for number in range(3):
        entry(number)
    assert seal_entries(at_real=SEALED) == 3
    assert list(Entry.objects.order_by("sequence").values_list("sequence", "target_id", "sealed_at")) == [
        (1, "0", SEALED),
        (2, "1", SEALED),
        (3, "2", SEALED),
    ]
    assert len(set(Entry.objects.values_list("link", flat=True).order_by("link"))) == 3
    assert seal_entries(at_real=SEALED) == 0


def test_the_seal_covers_every_column(db):
    made = entry()
    assert [field.name for field in Entry._meta.concrete_fields] == [
        "id", "recorded_at", "at", "actor", "action", "target_type", "target_id", "fields", "digest", "note",
        "sequence", "link", "sealed_at",
    ]  # fmt: skip
    made.sequence, made.sealed_at, made.actor_id, made.fields = 7, SEALED, 4, ["state", "名"]
    made.recorded_at, made.digest, made.note = AT, "ab", "x-1"
    assert canonical(made, previous="cd") == (
        '["entry","cd",7,"2026-11-16T01:30:05.000000+00:00",'
        f'"{made.pk}","2026-11-16T01:30:00.000000+00:00","2026-11-16T01:30:00.000000+00:00",4,'
        '"application.accept","application","0",["state","\\u540d"],"ab","x-1"]'
    )


def test_another_key_makes_other_links(db, settings):
    entry()
    seal_entries(at_real=SEALED)
    first = newest_head()
    settings.AUDIT_SEAL_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    tamper("UPDATE audit_entry SET sequence = NULL, link = '', sealed_at = NULL")
    Path(settings.AUDIT_HEADS[0]).unlink()
    seal_entries(at_real=SEALED)
    assert newest_head().number == first.number == 1
    assert newest_head().link != first.link


def test_a_long_queue_is_sealed_in_one_run(db):
    Entry.objects.bulk_create(
        Entry(recorded_at=AT + timedelta(seconds=number), at=AT, action="a", target_type="t", target_id=str(number))
        for number in range(1_201)
    )
    assert seal_entries(at_real=SEALED) == 1_201
    assert targets() == [str(number) for number in range(1_201)]
    assert numbers() == list(range(1, 1_202))


@pytest.mark.postgres
@pytest.mark.parametrize("words", ["UPDATE audit_entry SET note = 'x'", "DELETE FROM audit_entry"])
def test_on_postgresql_the_database_itself_keeps_sealed_entries(db, words):
    entry()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET note = 'early'")  # what is not sealed is not yet kept
        seal_entries(at_real=SEALED)
        with pytest.raises(DatabaseError, match="a sealed audit entry can be neither"), transaction.atomic():
            cursor.execute(words)
    assert Entry.objects.get().note == "early"


@pytest.mark.parametrize("changes", [{"sequence": 1}, {"link": "ab"}, {"sequence": 0, "link": "ab", "sealed_at": AT}])
def test_an_entry_is_sealed_whole_or_not_at_all(db, changes):
    entry()
    with pytest.raises(DatabaseError, match="an_entry_is_sealed_whole_or_not_at_all"), transaction.atomic():
        models.QuerySet(Entry).update(**changes)


# ── the heads outside ──────────────────────────────────────────────────────────────────────────────────────────────


def test_each_head_is_one_line_outside_the_database(db, place):
    entry(1)
    entry(2)
    seal_entries(at_real=SEALED)
    entry(3)
    seal_entries(at_real=SEALED + timedelta(seconds=5))
    links = list(Entry.objects.order_by("sequence").values_list("link", flat=True))
    assert [line[:3] for line in lines(place)] == [
        ["2", links[1], "2026-11-16T01:30:05+00:00"],
        ["3", links[2], "2026-11-16T01:30:10+00:00"],
    ]
    assert place.stat().st_mode & 0o777 == 0o600
    assert seal_entries(at_real=SEALED) == 0
    assert len(lines(place)) == 2


def test_heads_are_kept_in_a_second_place_too(db, settings, place, tmp_path):
    second = tmp_path / "far" / "heads"
    settings.AUDIT_HEADS = [str(place), str(second)]
    entry()
    seal_entries(at_real=SEALED)
    assert second.read_text() == place.read_text()


def test_a_second_place_that_is_away_is_caught_up_with(db, settings, place, tmp_path, caplog):
    second = tmp_path / "far"
    second.write_text("")  # a file where the folder should be
    settings.AUDIT_HEADS = [str(place), str(second / "heads")]
    entry()
    assert seal_entries(at_real=SEALED) == 1
    said = {message.getMessage() for message in caplog.records}
    assert said == {"The heads of the audit trail cannot be kept in place number 2."}
    second.unlink()
    assert seal_entries(at_real=SEALED) == 0
    assert lines(second / "heads") == lines(place)


def test_a_sealer_that_dies_between_commit_and_head_is_caught_up_with(db, place):
    entry()
    seal_entries(at_real=SEALED)
    before = place.read_text()
    entry()
    seal_entries(at_real=SEALED)
    after = place.read_text()
    place.write_text(before)  # as it stood when the sealer had committed
    assert seal_entries(at_real=SEALED) == 0
    assert place.read_text() == after


def test_without_its_first_place_the_sealer_seals_nothing(db, place):
    place.mkdir(parents=True)
    entry()
    with pytest.raises(OSError):
        seal_entries(at_real=SEALED)
    assert newest_head() is None


def test_a_line_cut_short_by_a_power_cut_is_closed_and_does_not_count(db, place):
    entry()
    seal_entries(at_real=SEALED)
    with place.open("a") as file:
        file.write("999 abc")
    entry()
    seal_entries(at_real=SEALED)
    first, second, third = place.read_text().splitlines()
    assert (first[:2], second, third[:2]) == ("1 ", "999 abc cut", "2 ")
    assert Place(place).newest().number == 2


def test_where_the_newest_entries_were_taken_away_numbers_go_on_behind_the_gap(db, place):
    for number in range(3):
        entry(number)
    seal_entries(at_real=SEALED)
    tamper("DELETE FROM audit_entry WHERE sequence > 1")
    entry(9)
    seal_entries(at_real=SEALED)
    assert (numbers(), targets()) == ([1, 4], ["0", "9"])


def test_a_made_up_link_is_not_written_outside(db, place):
    entry()
    seal_entries(at_real=SEALED)
    Entry.objects.bulk_create(
        [Entry(at=AT, action="a", target_type="t", target_id="1", sequence=2, link="ab\n9 cd", sealed_at=AT)]
    )
    seal_entries(at_real=SEALED)
    assert [line[0] for line in lines(place)] == ["1"]


# ── several at once ────────────────────────────────────────────────────────────────────────────────────────────────


def test_while_one_sealer_is_at_work_another_does_nothing(db):
    entry()
    with taking_turns() as is_ours:
        assert is_ours
        assert seal_entries(at_real=SEALED) == 0
    assert seal_entries(at_real=SEALED) == 1


@pytest.mark.slow
@pytest.mark.postgres
def test_sealers_of_several_machines_take_turns(race):
    barrier = threading.Barrier(2)

    def hold(number: int) -> bool:
        with transaction.atomic():
            ours = _is_our_turn()
            barrier.wait(timeout=30)
            return ours

    assert sorted(race(2, hold)) == [False, True]
    assert race(1, lambda number: seal_entries(at_real=SEALED)) == [0]


@pytest.mark.slow
@pytest.mark.postgres
def test_with_writers_and_sealers_at_once_nothing_is_skipped_and_nothing_sealed_twice(race, place):
    done = threading.Event()
    left = [6]

    def write(number: int) -> None:
        try:
            for turn in range(40):
                with transaction.atomic():
                    made = entry(number * 1_000 + turn * 2)
                    if turn % 8 == 0:  # commits long after entries that were recorded later
                        connection.cursor().execute("SELECT pg_sleep(0.05)")
                    entry(number * 1_000 + turn * 2 + 1)
                    if turn % 10 == 9:
                        transaction.set_rollback(True)
                assert made.pk
        finally:
            left[0] -= 1
            if not left[0]:
                done.set()

    def seal(number: int) -> int:
        count = 0
        while not done.is_set():
            count += seal_entries(at_real=timezone.now())
        return count

    outcomes = race(9, lambda number: write(number) if number < 6 else seal(number))
    assert outcomes[:6] == [None] * 6
    sealed = sum(outcomes[6:]) + seal_entries(at_real=timezone.now())
    assert sealed == 6 * 36 * 2
    assert Entry.objects.filter(sequence__isnull=True).count() == 0
    assert numbers() == list(range(1, sealed + 1))
    heads = [int(line[0]) for line in lines(place)]
    assert heads == sorted(set(heads))
    assert heads[-1] == sealed


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_entry_committed_late_is_sealed_when_it_appears():
    recorded, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            entry(1)
            recorded.set()
            may_commit.wait(timeout=30)
        connections.close_all()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    recorded.wait(timeout=30)
    entry(2)
    assert seal_entries(at_real=SEALED) == 1
    may_commit.set()
    slow.join(timeout=30)
    assert seal_entries(at_real=SEALED) == 1
    assert targets() == ["2", "1"]
    assert list(Entry.objects.order_by("recorded_at").values_list("sequence", flat=True)) == [2, 1]


@pytest.mark.slow
def test_the_worker_seals(worker):
    entry()
    app.send_task("audit.seal")
    worker.wait_until(lambda: Entry.objects.get().sequence is not None)
