"""What is known about an applicant on a date: values, and how well each one is proven.

Values are read by the notation of the worked examples: ``?`` the register did not answer, ``-`` it answered "none",
an empty cell "not applicable". No clause ever sees a raw text.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum, IntEnum
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.ui.figures import listed


class Provenance(IntEnum):
    """How well a value is proven; a higher number proves more."""

    DECLARED = 1
    PAPER = 2
    REGISTER = 3


class Absence(Enum):
    """Why there is no value. ``UNKNOWN`` and ``NONE`` differ: silence never counts against anyone, an answer may."""

    UNKNOWN = "?"
    NONE = "-"
    NOT_APPLICABLE = ""


class FactUnreadable(ValueError):
    """A text that is not a value of its fact; the message is a sentence for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class InsuredRange:
    """Insured from one month to another, both included; a month is ``year * 12 + month - 1``."""

    first: int
    last: int
    employer: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Something already granted: a programme or scheme, by the county of an area code, in whole fen."""

    scheme: str
    area: str
    amount_fen: int
    granted_on: date


Value = date | str | tuple[InsuredRange, ...] | tuple[Grant, ...] | Absence


@dataclass(frozen=True, slots=True)
class FactSpec:
    """What a fact is called and how its text is read. ``form``: date, choice, yes_no, text, insurance or grants."""

    label: Promise
    form: str
    choices: Mapping[str, Promise] = field(default_factory=dict)


YES_NO = {"yes": gettext_lazy("是"), "no": gettext_lazy("否")}

FACTS: dict[str, FactSpec] = {
    "birth_date": FactSpec(gettext_lazy("出生日期"), "date"),
    "education": FactSpec(
        gettext_lazy("学历"),
        "choice",
        {
            "doctor": gettext_lazy("博士研究生"),
            "master": gettext_lazy("硕士研究生"),
            "bachelor": gettext_lazy("本科"),
            "technician": gettext_lazy("预备技师（技师）班"),
            "diploma": gettext_lazy("大专"),
            "senior_worker": gettext_lazy("高级工班"),
            "secondary": gettext_lazy("高中或中专"),
            "other": gettext_lazy("其他学历"),
        },
    ),
    "study_mode": FactSpec(
        gettext_lazy("学习形式"),
        "choice",
        {"full_time": gettext_lazy("全日制"), "part_time": gettext_lazy("非全日制")},
    ),
    "school": FactSpec(gettext_lazy("毕业院校"), "text"),
    "diploma_on": FactSpec(gettext_lazy("毕业证书签发日期"), "date"),
    "overseas_certified": FactSpec(gettext_lazy("国（境）外学历认证"), "yes_no", YES_NO),
    "hukou_code": FactSpec(gettext_lazy("户籍所在地"), "text"),
    "hukou_collective": FactSpec(gettext_lazy("集体户"), "yes_no", YES_NO),
    "employer_kind": FactSpec(
        gettext_lazy("单位类型"),
        "choice",
        {
            "private_enterprise": gettext_lazy("民营企业"),
            "private_non_enterprise": gettext_lazy("民办非企业单位"),
            "self_employed": gettext_lazy("自主创业"),
            "state_enterprise": gettext_lazy("国有企业"),
            "public_institution": gettext_lazy("事业单位"),
            "state_organ": gettext_lazy("国家机关"),
            "other": gettext_lazy("其他单位"),
        },
    ),
    "employer": FactSpec(gettext_lazy("现单位"), "text"),
    "first_job_in_city": FactSpec(gettext_lazy("首次在本市就业"), "yes_no", YES_NO),
    "insurance": FactSpec(gettext_lazy("参保月份"), "insurance"),
    "first_insured_in_city": FactSpec(gettext_lazy("首次在本市参保日期"), "date"),
    "in_post": FactSpec(gettext_lazy("申请时在职"), "yes_no", YES_NO),
    "employer_confirmed": FactSpec(gettext_lazy("用人单位盖章确认"), "yes_no", YES_NO),
    "prior_grants": FactSpec(gettext_lazy("已领补贴"), "grants"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with how well it is proven, the date of the evidence and where it came from (no personal data)."""

    value: Any
    provenance: Provenance
    as_of: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known about an applicant on the application date ``on``; a fact that is not there is unknown.

    Values may be given typed or as text; texts are read here.

    Raises:
        FactUnreadable: a text is not a value of its fact.
    """

    on: date
    known: Mapping[str, Fact]

    def __post_init__(self) -> None:
        read = {
            name: Fact(read_value(name, fact.value), fact.provenance, fact.as_of, fact.source)
            for name, fact in self.known.items()
        }
        object.__setattr__(self, "known", read)

    @classmethod
    def of(cls, on: date, values: Mapping[str, Any], provenance: Provenance, source: str = "") -> Self:
        """All ``values`` (typed or text) with one provenance."""
        return cls(on, {name: Fact(value, provenance, None, source) for name, value in values.items()})

    def updated(self, better: Mapping[str, Fact]) -> Self:
        """A copy in which ``better`` takes the place of what was known, e.g. what a reviewer settled."""
        return type(self)(self.on, {**self.known, **better})

    def as_json(self) -> dict[str, Any]:
        """Plain values only; ``from_json`` reads them back."""
        return {
            "on": self.on.isoformat(),
            "facts": {
                name: {
                    "value": write_value(fact.value),
                    "provenance": fact.provenance.name.lower(),
                    "as_of": fact.as_of.isoformat() if fact.as_of else None,
                    "source": fact.source,
                }
                for name, fact in self.known.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The facts that ``as_json`` wrote."""
        return cls(
            date.fromisoformat(data["on"]),
            {
                name: Fact(
                    row["value"],
                    Provenance[row["provenance"].upper()],
                    date.fromisoformat(row["as_of"]) if row["as_of"] else None,
                    row["source"],
                )
                for name, row in data["facts"].items()
            },
        )


def read_value(name: str, value: Any) -> Value:
    """The typed value of the fact ``name``; typed values pass, ``None`` is unknown, booleans are yes and no.

    Raises:
        FactUnreadable: there is no such fact, or the text is not a value of it.
    """
    spec = FACTS.get(name)
    if spec is None:
        raise FactUnreadable(_("没有名为 %(name)s 的事实") % {"name": name})
    if value is None:
        return Absence.UNKNOWN
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if not isinstance(value, str):
        typed: Value = value
        return typed
    text = value.strip()
    if text in ("?", "-", ""):
        return Absence(text)
    if spec.form == "date":
        return read_day(text)
    if spec.choices and text not in spec.choices:
        raise FactUnreadable(
            _("“%(text)s”不在可填的值之中：%(choices)s") % {"text": text, "choices": listed(spec.choices)}
        )
    if spec.form == "insurance":
        return tuple(_read_range(part) for part in text.split(";") if part.strip())
    if spec.form == "grants":
        return tuple(_read_grant(part) for part in text.split(";") if part.strip())
    return text


def write_value(value: Value) -> str:
    """The text that ``read_value`` reads back."""
    if isinstance(value, Absence):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ";".join(_write_part(part) for part in value)
    return value


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


def month_number(day: date) -> int:
    """The month of a day as a number one can count with."""
    return day.year * 12 + day.month - 1


def month_text(number: int) -> str:
    """``2023-07`` for the number of a month."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def same_name(text: str) -> str:
    """The form in which names of schools are compared: Unicode NFKC, no space around it."""
    return unicodedata.normalize("NFKC", text).strip()


def _read_range(text: str) -> InsuredRange:
    months, _colon, employer = text.strip().partition(":")
    is_late = employer.endswith("!")
    employer = employer.removesuffix("!").strip()
    first, _slash, last = months.partition("/")
    try:
        start, end = (month_number(read_day(f"{month.strip()}-01")) for month in (first, last))
    except FactUnreadable:
        start, end = 1, 0
    if start > end or not employer:
        raise FactUnreadable(_("“%(text)s”不是参保月份，请写成 2023-07/2023-09:单位 这样") % {"text": text})
    return InsuredRange(start, end, employer, is_late)


def _read_grant(text: str) -> Grant:
    try:
        scheme, area, yuan, day = (part.strip() for part in text.split("@"))
        fen = Decimal(yuan) * 100
        if not scheme or fen != int(fen):
            raise ValueError
        return Grant(scheme, area, int(fen), read_day(day))
    except (ValueError, InvalidOperation, OverflowError):
        message = _("“%(text)s”不是已领补贴，请写成 项目@地区代码@元@日期，例如 LS-2022@350581@10000@2023-11-30")
        raise FactUnreadable(message % {"text": text}) from None


def _write_part(part: InsuredRange | Grant) -> str:
    if isinstance(part, InsuredRange):
        return f"{month_text(part.first)}/{month_text(part.last)}:{part.employer}{'!' if part.is_late else ''}"
    return f"{part.scheme}@{part.area}@{Decimal(part.amount_fen) / 100:f}@{part.granted_on.isoformat()}"
