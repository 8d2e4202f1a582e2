"""By when an applicant is told something, and by when one may ask."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from portal.casework.models import Application, Decision, Reconsideration
from portal.casework.states import State
from portal.policy.calendar import Calendar, DatedDay

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


def last_days_to_ask(rows: Iterable[Application], calendar: Calendar) -> dict[UUID, DatedDay]:
    """The last day to ask for a reconsideration, for those of ``rows`` whose newest refusal nobody asked about yet.

    Whether that day is over is not looked at. Two queries however many rows.
    """
    refused = [row for row in rows if row.state == State.REFUSED]
    newest = {decision.application_id: decision for decision in _in_order(Decision.objects, refused, "at", "id")}
    asked: dict[UUID, list[Reconsideration]] = {}
    for one in _in_order(Reconsideration.objects, refused, "number"):
        asked.setdefault(one.application_id, []).append(one)
    found = {}
    for row in refused:
        decision, earlier = newest[row.pk], asked.get(row.pk, [])
        last = last_day_to_ask(row, decision, earlier, calendar)
        if last and decision.pk not in {one.refusal_id for one in earlier}:
            found[row.pk] = last
    return found


def last_day_to_ask(
    row: Application, refusal: Decision, earlier: Iterable[Reconsideration], calendar: Calendar
) -> DatedDay | None:
    """By when ``refusal`` may be asked to be reconsidered, as its letter says; None where it may not.

    Of ``earlier`` reconsiderations of the application, those that were upheld do not use up a time.
    """
    rule = row.policy_version.parsed.reconsideration_rule
    before = [one for one in earlier if one.closed_at and one.closed_at <= refusal.at]
    used = sum(one.outcome != Reconsideration.Outcome.UPHELD for one in before)
    if used >= rule.times:
        return None
    return calendar.add_working_days(timezone.localdate(refusal.at), rule.working_days)


def is_in_time(last: DatedDay, on: date) -> bool:
    """Whether ``on`` is not after a last day; one that rests on a calendar not yet published may move."""
    return on <= last.day + timedelta(days=PROVISIONAL_LEEWAY_DAYS if last.is_provisional else 0)


def _in_order(manager: Any, rows: list[Application], *order: str) -> Any:
    return manager.filter(application__in=rows).order_by(*order) if rows else ()
