"""A list as people read it: the policy's columns and the period day by day. The desk's preview shows the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from applicants.people.choices import EducationLevel
from portal.casework.models import Notice, NoticeLine
from portal.policy.calendar import Calendar
from portal.ui.figures import amount_text


@dataclass(frozen=True)
class Cell:
    """One value under its heading."""

    label: str
    text: str
    is_amount: bool = False
    is_chinese: bool = False  # what nobody translates: schools and employers


@dataclass(frozen=True)
class Row:
    """One person: the masked name, the visible end of the number, and the other columns."""

    line: NoticeLine
    name: str
    tail: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """The whole list. ``headings`` follow the cells; the name is a column of its own."""

    rows: tuple[Row, ...]
    headings: tuple[Cell, ...]
    name_heading: str
    total_fen: int
    has_amounts: bool

    @property
    def people(self) -> int:
        """How many stand on it."""
        return len(self.rows)

    @property
    def span(self) -> int:
        """Columns before the amount."""
        return 1 + len(self.headings)


def table_of(notice: Notice, lines: Iterable[NoticeLine]) -> Table:
    """The table of ``lines`` in the columns that the notice's policy names. Opens nothing sealed, asks no database."""
    rule = notice.policy_version.parsed.notice
    columns = [name for name in ("school", "education", "employer", "amount") if name in rule.columns]
    rows = tuple(
        Row(
            line=line,
            name=line.name_masked if "name" in rule.columns else "**",
            tail=line.number_masked.lstrip("*") if "number" in rule.columns else "",
            cells=tuple(_cell(name, line) for name in columns),
        )
        for line in lines
    )
    return Table(
        rows=rows,
        headings=tuple(Cell(_heading(name), "", is_amount=name == "amount") for name in columns),
        name_heading=_name_heading(rule.columns, rule.masking.number_last),
        total_fen=sum(row.line.amount_fen for row in rows),
        has_amounts="amount" in columns,
    )


def _name_heading(columns: tuple[str, ...], last: int) -> str:
    if "number" not in columns or not last:
        return _("姓名")
    return _("姓名（证件号后 %(count)s 位）") % {"count": last}


def _heading(name: str) -> str:
    headings = {
        "school": _("毕业院校"),
        "education": _("学历"),
        "employer": _("用人单位"),
        "amount": _("拟发金额（元）"),
    }
    return headings[name]


def _cell(name: str, line: NoticeLine) -> Cell:
    if name == "education":
        known = line.education in EducationLevel.values
        return Cell(_heading(name), str(EducationLevel(line.education).label) if known else line.education)
    if name == "amount":
        return Cell(_heading(name), amount_text(line.amount_fen), is_amount=True)
    return Cell(_heading(name), getattr(line, name), is_chinese=True)


@dataclass(frozen=True)
class NoticeDay:
    """A working day of the period, or a run of days off that do not count."""

    text: str
    note: str
    state: str  # past, now, off, next


def days_of(starts_on: date, ends_on: date, today: date, calendar: Calendar) -> list[NoticeDay]:
    """The period as a row of days; days off between are drawn together as one."""
    days: list[NoticeDay] = []
    for offset in range((ends_on - starts_on).days + 1):
        day = starts_on + timedelta(days=offset)
        working = calendar.is_working(day)
        if not (day.weekday() < 5 if working is None else working):
            if not days or days[-1].state != "off":
                days.append(NoticeDay(_("休息"), _("不计"), "off"))
            continue
        if day == today:
            days.append(NoticeDay(f"{day:%m-%d}", _("今天"), "now"))
        else:
            note = pgettext("last day of a public notice", "截止") if day == ends_on else _weekday(day)
            days.append(NoticeDay(f"{day:%m-%d}", note, "past" if day < today else "next"))
    return days


def _weekday(day: date) -> str:
    names = [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]
    return names[day.weekday()]
