"""What may be seen of a name or number, by rule. Pure functions; the policy says which rule a notice follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from applicants.people.names import DOT, is_latin

_TWO_CHARACTERS_EACH = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离长孙宇文"
    "司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里呼延东郭南门羊舌微生梁丘"
    "左丘东门西门第五叶赫完颜纳兰"
)
COMPOUND_SURNAMES = frozenset(map("".join, zip(*[iter(_TWO_CHARACTERS_EACH)] * 2, strict=True)))
HIDDEN = "**"


@dataclass(frozen=True)
class Lookalike:
    """A row of a public list before its numbers are compared: ``name`` masked already, ``number`` whole."""

    name: str
    number: str
    last: int = 4  # digits of the number to show

    @property
    def masked_number(self) -> str:
        """The number with its last digits only."""
        return mask_number(self.number, self.last)


def mask_name(name: str, rule: str = "family_name") -> str:
    """Mask a name by the policy's rule; "family_name" is the only one so far: 林** · 欧阳** · 阿卜杜拉·** · SILVA **.

    A name of two characters has a one-character family name. A Latin name keeps its first word: on passports and
    permits the family name leads. Raises ValueError for a rule that is not known.
    """
    if rule != "family_name":
        raise ValueError(f"There is no masking rule {rule!r}.")
    if is_latin(name):
        first, _space, rest = name.partition(" ")
        return f"{first} {HIDDEN}" if rest else name[:1] + HIDDEN
    if DOT in name:
        return name.split(DOT, 1)[0] + DOT + HIDDEN
    family = name[:2] if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else name[:1]
    return family + HIDDEN


def mask_number(number: str, last: int = 4) -> str:
    """Stars, then the last digits: **************2718. A number not longer than ``last`` is stars only."""
    if len(number) <= last:
        return "*" * len(number)
    return "*" * (len(number) - last) + number[len(number) - last :]


def desk_mask_number(number: str) -> str:
    """For staff who work on the file: 3505**********2718, H****5678; never more than half of a short number."""
    first, last = (4, 4) if len(number) >= 16 else (1, 4) if len(number) >= 9 else (0, len(number) // 2)
    return number[:first] + "*" * (len(number) - first - last) + number[len(number) - last :]


def public_last(number: str, last: int) -> int:
    """How many of the last digits a public list may start with: ``last``, of a short number at most a third."""
    return min(last, len(number) // 3)


def mask_account(number: str) -> str:
    """The last four of an account, its length hidden: **** 1234. Takes the number or its last four."""
    return f"**** {number[-4:]}" if number else ""


def mask_phone(phone: str) -> str:
    """First three and last four: 138****6810."""
    return phone[:3] + "****" + phone[-4:] if len(phone) == 11 else "*" * len(phone)


def mask_day(day: date | str) -> str:
    """The year of a date (ISO text where it is none): 1996-**-**."""
    return f"{str(day)[:4]}-**-**"


def distinguish(rows: Iterable[Lookalike]) -> list[Lookalike]:
    """Return the rows of one list, in their order, so that different people look different.

    Rows with the same masked name and the same visible digits show one more digit each until they differ; the same
    number twice stays alike.
    """
    shown = list(rows)
    while True:
        alike: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, row in enumerate(shown):
            alike[row.name, row.masked_number].append(index)
        clashes = [
            group
            for group in alike.values()
            if len({shown[index].number for index in group}) > 1
            and shown[group[0]].last + 1 < len(shown[group[0]].number)  # never the whole number
        ]
        if not clashes:
            return shown
        for index in (index for group in clashes for index in group):
            shown[index] = replace(shown[index], last=shown[index].last + 1)
