"""Filters of the letters' templates."""

from collections.abc import Mapping
from datetime import date, datetime

from django import template
from django.utils.translation import get_language

from portal.ui import figures

register = template.Library()


@register.filter
def in_language(words: Mapping[str, str] | str) -> str:
    """Pick the active language from ``{"zh": …, "en": …}``; Chinese where the other is missing. Plain text stays."""
    if isinstance(words, str):
        return words
    code = "en" if (get_language() or "").startswith("en") else "zh"
    return words.get(code) or words.get("zh", "")


@register.filter
def letter_day(day: str) -> str:
    """``2026-11-16`` → ``2026 年 11 月 16 日`` or ``16 November 2026``."""
    return figures.day_text(date.fromisoformat(day))


@register.filter
def letter_day_time(moment: str) -> str:
    """``2026-11-16T09:00:00+08:00`` → ``2026 年 11 月 16 日 09:00`` or ``16 November 2026, 09:00``."""
    return figures.day_time_text(datetime.fromisoformat(moment))


@register.filter
def letter_money(fen: int) -> str:
    """``1000000`` → ``10,000 元`` or ``CNY 10,000``."""
    return figures.yuan_text(fen)
