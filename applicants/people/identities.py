"""Identity papers and their numbers: which kinds there are, how each is built, one sentence for each mistake.

Sources: policy-facts 6.8 (GB 11643; the two generations of the permanent-resident card; travel permits). What stands on
more than one kind of paper is told apart by the kind, which is chosen before the number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.choices import NumberKind
from applicants.people.numbers import compact, must_be_digits, must_be_letters, parse_resident_number
from applicants.people.refusals import NumberInvalid

# Hong Kong, Macao, Taiwan: instead of a county (GB 11643 numbers of residence permits).
PERMIT_PREFIXES = ("810000", "820000", "830000")
FOREIGN_PREFIX = "9"
SHORTEST_PASSPORT, LONGEST_PASSPORT = 5, 12
# What sentences call a paper where its full name would be long.
SHORT_NAMES: dict[str, Promise] = {NumberKind.RESIDENT: gettext_lazy("身份证")}


@dataclass(frozen=True)
class Identity:
    """A number that can be right, as it is stored. ``birth_date`` is None where the number does not carry it."""

    kind: NumberKind
    number: str
    birth_date: date | None = None


def parse_identity(kind: str, text: str, *, on: date | None = None) -> Identity:
    """Read the number of a paper of ``kind``; ``on`` is the day on which nobody may be unborn.

    Raises NumberInvalid with a sentence; where the number is one of another kind, the sentence names that.
    """
    wanted = NumberKind(kind)
    try:
        return READERS[wanted](text, on)
    except NumberInvalid:
        for other in READERS:
            if other not in (wanted, NumberKind.PASSPORT) and _fits(other, text):
                raise NumberInvalid(
                    _("这是%(paper)s的号码。请把证件类型改成“%(paper)s”，或者核对号码。") % {"paper": other.label}
                ) from None
        raise


def identities_in(text: str) -> list[Identity]:
    """Every reading of ``text`` as an identity number, for a search that does not know the kind."""
    return [READERS[kind](text, None) for kind in READERS if _fits(kind, text)]


def birth_date_in(number: str) -> date | None:
    """The birth date an 18-digit number carries, whatever the paper; None for all others."""
    try:
        return parse_resident_number(number).birth_date
    except NumberInvalid:
        return None


def identity_key(kind: str, number: str) -> str:
    """What is one and the same for one paper and its renewals: the text that the keyed hash of a number is made of.

    The 18-digit numbers share one range and stand for themselves. Other numbers could be those of another paper, so the
    kind stands before them; the counts of issue at the end of travel permits are left out.
    """
    if kind in (NumberKind.RESIDENT, NumberKind.RESIDENCE_PERMIT) or len(number) == 18:
        return number
    lifelong = {NumberKind.HK_MACAO_TRAVEL: 9, NumberKind.TAIWAN_TRAVEL: 8}.get(NumberKind(kind))
    return f"{kind}:{number[:lifelong]}"


def _fits(kind: NumberKind, text: str) -> bool:
    try:
        READERS[kind](text, None)
    except NumberInvalid:
        return False
    return True


def paper_name(kind: str) -> str:
    """What sentences call the paper."""
    return str(SHORT_NAMES.get(kind) or NumberKind(kind).label)


# ── one reader a kind ──────────────────────────────────────────────────────────────────────────────────────────────


def _eighteen(kind: NumberKind, text: str, on: date | None) -> Identity:
    read = parse_resident_number(text, on=on, paper=paper_name(kind))
    return Identity(kind, read.number, read.birth_date)


def _resident(text: str, on: date | None) -> Identity:
    identity = _eighteen(NumberKind.RESIDENT, text, on)
    if identity.number.startswith((*PERMIT_PREFIXES, FOREIGN_PREFIX)):
        raise NumberInvalid(_("身份证号码的第 1 位是 1 至 8，前 6 位是区县代码。请核对前 6 位。"))
    return identity


def _residence_permit(text: str, on: date | None) -> Identity:
    identity = _eighteen(NumberKind.RESIDENCE_PERMIT, text, on)
    if not identity.number.startswith(PERMIT_PREFIXES):
        raise NumberInvalid(_("居住证号码的前 6 位是 810000（香港）、820000（澳门）或 830000（台湾）。请核对前 6 位。"))
    return identity


def _foreign_permanent(text: str, on: date | None) -> Identity:
    kind, number = NumberKind.FOREIGN_PERMANENT, compact(text)
    if len(number) == 15:  # the card of before December 2023: country in letters, 12 digits
        must_be_letters(number[:3])
        must_be_digits(number[3:], start=4)
        return Identity(kind, number)
    if len(number) != 18:
        raise NumberInvalid(
            _("永久居留证号码是 18 位（新版，9 开头）或 15 位（旧版，3 个字母开头），您填了 %(count)s 位。")
            % {"count": len(number)}
        )
    if number[0] != FOREIGN_PREFIX:
        raise NumberInvalid(
            _("新版永久居留证号码的第 1 位是 9，您填的是“%(char)s”。请核对第 1 位。") % {"char": number[0]}
        )
    return _eighteen(kind, number, on)


def _hk_macao_travel(text: str, _on: date | None) -> Identity:
    number = compact(text)
    if len(number) not in (9, 11):
        raise NumberInvalid(
            _("通行证号码是 1 个字母和 8 位数字（旧证 10 位数字），您一共填了 %(count)s 位。") % {"count": len(number)}
        )
    if number[0] not in "HM":
        raise NumberInvalid(
            _("通行证号码的第 1 位是 H（香港）或 M（澳门），您填的是“%(char)s”。请核对第 1 位。") % {"char": number[0]}
        )
    must_be_digits(number[1:], start=2)
    return Identity(NumberKind.HK_MACAO_TRAVEL, number)


def _taiwan_travel(text: str, _on: date | None) -> Identity:
    number = re.sub(r"[()]", "", compact(text))
    if len(number) not in (8, 10, 11, 12):
        raise NumberInvalid(
            _("台湾居民通行证号码是 8 位数字（旧证是 10 位数字和 1 至 2 个字母），您填了 %(count)s 位。")
            % {"count": len(number)}
        )
    must_be_digits(number[:10])
    must_be_letters(number[10:], start=11)
    return Identity(NumberKind.TAIWAN_TRAVEL, number)


def _passport(text: str, _on: date | None) -> Identity:
    number = compact(text)
    for position, char in enumerate(number, start=1):
        if not re.fullmatch(r"[0-9A-Z]", char):
            raise NumberInvalid(
                _("第 %(position)s 位是“%(char)s”，护照号码只有数字和字母。请核对这一位。")
                % {"position": position, "char": char}
            )
    if not SHORTEST_PASSPORT <= len(number) <= LONGEST_PASSPORT:
        raise NumberInvalid(
            _("护照号码是 %(least)s 至 %(most)s 位，您填了 %(count)s 位。请照护照资料页填写。")
            % {"least": SHORTEST_PASSPORT, "most": LONGEST_PASSPORT, "count": len(number)}
        )
    if number.isalpha():
        raise NumberInvalid(_("护照号码里有数字，您填的全是字母。请检查是否把 0、1 填成了 O、I。"))
    return Identity(NumberKind.PASSPORT, number)


READERS: dict[NumberKind, Callable[[str, date | None], Identity]] = {
    NumberKind.RESIDENT: _resident,
    NumberKind.RESIDENCE_PERMIT: _residence_permit,
    NumberKind.FOREIGN_PERMANENT: _foreign_permanent,
    NumberKind.HK_MACAO_TRAVEL: _hk_macao_travel,
    NumberKind.TAIWAN_TRAVEL: _taiwan_travel,
    NumberKind.PASSPORT: _passport,
}
