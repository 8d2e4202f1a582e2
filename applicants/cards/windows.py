"""The windows in which uses of a benefit are counted: by the calendar, in the dates of China."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import pgettext_lazy


class Window(models.TextChoices):
    """A stretch of the calendar, from the shortest to the longest; within one a quota never comes back."""

    DAY = "day", pgettext_lazy("window", "每天")
    MONTH = "month", pgettext_lazy("window", "每月")
    QUARTER = "quarter", pgettext_lazy("window", "每季度")
    YEAR = "year", pgettext_lazy("window", "每年")
    EVER = "ever", pgettext_lazy("window", "总共")


def key_of(window: str, day: date) -> str:
    """The one of the windows that ``day`` lies in: 2024-02-29, 2024-02, 2024-Q1, 2024, ever."""
    return {
        Window.DAY: day.isoformat(),
        Window.MONTH: f"{day:%Y-%m}",
        Window.QUARTER: f"{day:%Y}-Q{(day.month + 2) // 3}",
        Window.YEAR: f"{day:%Y}",
        Window.EVER: "ever",
    }[Window(window)]
