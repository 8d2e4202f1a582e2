"""The verifiable draw: entrant list, commitment, seed, ranking and result file, as docs/draws.md describes them.

Pure: no database, no clock, no request. Every hash is SHA-256 of a text in UTF-8, written as 64 lower-case hex digits.
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from itertools import chain

from housing.apartments.draw_words import FAULTS

FORMAT = "talent-harbour draw 1"
LIST_FORMAT = "talent-harbour entrants 1"
NO_VALUE = "-"  # stands in the list where no public value is needed
FIRST_LINE = 7  # the first entrant's, after five lines of terms and an empty one

_CHAR = "[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]"
_CODE = "[A-Za-z0-9._-]"
_HEAD = re.compile(
    f"{LIST_FORMAT}\nround: ([A-Za-z0-9][A-Za-z0-9._/-]{{0,39}})\n"
    "mode: (first_come|tiers|lottery|tiers_then_lottery)\n"
    f"ladder: ({_CODE}{{1,20}}(?: {_CODE}{{1,20}})*)\npublic value: ((?! ){_CHAR}{{1,300}}(?<! ))\n\n"
)
_LINE = re.compile(
    f"([1-9][0-9]{{0,8}})\t({_CODE}{{1,20}})\t([1-9][0-9]?)\t({_CODE}{{1,40}}(?:,{_CODE}{{1,40}})*)\t({_CHAR}{{1,60}})"
)
HASH = re.compile("[0-9a-f]{64}")
VALUE = re.compile("(?=.{1,200}$)[!-~]+( [!-~]+)*")
WITNESS = re.compile(f"{_CHAR}{{1,100}}")


class DrawRefused(ValueError):
    """A list, value or file that is none. ``fault`` is a code of docs/draws.md; as text it is a sentence for people."""

    def __init__(self, fault: str, **values: object) -> None:
        super().__init__(fault)
        self.fault, self.values = fault, values

    def __str__(self) -> str:
        return str(FAULTS[self.fault]) % self.values


class Mode(StrEnum):
    """How a round ranks its entrants."""

    FIRST_COME = "first_come"
    TIERS = "tiers"
    LOTTERY = "lottery"
    TIERS_THEN_LOTTERY = "tiers_then_lottery"

    @property
    def is_by_lot(self) -> bool:
        """Whether a secret and a public value decide."""
        return self in (Mode.LOTTERY, Mode.TIERS_THEN_LOTTERY)

    @property
    def is_by_tier(self) -> bool:
        """Whether a higher tier comes before everything else."""
        return self in (Mode.TIERS, Mode.TIERS_THEN_LOTTERY)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A line of the list: public for good, so ``label`` is masked. ``types``: codes of wanted unit types, in order."""

    number: int
    tier: str
    household: int
    types: tuple[str, ...]
    label: str

    @property
    def line(self) -> str:
        """As it stands in the list."""
        return f"{self.number}\t{self.tier}\t{self.household}\t{','.join(self.types)}\t{self.label}"


@dataclass(frozen=True)
class EntrantList:
    """The frozen list with the terms of its round.

    ``ladder``: tier codes, the highest first. ``public_value``: what was named beforehand, or NO_VALUE.

    Raises:
        DrawRefused: a line cannot be written so that it is read back alike, a number is not above the one before, or a
            tier is not on the ladder.
    """

    round: str
    mode: Mode
    ladder: tuple[str, ...]
    public_value: str
    entrants: tuple[Entrant, ...]

    def __post_init__(self) -> None:
        is_sound = _HEAD.fullmatch(self.head) and len(set(self.ladder)) == len(self.ladder)
        if not is_sound or (self.public_value == NO_VALUE) == self.mode.is_by_lot:
            raise DrawRefused("bad_head")
        if not self.entrants:
            raise DrawRefused("empty_list")
        before, tiers = 0, frozenset(self.ladder)
        for line, entrant in enumerate(self.entrants, FIRST_LINE):
            if not _LINE.fullmatch(entrant.line):
                raise DrawRefused("bad_line", line=line)
            if entrant.number <= before:
                raise DrawRefused("out_of_order", line=line)
            if entrant.tier not in tiers:
                raise DrawRefused("tier_unknown", line=line)
            before = entrant.number

    @property
    def head(self) -> str:
        """The terms, as they stand above the entrants."""
        ladder = " ".join(self.ladder)
        terms = f"round: {self.round}\nmode: {self.mode}\nladder: {ladder}\npublic value: {self.public_value}"
        return f"{LIST_FORMAT}\n{terms}\n\n"

    @cached_property
    def text(self) -> str:
        """The file that is published at the freeze."""
        return self.head + "".join(f"{entrant.line}\n" for entrant in self.entrants)

    @cached_property
    def sha256(self) -> str:
        """The hash that is published at the freeze."""
        return _sha256(self.text)


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who saw the draw: both texts are public."""

    name: str
    function: str


@dataclass(frozen=True)
class Result:
    """What a draw leaves behind. Where no lot decided, commitment, secret, public value and seed are empty."""

    listing: EntrantList
    commitment: str
    secret: str
    public_value: str
    seed: str
    ranking: tuple[int, ...]
    drawn_at: str
    witnesses: tuple[Witness, ...]

    def to_bytes(self) -> bytes:
        """The result file, in the form of RFC 8785."""
        return canonical(
            {
                "format": FORMAT,
                "entrants": self.listing.text,
                "entrants_sha256": self.listing.sha256,
                "commitment": self.commitment,
                "secret": self.secret,
                "public_value": self.public_value,
                "seed": self.seed,
                "ranking": self.ranking,
                "drawn_at": self.drawn_at,
                "witnesses": [{"name": it.name, "function": it.function} for it in self.witnesses],
            }
        ).encode()

    @cached_property
    def sha256(self) -> str:
        """The hash of the result file."""
        return sha256(self.to_bytes()).hexdigest()


def read_list(text: str) -> EntrantList:
    """The list that ``text`` is.

    Raises:
        DrawRefused: with the first line that is wrong.
    """
    head = _HEAD.match(text)
    if not head:
        raise DrawRefused("bad_head")
    round, mode, ladder, public_value = head.groups()
    *lines, last = text[head.end() :].split("\n")
    if last:  # every line ends, the last one too
        raise DrawRefused("bad_line", line=FIRST_LINE + len(lines))
    return EntrantList(round, Mode(mode), tuple(ladder.split(" ")), public_value, tuple(_read_entrants(lines)))


def _read_entrants(lines: list[str]) -> Iterator[Entrant]:
    for line, said in enumerate(lines, FIRST_LINE):
        parts = _LINE.fullmatch(said)
        if not parts:
            raise DrawRefused("bad_line", line=line)
        number, tier, household, types, label = parts.groups()
        yield Entrant(int(number), tier, int(household), tuple(types.split(",")), label)


def canonical(value: object) -> str:
    """``value`` (texts, whole numbers, lists, objects with ASCII keys) as RFC 8785 writes it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def new_secret() -> str:
    """32 random bytes as hex digits, to be kept until the draw."""
    return secrets.token_hex(32)


def commitment_of(secret: str, round: str) -> str:
    """What is published of a secret before the freeze; it serves one round."""
    return _sha256(f"{FORMAT} commitment\n{round}\n{secret}\n")


def tidied_value(text: str) -> str:
    """A public value in one way of writing: NFKC, white space trimmed and made single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def normalised_value(text: str) -> str:
    """The public value as it goes into the seed: tidied, then 1 to 200 characters of printable ASCII.

    Raises:
        DrawRefused: it is none.
    """
    value = tidied_value(text)
    if not VALUE.fullmatch(value):
        raise DrawRefused("bad_value")
    return value


def seed_of(secret: str, entrants_sha256: str, public_value: str) -> str:
    """What decides the order, known to nobody before the secret is revealed and the public value fixed."""
    return _sha256(f"{FORMAT} seed\n{secret}\n{entrants_sha256}\n{public_value}\n")


def rank(entrants: Iterable[Entrant], mode: Mode, ladder: Sequence[str], seed: str) -> tuple[int, ...]:
    """The numbers in order of rank, of ``entrants`` in order of entering: by tier where ``mode`` says so, then by lot.

    The lot of an entrant is SHA-256 of seed, space, number; ``seed`` is read only where a lot decides.
    """
    start = f"{seed} ".encode()

    def lot(number: int) -> bytes:
        return sha256(start + b"%d" % number).digest()

    pools: dict[str, list[int]] = {tier: [] for tier in ladder} if mode.is_by_tier else {"": []}
    for entrant in entrants:
        pools[entrant.tier if mode.is_by_tier else ""].append(entrant.number)
    if mode.is_by_lot:
        for pool in pools.values():
            pool.sort(key=lot)  # stable: of equal lots, which nobody will see, the first to enter goes first
    return tuple(chain.from_iterable(pools.values()))


def draw(
    listing: EntrantList,
    *,
    drawn_at: datetime,
    secret: str = "",
    public_value: str = "",
    witnesses: Sequence[Witness] = (),
) -> Result:
    """Rank the list; ``secret`` and ``public_value`` (as people write it) are used where a lot decides.

    Raises:
        DrawRefused: no such secret or value, or a witness whose name or function is empty or too long.
        ValueError: ``drawn_at`` has no time zone.
    """
    if drawn_at.tzinfo is None:
        raise ValueError("The moment of a draw needs its time zone.")
    commitment = value = seed = ""
    if listing.mode.is_by_lot:
        if not HASH.fullmatch(secret):
            raise DrawRefused("bad_secret")
        value = normalised_value(public_value)
        commitment, seed = commitment_of(secret, listing.round), seed_of(secret, listing.sha256, value)
    else:
        secret = ""
    if not all(WITNESS.fullmatch(text) for it in witnesses for text in (it.name, it.function)):
        raise DrawRefused("not_a_result")
    ranking = rank(listing.entrants, listing.mode, listing.ladder, seed)
    moment = drawn_at.replace(microsecond=0).isoformat()
    return Result(listing, commitment, secret, value, seed, ranking, moment, tuple(witnesses))


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()
