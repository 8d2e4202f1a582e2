"""By when an applicant is told something."""

from datetime import date

from django.utils import timezone

from portal.casework.models import Application
from portal.casework.states import State
from portal.policy.calendar import Calendar

# A last day that rests on a calendar not yet published may move: nobody loses a right on it before this many days.
PROVISIONAL_LEEWAY_DAYS = 10
REMIND_WORKING_DAYS = 2  # before the last day of a correction, and after a late reminder


def answer_by(row: Application, calendar: Calendar) -> date | None:
    """The last day of the present stage; while the check runs, that of acceptance, which is what people wait for."""
    if row.state != State.CHECK:
        return row.due_on
    days = 0
    for stage in row.policy_version.parsed.route:
        if stage.stage not in (State.CHECK, State.ACCEPT):
            break
        days += stage.limit_working_days
    return calendar.add_working_days(timezone.localdate(row.state_at), days).day
