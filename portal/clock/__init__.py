"""What time it is in the business. Sign-in, sessions and audit keep real time; everything else asks here.

In a demo the portal's clock may run ahead of the world by one stored offset; elsewhere no offset is ever read.
"""

import math
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The business time, aware, in the city's time zone."""
    return timezone.localtime(timezone.now() + _offset())


def today() -> date:
    """The business day in the city (a day ends at 24:00)."""
    return now().date()


def move_to(at: datetime) -> None:
    """Set the portal's clock to ``at`` (aware), or up to a second later; it runs on from there.

    Raises ClockIsReal outside a demo.
    """
    if not settings.DEMO:
        raise ClockIsReal("Only a demo portal's clock can be moved.")
    from portal.clock.models import ClockOffset

    seconds = math.ceil((at - timezone.now()).total_seconds())
    ClockOffset.objects.update_or_create(pk=1, defaults={"seconds": seconds})


class ClockIsReal(Exception):
    """The clock of a portal in service cannot be moved."""


def _offset() -> timedelta:
    if not settings.DEMO:
        return timedelta()
    # Models cannot be imported while Django is still loading this package as an app.
    from portal.clock.models import ClockOffset

    return timedelta(seconds=ClockOffset.objects.filter(pk=1).values_list("seconds", flat=True).first() or 0)
