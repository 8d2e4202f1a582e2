"""The calendar in the Django admin: the years and days that the shipped calendar does not know yet."""

from django.contrib import admin

from portal.audit.admin import Recorded
from portal.policy.models import CalendarDay, CalendarYear


@admin.register(CalendarYear)
class CalendarYearAdmin(Recorded):
    """Years whose holidays are published. Enter the days first, then the year."""

    list_display = ("year", "notice")

    def what(self, obj: CalendarYear) -> str:
        """Which year."""
        return str(obj.year)


@admin.register(CalendarDay)
class CalendarDayAdmin(Recorded):
    """Days off on weekdays, and weekends that are worked."""

    list_display = ("day", "is_working", "note")
    list_filter = ("is_working",)
    date_hierarchy = "day"

    def what(self, obj: CalendarDay) -> str:
        """Which day, worked or off."""
        return f"{obj.day.isoformat()} {'working' if obj.is_working else 'off'}"
