"""Names of people as identity cards write them, rare characters and ``·`` included."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from applicants.people.refusals import NameInvalid

DOT = "·"  # U+00B7, the dot of GB/T 28039 names
_DOT_VARIANTS = dict.fromkeys(map(ord, "•・‧∙⋅･●▪᛫⸱⸳\u0387"), DOT)
_MARK_VARIANTS = dict.fromkeys(map(ord, "‐‑‒–－"), "-") | dict.fromkeys(map(ord, "’‘ʼ＇`´"), "'")
_HALF_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_AS_WRITTEN = _DOT_VARIANTS | _MARK_VARIANTS | _HALF_WIDTH
LATIN = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ\u0300-\u036f"
SHORTEST, LONGEST = 2, 40


def tidy(text: str) -> str:
    """``text`` on one line: invisible characters dropped, runs of space made one, ends trimmed."""
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return " ".join(visible.split())


def clean_name(text: str) -> str:
    """Return a person's name as it is stored: dots as ``·``, no space beside Han characters. Raises NameInvalid.

    Ideographs are kept as typed: normalising would turn some rare characters into their common cousins. Latin names
    keep their case, spaces, hyphens and apostrophes.
    """
    name = tidy(text).translate(_AS_WRITTEN)
    name = re.sub(f"[{LATIN}]+", lambda word: unicodedata.normalize("NFC", word[0]), name)
    name = re.sub(rf"\s*{DOT}\s*", DOT, name)
    name = re.sub(rf"(?<![{LATIN}])\s|\s(?![{LATIN}])", "", name)
    if not SHORTEST <= len(name) <= LONGEST:
        raise NameInvalid(_("姓名是 2 至 40 个字，请照证件填写全名。"))
    if any(char.isdecimal() for char in name):
        raise NameInvalid(_("姓名里不能有数字。请照证件填写。"))
    if not all(_may_stand_in_a_name(char) for char in re.sub(rf"(?<=[{LATIN}])[-'](?=[{LATIN}])", "", name)):
        raise NameInvalid(_("姓名里只能有文字和间隔号“·”，外文姓名还可以有空格和连字符。请照证件填写。"))
    if name.startswith(DOT) or name.endswith(DOT) or DOT * 2 in name:
        raise NameInvalid(_("间隔号“·”只能在两个字之间，一次一个。请照证件填写。"))
    return name


def is_latin(name: str) -> bool:
    """Whether a name is written in Latin letters."""
    return bool(re.match(f"[{LATIN}]", name))


def _may_stand_in_a_name(char: str) -> bool:
    # Planes 2 and 3 hold the rare ideographs; the newest of them are unknown to this Python's character table.
    return char in {DOT, " ", "〇"} or unicodedata.category(char)[0] in "LM" or 0x20000 <= ord(char) < 0x40000


def names_equal(one: str, other: str) -> bool:
    """Whether two spellings are the same name: dots, hyphens, width, case and spaces do not count.

    Banks leave out the ``·`` of a name or write a full stop for it (policy-facts section 9, case 28).
    """
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    plain = unicodedata.normalize("NFKC", tidy(name).translate(_AS_WRITTEN)).casefold()
    return "".join(char for char in plain if char not in f"{DOT}.-'" and not char.isspace())
