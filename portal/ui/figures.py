"""How money, days and times read in the active language. Text only: fit for pages, letters and sentences."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils.timezone import localtime
from django.utils.translation import get_language, pgettext

ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def is_chinese() -> bool:
    """Whether the active language is Chinese."""
    return (get_language() or "zh-hans").startswith("zh")


def in_language(zh: str, en: str) -> str:
    """What is kept in both languages, in the active one; the Chinese where nobody wrote the English."""
    return zh if is_chinese() or not en else en


def amount_text(fen: int) -> str:
    """A figure for a table column, always with two decimals and without a unit: 1000000 fen → ``10,000.00``."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan:,}.{rest:02d}"


def yuan_text(fen: int) -> str:
    """An amount for a sentence: 1000000 fen → ``10,000 元`` or ``CNY 10,000``; fen are shown only if there are any."""
    figure = amount_text(fen).removesuffix(".00")
    return f"{figure} 元" if is_chinese() else f"CNY {figure}"


def _local_day(moment: date | datetime) -> date:
    return localtime(moment).date() if isinstance(moment, datetime) else moment


def day_text(moment: date | datetime, *, with_year: bool = True) -> str:
    """A day in full: ``2026 年 11 月 16 日`` or ``16 November 2026``. A datetime is read in the business time zone."""
    day = _local_day(moment)
    if is_chinese():
        text = f"{day.month} 月 {day.day} 日"
        return f"{day.year} 年 {text}" if with_year else text
    text = f"{day.day} {ENGLISH_MONTHS[day.month - 1]}"
    return f"{text} {day.year}" if with_year else text


def day_time_text(moment: datetime, *, with_year: bool = True, is_end: bool = False) -> str:
    """A moment in the business time zone: ``2026 年 11 月 16 日 09:12`` or ``16 November 2026, 09:12``.

    Where it ends something, midnight is told as 24:00 of the day that is over.
    """
    clock = f"{localtime(moment):%H:%M}"
    if is_end and clock == "00:00":
        moment, clock = moment - timedelta(days=1), "24:00"
    day = day_text(moment, with_year=with_year)
    return f"{day} {clock}" if is_chinese() else f"{day}, {clock}"


def month_text(month: date | str) -> str:
    """A month, from a date or ``YYYY-MM``: ``2026 年 11 月`` or ``November 2026``."""
    if isinstance(month, str):
        month = date.fromisoformat(f"{month}-01")
    if is_chinese():
        return f"{month.year} 年 {month.month} 月"
    return f"{ENGLISH_MONTHS[month.month - 1]} {month.year}"


def listed(items: Iterable[object]) -> str:
    """Items side by side in a sentence: ``甲、乙`` or ``A, B``."""
    return pgettext("between two items", "、").join(str(item) for item in items)
