"""Names of people as identity cards write them, rare characters and ``·`` included."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from applicants.people.refusals import NameInvalid

DOT = "·"  # U+00B7, the dot of GB/T 28039 names
_DOT_VARIANTS = str.maketrans(dict.fromkeys("•・‧∙⋅･●▪᛫", DOT))
SHORTEST, LONGEST = 2, 40


def tidy(text: str) -> str:
    """``text`` on one line: invisible characters dropped, runs of space made one, ends trimmed."""
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return " ".join(visible.split())


def clean_name(text: str) -> str:
    """Return a person's name as it is stored: dots as ``·``, no space beside Han characters. Raises NameInvalid.

    Ideographs are kept as typed: normalising would turn some rare characters into their common cousins.
    """
    name = tidy(text).translate(_DOT_VARIANTS)
    name = re.sub(rf"\s*{DOT}\s*", DOT, name)
    name = re.sub(r"(?<![A-Za-z])\s|\s(?![A-Za-z])", "", name)
    if not SHORTEST <= len(name) <= LONGEST:
        raise NameInvalid(_("姓名是 2 至 40 个字，请照身份证填写全名。"))
    if any(char.isdecimal() for char in name):
        raise NameInvalid(_("姓名里不能有数字。请照身份证填写。"))
    if not all(_may_stand_in_a_name(char) for char in name):
        raise NameInvalid(_("姓名里只能有文字和间隔号“·”，不能有其他标点。请照身份证填写。"))
    if name.startswith(DOT) or name.endswith(DOT) or DOT * 2 in name:
        raise NameInvalid(_("间隔号“·”只能在两个字之间，一次一个。请照身份证填写。"))
    return name


def _may_stand_in_a_name(char: str) -> bool:
    # Planes 2 and 3 hold the rare ideographs; the newest of them are unknown to this Python's character table.
    return char in {DOT, " ", "〇"} or unicodedata.category(char)[0] in "LM" or 0x20000 <= ord(char) < 0x40000


def names_equal(one: str, other: str) -> bool:
    """Whether two spellings are the same name: dot variants, width, case and spaces do not count."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    dotted = tidy(name).translate(_DOT_VARIANTS)
    return "".join(unicodedata.normalize("NFKC", dotted).casefold().split())
