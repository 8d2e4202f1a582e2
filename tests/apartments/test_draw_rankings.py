"""Rankings: equal to those of a second implementation, fair, and untouched by who is not there."""

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing.apartments.draw import (
    DrawRefused,
    Entrant,
    EntrantList,
    Mode,
    Witness,
    draw,
    new_secret,
    normalised_value,
    rank,
    read_list,
    seed_of,
)
from tests.apartments.second_draw import VECTORS, sha, vectors

LADDER = ("L1", "L2", "L3", "-")
DRAWN_AT = datetime(2026, 12, 16, 10, tzinfo=timezone(timedelta(hours=8)))
DRAWS = 20_000
# Quantiles of the chi-square distribution at 99.9 %, by degrees of freedom (any statistical table).
AT_999 = {1: 10.828, 9: 27.877, 23: 49.728}


def entrants_of(tiers: str) -> tuple[Entrant, ...]:
    """One entrant per digit, numbered from 1: 0 is the highest tier."""
    return tuple(Entrant(number, LADDER[int(it)], 2, ("one-room",), "林*") for number, it in enumerate(tiers, 1))


# ── vectors ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_vectors_are_those_of_the_second_implementation():
    assert json.loads(VECTORS.read_text(encoding="utf-8")) == vectors()


@pytest.mark.parametrize("number", range(16))
def test_a_draw_gives_what_the_second_implementation_gives(number):
    vector = json.loads(VECTORS.read_text(encoding="utf-8"))[number]
    result = draw(
        read_list(vector["entrants"]),
        drawn_at=DRAWN_AT,
        secret=vector["secret"],
        public_value=vector["public_value"],
        witnesses=[Witness("陈海", "市公证处公证员")],
    )
    told = {
        "entrants": result.listing.text,
        "entrants_sha256": result.listing.sha256,
        "commitment": result.commitment,
        "secret": result.secret,
        "public_value": result.public_value,
        "seed": result.seed,
        "ranking": list(result.ranking),
        "file_sha256": result.sha256,
    }
    assert told == vector


# ── modes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_first_come_is_the_order_of_entering():
    assert rank(entrants_of("2103"), Mode.FIRST_COME, LADDER, "") == (1, 2, 3, 4)


def test_tiers_go_first_and_within_a_tier_whoever_entered_first():
    assert rank(entrants_of("201302"), Mode.TIERS, LADDER, "") == (2, 5, 3, 1, 6, 4)


def test_a_lottery_knows_no_tiers_and_tiers_then_lottery_does():
    seed = sha("harbour")
    lots = {number: sha(f"{seed} {number}")[:4] for number in range(1, 5)}
    by_lot = tuple(sorted(lots, key=lots.__getitem__))
    assert rank(entrants_of("0101"), Mode.LOTTERY, LADDER, seed) == by_lot
    expected = tuple(it for it in by_lot if it in (1, 3)) + tuple(it for it in by_lot if it in (2, 4))
    assert rank(entrants_of("0101"), Mode.TIERS_THEN_LOTTERY, LADDER, seed) == expected


NUMBERS = st.lists(st.integers(1, 999_999_999), min_size=1, max_size=40, unique=True).map(sorted)
MODES = st.sampled_from(Mode)


@given(NUMBERS, st.data(), MODES, st.binary(max_size=8).map(bytes.hex))
def test_a_ranking_is_a_permutation_that_keeps_tiers_apart_and_does_not_mind_who_left(numbers, data, mode, seed):
    tiers = {number: data.draw(st.sampled_from(LADDER)) for number in numbers}
    entrants = [Entrant(number, tiers[number], 1, ("x",), "林*") for number in numbers]
    ranked = rank(entrants, mode, LADDER, seed)
    assert sorted(ranked) == numbers
    if mode.is_by_tier:
        places = [LADDER.index(tiers[number]) for number in ranked]
        assert places == sorted(places)
    gone = data.draw(st.sampled_from(numbers))
    without = rank([it for it in entrants if it.number != gone], mode, LADDER, seed)
    assert without == tuple(number for number in ranked if number != gone)


# ── fairness ───────────────────────────────────────────────────────────────────────────────────────────────────────


def seeds() -> list[str]:
    """Fixed, and made as real ones are: a secret each, one list, one public value."""
    return [seed_of(sha(f"secret {number}"), sha("list"), "3892.10") for number in range(DRAWS)]


def chi_square(seen: Counter, cells: int) -> float:
    assert len(seen) == cells
    expected = DRAWS / cells
    return sum((count - expected) ** 2 / expected for count in seen.values())


def test_twenty_thousand_draws_of_ten_favour_nobody():
    entrants = entrants_of("0000000000")
    rankings = [rank(entrants, Mode.LOTTERY, LADDER, seed) for seed in seeds()]
    for number in (1, 5, 10):
        places = Counter(ranked.index(number) for ranked in rankings)
        assert chi_square(places, 10) < AT_999[9]
    assert chi_square(Counter(ranked[0] for ranked in rankings), 10) < AT_999[9]
    assert chi_square(Counter(ranked[9] for ranked in rankings), 10) < AT_999[9]
    for one, other in ((1, 2), (1, 10), (9, 10)):
        orders = Counter(ranked.index(one) < ranked.index(other) for ranked in rankings)
        assert chi_square(orders, 2) < AT_999[1]


def test_twenty_thousand_draws_show_every_order_of_a_tier_equally_often():
    entrants = entrants_of("10111")
    orders = Counter(rank(entrants, Mode.TIERS_THEN_LOTTERY, LADDER, seed) for seed in seeds())
    assert set(orders) == {(2, *order) for order in permutations((1, 3, 4, 5))}
    assert chi_square(orders, 24) < AT_999[23]


def test_the_chi_square_would_see_a_shuffle_that_is_slightly_off():
    """One draw in thirty gives the first rank to entrant 1, out of turn: power, so that passing means something."""
    entrants = entrants_of("0000000000")
    firsts = Counter(
        1 if number % 30 == 0 else rank(entrants, Mode.LOTTERY, LADDER, seed)[0] for number, seed in enumerate(seeds())
    )
    assert chi_square(firsts, 10) > AT_999[9]


# ── values, secrets, lists ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_public_value_is_written_in_one_way():
    assert normalised_value("  ３８９２．１０\n") == "3892.10"
    assert normalised_value("03　07 11\t21 + 02") == "03 07 11 21 + 02"


@pytest.mark.parametrize("text", ["", " ", "三千八百", "3892\x0010", "9" * 201, "\ud800", "3892.10\u200b"])
def test_what_is_no_public_value_is_refused_with_a_sentence(text):
    with pytest.raises(DrawRefused) as refusal:
        normalised_value(text)
    assert str(refusal.value) == "公开数值只能用数字、英文字母和英文标点，最多 200 个字符。"


def test_every_secret_is_new():
    assert len({new_secret() for _ in range(100)} | {"0" * 64}) == 101


LISTING = EntrantList("AP-2026-001", Mode.LOTTERY, LADDER, "上证综合指数收盘", entrants_of("01"))


def test_a_draw_by_lot_needs_a_secret_a_value_and_a_time_zone():
    with pytest.raises(DrawRefused, match="秘密应为 64 位小写十六进制数。"):
        draw(LISTING, drawn_at=DRAWN_AT, secret="AB", public_value="1")
    with pytest.raises(DrawRefused, match="公开数值只能用"):
        draw(LISTING, drawn_at=DRAWN_AT, secret="a" * 64)
    with pytest.raises(ValueError, match="time zone"):
        draw(LISTING, drawn_at=datetime(2026, 12, 16), secret="a" * 64, public_value="1")


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60)
CODE = st.text("AZaz09._-", min_size=1, max_size=20)


@given(NUMBERS, TEXT, st.lists(CODE, min_size=1, max_size=3))
def test_a_list_is_read_back_as_it_was_written(numbers, label, types):
    entrants = tuple(Entrant(number, "L3", 2, tuple(types), label) for number in numbers)
    listing = EntrantList("AP/2026.1", Mode.TIERS, LADDER, "-", entrants)
    assert read_list(listing.text) == listing


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"round": "第一轮"}, "名单开头写法不对：轮次、方式、层次或公开数值。"),
        ({"ladder": ("L1", "L1")}, "名单开头写法不对：轮次、方式、层次或公开数值。"),
        ({"ladder": ()}, "名单开头写法不对：轮次、方式、层次或公开数值。"),
        ({"public_value": "-"}, "名单开头写法不对：轮次、方式、层次或公开数值。"),
        ({"public_value": "a\nmode: tiers"}, "名单开头写法不对：轮次、方式、层次或公开数值。"),
        ({"mode": Mode.TIERS}, "名单开头写法不对：轮次、方式、层次或公开数值。"),
        ({"entrants": ()}, "名单上没有人。"),
        ({"ladder": ("L1",)}, "名单第 8 行的层次不在本轮的层次之列。"),
        ({"entrants": entrants_of("00")[::-1]}, "名单第 8 行的编号重复，或者没有按先后排列。"),
        ({"entrants": entrants_of("0") * 2}, "名单第 8 行的编号重复，或者没有按先后排列。"),
        ({"entrants": (Entrant(0, "L1", 1, ("x",), "林*"),)}, "名单第 7 行写法不对。"),
        ({"entrants": (Entrant(1, "L1", 1, (), "林*"),)}, "名单第 7 行写法不对。"),
        ({"entrants": (Entrant(1, "L1", 1, ("x,y",), "林*\t"),)}, "名单第 7 行写法不对。"),
    ],
)
def test_a_list_that_would_not_be_read_back_is_never_written(changed, sentence):
    terms = {name: getattr(LISTING, name) for name in ("round", "mode", "ladder", "public_value", "entrants")}
    with pytest.raises(DrawRefused) as refusal:
        EntrantList(**terms | changed)
    assert str(refusal.value) == sentence
