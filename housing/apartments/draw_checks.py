"""Replays a draw from its result file, as docs/draws.md describes: what ``manage.py verify_draw`` says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from housing.apartments.draw import (
    FORMAT,
    HASH,
    VALUE,
    WITNESS,
    DrawRefused,
    EntrantList,
    canonical,
    commitment_of,
    rank,
    read_list,
    seed_of,
    tidied_value,
)
from housing.apartments.draw_words import FAULTS, LEFT_OUT, PASSED

MOST_BYTES = 32 * 1024 * 1024  # of a result file; 100,000 entrants take four
_MOMENT = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}")
_TEXTS = ("format", "entrants", "entrants_sha256", "commitment", "secret", "public_value", "seed", "drawn_at")


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a verification (a key of draw_words.STEPS); ``outcome`` is ok, failed or left_out."""

    step: str
    outcome: str
    sentence: str


def check_result(
    content: bytes, *, commitment: str = "", entrants_sha256: str = "", public_value: str = ""
) -> list[Check]:
    """Replay a result file, and compare it with what was published beforehand and looked up since, where that is given.

    Never raises: where the file or its list cannot be read, the last check says why. The draw stands where no check
    has failed.
    """
    try:
        said = _parse(content)
    except DrawRefused as refusal:
        return [Check("format", "failed", str(refusal))]
    try:
        listing = read_list(said["entrants"])
    except DrawRefused as refusal:
        return [_passed("format"), Check("list", "failed", str(refusal))]
    checks = [_passed("format"), _passed("list", count=len(listing.entrants))]
    checks.append(_judged("entrants", said["entrants_sha256"] == listing.sha256))
    checks += _check_lot(said, listing)
    checks.append(_check_ranking(said, listing))
    compared = {"published_entrants": (entrants_sha256.strip().lower(), listing.sha256)}
    if listing.mode.is_by_lot:
        compared["published_commitment"] = (commitment.strip().lower(), said["commitment"])
        compared["looked_up_value"] = (tidied_value(public_value), said["public_value"])
    for step, (given, held) in compared.items():
        checks.append(_judged(step, given == held) if given else _left_out(step))
    return checks


def verdict_of(checks: list[Check]) -> str:
    """A key of draw_words.VERDICTS. Whatever was not compared, a file agrees with itself in that only."""
    left_out = [it.step for it in checks if it.outcome == "left_out"]
    if any(it.outcome == "failed" for it in checks):
        return "fails"
    if any(step.startswith("published_") for step in left_out):
        return "alone"
    return "unseen" if "looked_up_value" in left_out else "holds"


def _check_lot(said: dict[str, Any], listing: EntrantList) -> Iterator[Check]:
    if not listing.mode.is_by_lot:
        if any(said[name] for name in ("commitment", "secret", "public_value", "seed")):
            yield _failed("commitment", "not_by_lot")
        else:
            yield from (_left_out("commitment"), _left_out("seed"))
        return
    if HASH.fullmatch(said["secret"]):
        yield _judged("commitment", said["commitment"] == commitment_of(said["secret"], listing.round))
    else:
        yield _failed("commitment", "bad_secret")
    if VALUE.fullmatch(said["public_value"]):
        yield _judged("seed", said["seed"] == seed_of(said["secret"], listing.sha256, said["public_value"]))
    else:
        yield _failed("seed", "bad_value")


def _check_ranking(said: dict[str, Any], listing: EntrantList) -> Check:
    """Ranked by the seed that the revealed parts give, whatever seed the file names."""
    seed = seed_of(said["secret"], listing.sha256, said["public_value"])
    replayed = rank(listing.entrants, listing.mode, listing.ladder, seed)
    named: set[int] = set()
    for number in said["ranking"]:
        if number in named:
            return _failed("ranking", "rank_twice", number=number)
        named.add(number)
    listed = set(replayed)
    for fault, numbers in (("rank_stranger", named - listed), ("rank_missing", listed - named)):
        if numbers:
            return _failed("ranking", fault, number=min(numbers))
    for place, (expected, found) in enumerate(zip(replayed, said["ranking"], strict=True), 1):
        if expected != found:
            return _failed("ranking", "rank_differs", rank=place, expected=expected, found=found)
    return _passed("ranking")


def _parse(content: bytes) -> dict[str, Any]:
    """The members of a result file, of the right types.

    Raises:
        DrawRefused: anything else.
    """
    if len(content) > MOST_BYTES:
        raise DrawRefused("too_big")
    try:
        text = content.decode()
        said = json.loads(text)
        is_canonical = canonical(said).encode() == content
    except (ValueError, RecursionError):  # not UTF-8, not JSON, half a character, a number or a depth beyond reason
        raise DrawRefused("not_json") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise DrawRefused("unknown_format")
    if not _is_result(said):
        raise DrawRefused("not_a_result")
    if not is_canonical:
        raise DrawRefused("rewritten")
    return said


def _is_result(said: dict[str, Any]) -> bool:
    def is_witness(it: object) -> bool:
        return (
            isinstance(it, dict)
            and it.keys() == {"name", "function"}
            and all(isinstance(text, str) and WITNESS.fullmatch(text) for text in it.values())
        )

    return (
        said.keys() == {*_TEXTS, "ranking", "witnesses"}
        and all(isinstance(said[name], str) for name in _TEXTS)
        and isinstance(said["ranking"], list)
        and all(type(number) is int for number in said["ranking"])
        and isinstance(said["witnesses"], list)
        and all(is_witness(it) for it in said["witnesses"])
        and bool(_MOMENT.fullmatch(said["drawn_at"]))
    )


def _passed(step: str, **values: object) -> Check:
    return Check(step, "ok", str(PASSED[step]) % values)


def _failed(step: str, fault: str, **values: object) -> Check:
    return Check(step, "failed", str(FAULTS[fault]) % values)


def _left_out(step: str) -> Check:
    return Check(step, "left_out", str(LEFT_OUT[step]))


def _judged(step: str, is_same: bool) -> Check:
    return _passed(step) if is_same else _failed(step, f"{step}_differs")
