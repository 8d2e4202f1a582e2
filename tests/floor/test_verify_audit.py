"""The verifier: what was changed, inserted or deleted in the sealed trail is found and named."""

import random
import tracemalloc
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from portal.audit.models import Entry
from portal.audit.sealing import seal_entries
from portal.audit.services import record
from portal.audit.verifying import verify_trail
from tests.floor.tampering import tamper

AT = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
SEALED = datetime(2026, 11, 16, 1, 31, tzinfo=UTC)


@pytest.fixture(autouse=True)
def place(settings, tmp_path, db) -> Path:
    """An empty place of heads for each test."""
    settings.AUDIT_HEADS = [str(tmp_path / "heads")]
    return tmp_path / "heads"


def entries(*targets: int) -> None:
    for number in targets:
        record(action="roll.issue", actor=None, target=("roll", str(number)), at=AT, fields=["state"], digest="ab")


def trail(count: int, *, by: int = 4) -> None:
    """``count`` sealed entries, a head after every ``by`` of them."""
    for number in range(1, count + 1):
        entries(number)
        if number % by == 0 or number == count:
            seal_entries(at_real=SEALED)


def said(language: str = "en", **options: int) -> str:
    """What the command answers when all is well."""
    answer = StringIO()
    call_command("verify_audit", language=language, stdout=answer, no_color=True, **options)
    return answer.getvalue().strip()


def found() -> tuple[str, int]:
    """What the verifier finds, and at which number."""
    finding = verify_trail(unsealed_before=timezone.now() - timedelta(minutes=10)).finding
    return (finding.kind, finding.number) if finding else ("", 0)


def complaint(language: str = "zh", **options: int) -> str:
    with pytest.raises(CommandError) as error:
        said(language, **options)
    return str(error.value)


def link(number: int) -> str:
    return Entry.objects.get(sequence=number).link[:16]


# ── when all is well ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_whole_trail_is_one_sentence_with_count_and_head():
    trail(9)
    assert said("zh") == f"9 条记录完好，最新是第 9 号（{link(9)}，2026 年 11 月 16 日 09:31）。"
    assert verify_trail(unsealed_before=timezone.now()).count == 9


def test_before_the_first_seal_there_is_nothing_to_find():
    assert said("zh") == "还没有封存的记录。"


def test_entries_that_wait_a_moment_are_no_finding():
    trail(2)
    entries(3)
    assert said("zh").startswith("2 条记录完好")


def test_entries_that_wait_too_long_are_told():
    trail(2)
    Entry.objects.bulk_create(
        Entry(recorded_at=timezone.now() - timedelta(minutes=age), at=AT, action="a", target_type="t", target_id="1")
        for age in (11, 12, 1)
    )
    assert complaint().startswith("有 2 条记录超过 10 分钟还没有封存，最早的是")
    assert complaint(minutes=0).startswith("有 3 条记录超过 0 分钟")
    assert said("zh", minutes=15).startswith("2 条记录完好")


# ── tampering ──────────────────────────────────────────────────────────────────────────────────────────────────────

COLUMNS = {
    "id": "00000000-0000-0000-0000-000000000001",
    "recorded_at": "2026-11-16 01:29:00",
    "at": "2026-11-16 01:29:00",
    "action": "roll.drop",
    "target_type": "other",
    "target_id": "77",
    "fields": '["state", "count"]',
    "digest": "cd",
    "note": "x",
    "link": "0" * 64,
    "sealed_at": "2026-11-16 01:29:00",
}


@pytest.mark.parametrize("number", [1, 5, 10])
@pytest.mark.parametrize("column", list(COLUMNS))
def test_a_changed_column_is_found_whichever_it_is(column, number):
    trail(10)
    value = COLUMNS[column]
    if column == "id" and connection.vendor == "sqlite":
        value = value.replace("-", "")
    tamper(f"UPDATE audit_entry SET {column} = %s WHERE sequence = %s", (value, number))
    assert found() == ("broken", number)


def test_an_entry_put_on_somebody_else_is_found(django_user_model):
    somebody = django_user_model.objects.create_user("somebody@example.test")
    trail(3)
    tamper("UPDATE audit_entry SET actor_id = %s WHERE sequence = 2", (somebody.pk,))
    assert found() == ("broken", 2)


def test_a_changed_entry_is_named_in_a_sentence():
    trail(5)
    tamper("UPDATE audit_entry SET note = 'x' WHERE sequence = 3")
    assert complaint() == "第 3 号记录（roll.issue，roll 3）不是当时封存的那一条：它被改过，或者是后来放进去的。"


def test_a_deleted_entry_is_named_in_a_sentence():
    trail(5)
    tamper("DELETE FROM audit_entry WHERE sequence = 3")
    assert complaint() == "第 3 号记录不见了，它后面的记录还在。"


def test_the_newest_entry_deleted_is_named_by_the_head_outside():
    trail(5)
    newest = link(5)
    tamper("DELETE FROM audit_entry WHERE sequence = 5")
    assert complaint() == (
        f"第 5 号记录不见了：2026 年 11 月 16 日 09:31写下的封存号是第 5 号（{newest}），后面的记录已被删除。"
    )


def test_all_entries_deleted_are_missed():
    trail(5)
    tamper("DELETE FROM audit_entry")
    assert found() == ("missing", 1)


def test_an_entry_that_was_taken_out_of_its_seal_and_changed_is_missed():
    trail(5)
    tamper("UPDATE audit_entry SET sequence = NULL, link = '', sealed_at = NULL, note = 'x' WHERE sequence = 5")
    seal_entries(at_real=SEALED)
    assert found() == ("missing", 5)


def test_the_newest_entries_stay_missing_after_more_were_sealed():
    trail(8)
    tamper("DELETE FROM audit_entry WHERE sequence >= 7")
    entries(20)
    seal_entries(at_real=SEALED)
    assert found() == ("missing", 7)
    assert said("zh", after=8).startswith("第 8 号之后的 1 条记录完好，最新是第 9 号")
    assert complaint(after=7) == "不能从第 7 号之后查起：数据库和封存号文件里都没有这一号。"


@pytest.mark.parametrize("after", [-1, 10**30])
def test_where_to_begin_is_a_number_that_there_is(after):
    trail(2)
    assert complaint(after=after) != ""


def test_entries_that_changed_places_are_found():
    trail(6)
    tamper("UPDATE audit_entry SET sequence = 100 WHERE sequence = 2")
    tamper("UPDATE audit_entry SET sequence = 2 WHERE sequence = 4")
    tamper("UPDATE audit_entry SET sequence = 4 WHERE sequence = 100")
    assert found() == ("broken", 2)


@pytest.mark.parametrize("number", [1, 3, 6])
def test_an_inserted_entry_is_found(number):
    trail(5)
    tamper("UPDATE audit_entry SET sequence = sequence + 100 WHERE sequence >= %s", (number,))
    tamper("UPDATE audit_entry SET sequence = sequence - 99 WHERE sequence >= 100")
    Entry.objects.bulk_create(
        [Entry(at=AT, action="a", target_type="t", target_id="1", sequence=number, link="0" * 64, sealed_at=SEALED)]
    )
    assert found() == ("broken", number)


def test_whatever_is_done_to_sealed_entries_is_found_and_named():
    """Two hundred rounds of random tampering, each undone afterwards; a seed that fails is in the message."""
    trail(12, by=5)
    for seed in range(200):
        chance = random.Random(seed)
        number = chance.randint(1, 12)
        act = chance.choice(["change", "delete", "insert", "swap"])
        with transaction.atomic():
            expected = {"change": ("broken", number), "delete": ("missing", number), "insert": ("broken", number)}
            if act == "change":
                column = chance.choice(["action", "target_type", "target_id", "note", "digest"])
                tamper(f"UPDATE audit_entry SET {column} = %s WHERE sequence = %s", (f"x{seed}", number))
            elif act == "delete":
                tamper("DELETE FROM audit_entry WHERE sequence = %s", (number,))
            elif act == "insert":
                taken = Entry.objects.get(sequence=chance.randint(1, 12))
                tamper("UPDATE audit_entry SET sequence = sequence + 100 WHERE sequence >= %s", (number,))
                tamper("UPDATE audit_entry SET sequence = sequence - 99 WHERE sequence > 100")
                Entry.objects.bulk_create(
                    [Entry(at=AT, action="a", target_type="t", target_id="1", sequence=number, link=taken.link,
                           sealed_at=SEALED)]
                )  # fmt: skip
            else:
                other = chance.choice([item for item in range(1, 13) if item != number])
                tamper("UPDATE audit_entry SET sequence = 100 WHERE sequence = %s", (number,))
                tamper("UPDATE audit_entry SET sequence = %s WHERE sequence = %s", (number, other))
                tamper("UPDATE audit_entry SET sequence = %s WHERE sequence = 100", (other,))
                expected["swap"] = ("broken", min(number, other))
            assert (seed, act, found()) == (seed, act, expected[act])
            transaction.set_rollback(True)
    assert found() == ("", 0)


# ── the heads outside ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lost_file_of_heads_is_told(place):
    trail(5)
    place.unlink()
    assert complaint() == (f"封存号文件 {place} 没有了或者是空的，而记录已封存到第 5 号，末尾有没有缺少无从核对。")


def test_a_file_of_heads_cut_short_is_told(place):
    trail(8)
    place.write_text("".join(place.read_text().splitlines(keepends=True)[:1]))
    assert complaint() == f"封存号文件 {place} 只到第 4 号，而记录已封存到第 8 号：文件缺了末尾几行。"


@pytest.mark.parametrize("column", [0, 1, 2, 3])
def test_an_altered_line_of_heads_is_told(place, column):
    trail(12)
    lines = [line.split(" ") for line in place.read_text().splitlines()]
    lines[1][column] = {0: "7", 1: "0" * 64, 2: "2026-11-16T01:31:01+00:00", 3: "0" * 16}[column]
    place.write_text("".join(" ".join(line) + "\n" for line in lines))
    assert complaint() == f"{place} 第 2 行不是原来写下的封存号：这一行被改过。"


def test_a_long_line_of_rubbish_is_told(place):
    trail(4)
    with place.open("a") as file:
        file.write("x" * 500_000 + "\n")
    assert complaint() == f"{place} 第 2 行不是原来写下的封存号：这一行被改过。"


def test_heads_of_another_trail_do_not_fit(place):
    trail(4)
    other = place.read_text()
    tamper("DELETE FROM audit_entry")
    place.unlink()
    trail(5)
    newest = other.split(" ")[1][:16]
    place.write_text(other + place.read_text())
    assert complaint() == (f"第 4 号记录与 2026 年 11 月 16 日 09:31写下的封存号不符（{place} 第 1 行，{newest}）。")


def test_a_second_place_finds_what_was_taken_from_the_database_and_the_first(settings, place, tmp_path):
    settings.AUDIT_HEADS = [str(place), str(tmp_path / "far" / "heads")]
    trail(8)
    tamper("DELETE FROM audit_entry WHERE sequence > 4")
    place.write_text("".join(place.read_text().splitlines(keepends=True)[:1]))
    assert found() == ("missing", 5)


def test_heads_that_cannot_be_read_are_one_sentence(place):
    trail(1)
    place.unlink()
    place.mkdir()
    assert complaint().startswith("封存号文件读不了：")


# ── long trails ────────────────────────────────────────────────────────────────────────────────────────────────────


def grow(count: int) -> None:
    for start in range(0, count, 1_000):
        Entry.objects.bulk_create(
            Entry(recorded_at=AT, at=AT, action="a", target_type="t", target_id=str(start + number))
            for number in range(1_000)
        )
    while seal_entries(at_real=SEALED):
        pass


def peak() -> float:
    """Megabytes that a verification holds at a time."""
    tracemalloc.start()
    assert found() == ("", 0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1_000_000


@pytest.mark.slow
def test_a_long_trail_is_walked_in_the_memory_of_a_short_one():
    grow(2_000)
    peak()
    few = peak()
    grow(18_000)
    many = peak()
    assert many < few * 1.2
    assert said("zh").startswith("20000 条记录完好，最新是第 20000 号")
    tamper("UPDATE audit_entry SET note = 'x' WHERE sequence = 15001")
    assert found() == ("broken", 15_001)
