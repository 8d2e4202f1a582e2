"""How values are written in worked examples and stored files, and what they are read into.

``?`` the register did not answer, ``-`` it answered "none", an empty text "not applicable". Several values of one fact
are separated by ``;``. ``docs/policies.md`` shows every form.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum

from django.utils.translation import gettext as _

from portal.ui.figures import listed

INSURANCES = ("pension", "medical", "unemployment", "injury", "maternity")


class Absence(Enum):
    """Why there is no value. ``UNKNOWN`` and ``NONE`` differ: silence never counts against anyone, an answer may."""

    UNKNOWN = "?"
    NONE = "-"
    NOT_APPLICABLE = ""

    __hash__ = object.__hash__  # each is one object; the hash of an enum is a slow one


class FactUnreadable(ValueError):
    """A text that is not a value of its fact; the message is a sentence for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class InsuredRange:
    """Insured from one month to another, both included; a month is ``year * 12 + month - 1``.

    ``place`` is the area code of the register that holds it, empty for the city's own; ``is_ordered`` says that a late
    payment was made because an authority ordered it. A register that names no kinds speaks of the pension.
    """

    first: int
    last: int
    employer: str
    is_late: bool = False
    is_ordered: bool = False
    place: str = ""
    kinds: tuple[str, ...] = ("pension",)


@dataclass(frozen=True, slots=True)
class Grant:
    """Something already granted: a programme or scheme, by the county of an area code, in whole fen."""

    scheme: str
    area: str
    amount_fen: int
    granted_on: date


@dataclass(frozen=True, slots=True)
class Home:
    """A home in the area of a code, had since a day (presale: the contract was filed) until it was sold."""

    area: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A dated paper of some kind, e.g. an invitation to an interview."""

    kind: str
    issued_on: date


Part = InsuredRange | Grant | Home | Proof | str
Value = date | str | int | Decimal | tuple[Part, ...] | Absence


def read_parts(form: str, text: str, choices: Collection[str] = ()) -> tuple[Part, ...]:
    """The parts of a text of that form.

    Raises:
        FactUnreadable: one of them cannot be read.
    """
    return tuple(READERS[form](part.strip(), choices) for part in text.split(";") if part.strip())


def write_part(part: Part) -> str:
    """The text that is read back as this part."""
    if isinstance(part, str):
        return part
    if isinstance(part, InsuredRange):
        kinds = "" if part.kinds == ("pension",) else f"#{'+'.join(part.kinds)}"
        place = f"@{part.place}" if part.place else ""
        late = "!!" if part.is_ordered else "!" if part.is_late else ""
        return f"{month_text(part.first)}/{month_text(part.last)}:{part.employer}{place}{kinds}{late}"
    if isinstance(part, Grant):
        return f"{part.scheme}@{part.area}@{Decimal(part.amount_fen) / 100:f}@{part.granted_on.isoformat()}"
    if isinstance(part, Home):
        return f"{part.area}@{part.since.isoformat()}{f'/{part.until.isoformat()}' if part.until else ''}"
    return f"{part.kind}@{part.issued_on.isoformat()}"


def read_day(text: str) -> date:
    """A date written ``2023-06-20``.

    Raises:
        FactUnreadable: it is not one.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise FactUnreadable(_("“%(text)s”不是日期，请写成 2023-06-20 这样") % {"text": text})
    return day


def read_number(text: str) -> int:
    """A whole number, 0 or more.

    Raises:
        FactUnreadable: it is not one.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise FactUnreadable(_("“%(text)s”不是整数") % {"text": text})
    return int(text)


def read_yuan(text: str) -> Decimal:
    """A sum in yuan with at most two decimals.

    Raises:
        FactUnreadable: it is not one.
    """
    try:
        yuan = Decimal(text)
        if yuan.is_finite() and 0 <= yuan < 10**9 and yuan * 100 == int(yuan * 100):
            return yuan
    except InvalidOperation:
        pass
    raise FactUnreadable(_("“%(text)s”不是金额，请写成 486.50 这样") % {"text": text})


def month_number(day: date) -> int:
    """The month of a day as a number one can count with."""
    return day.year * 12 + day.month - 1


def month_text(number: int) -> str:
    """``2023-07`` for the number of a month."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _read_range(text: str, _choices: Collection[str]) -> Part:
    months, _colon, rest = text.partition(":")
    employer = rest.removesuffix("!").removesuffix("!")
    lateness = len(rest) - len(employer)
    kinds: tuple[str, ...] = ("pension",)
    before, mark, named = employer.rpartition("#")
    if mark and set(named.split("+")) <= set(INSURANCES):
        employer, kinds = before, tuple(named.split("+"))
    before, mark, place = employer.rpartition("@")
    if mark and len(place) == 6 and place.isdigit():
        employer = before
    else:
        place = ""
    first, _slash, last = months.partition("/")
    try:
        start, end = (month_number(read_day(f"{month.strip()}-01")) for month in (first, last))
    except FactUnreadable:
        start, end = 1, 0
    if start > end or not employer.strip():
        raise FactUnreadable(_("“%(text)s”不是参保月份，请写成 2023-07/2023-09:单位 这样") % {"text": text})
    return InsuredRange(start, end, employer.strip(), lateness > 0, lateness > 1, place, kinds)


def _read_grant(text: str, _choices: Collection[str]) -> Part:
    try:
        scheme, area, yuan, day = (part.strip() for part in text.split("@"))
        fen = Decimal(yuan) * 100
        if not scheme or fen != int(fen):
            raise ValueError
        return Grant(scheme, area, int(fen), read_day(day))
    except (ValueError, InvalidOperation, OverflowError):
        message = _("“%(text)s”不是已领补贴，请写成 项目@地区代码@元@日期，例如 LS-2022@350581@10000@2023-11-30")
        raise FactUnreadable(message % {"text": text}) from None


def _read_home(text: str, _choices: Collection[str]) -> Part:
    area, _at, days = (part.strip() for part in text.partition("@"))
    since, slash, until = days.partition("/")
    try:
        home = Home(area, read_day(since), read_day(until) if slash else None)
    except FactUnreadable:
        home = None
    if home is None or not area.isdigit() or (home.until and home.until < home.since):
        message = _("“%(text)s”不是住房，请写成 地区代码@取得日期/售出日期，例如 350581@2020-05-01/2022-03-01")
        raise FactUnreadable(message % {"text": text})
    return home


def _read_proof(text: str, choices: Collection[str]) -> Part:
    kind, _at, day = (part.strip() for part in text.partition("@"))
    return Proof(str(_read_name(kind, choices)), read_day(day))


def _read_name(text: str, choices: Collection[str]) -> Part:
    if choices and text not in choices:
        listing = listed(choices)
        raise FactUnreadable(_("“%(text)s”不在可填的值之中：%(choices)s") % {"text": text, "choices": listing})
    return text


READERS: dict[str, Callable[[str, Collection[str]], Part]] = {
    "insurance": _read_range,
    "grants": _read_grant,
    "homes": _read_home,
    "proofs": _read_proof,
    "names": _read_name,
}
