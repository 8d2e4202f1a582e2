"""Conditions that compare dates with the application date."""

from datetime import date, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from pydantic import Field, field_validator

from portal.policy.calendar import ONE_DAY, add_years
from portal.policy.conditions.base import Answer, Condition, Outcome, View
from portal.policy.facts import FACTS
from portal.policy.texts import refuse
from portal.ui.figures import listed

LONGEST_ROLL = timedelta(days=10)  # no run of days off is longer than this


def _date_fact(name: str) -> str:
    dates = [known for known, spec in FACTS.items() if spec.form == "date"]
    if name not in dates:
        refuse(_("“%(text)s”不在可填的值之中：%(choices)s") % {"text": name, "choices": listed(dates)})
    return name


class Within(Condition):
    """Applied within ``years`` years of the day ``anchor``.

    The period ends on the matching day, inclusive; where that is a day off, on the next working day. Where the calendar
    does not know the day, the answer is unproven only between that day and ten days after it.
    """

    kind: Literal["within"]
    anchor: str
    years: int = Field(ge=1, le=50)

    @field_validator("anchor")
    @classmethod
    def _anchor_is_a_date(cls, anchor: str) -> str:
        return _date_fact(anchor)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.anchor,)

    def holds(self, view: View) -> Outcome:
        anchor = view.value(self.anchor)
        if not isinstance(anchor, date):
            return self.judge(self.anchor, anchor, lambda _it: False)
        values = {"fact": self.anchor, "anchor_on": anchor.isoformat(), "years": self.years}
        if view.on < anchor:
            return self.says(Answer.UNMET, "early", **values)
        last = add_years(anchor, self.years)
        while (working := view.calendar.is_working(last)) is False:
            last += ONE_DAY
        is_provisional = working is None
        values |= {"last_on": last.isoformat(), "is_provisional": is_provisional}
        if view.on <= last:
            return self.says(Answer.MET, "met_provisional" if is_provisional else "met", **values)
        if is_provisional and view.on <= last + LONGEST_ROLL:
            return self.says(Answer.UNPROVEN, "provisional", **values)
        return self.says(Answer.UNMET, "unmet", **values)


class AgeUnder(Condition):
    """Younger than ``years`` on the application date: on the birthday itself one is that old already."""

    kind: Literal["age_under"]
    years: int = Field(ge=1, le=120)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("birth_date",)

    def holds(self, view: View) -> Outcome:
        return self.judge(
            "birth_date", view.value("birth_date"), lambda it: view.on < add_years(it, self.years), years=self.years
        )


class NotBefore(Condition):
    """The day ``fact`` is ``date`` or later, e.g. first insured in the city on or after the day a policy began."""

    kind: Literal["not_before"]
    fact: str
    day: date

    @field_validator("fact")
    @classmethod
    def _fact_is_a_date(cls, fact: str) -> str:
        return _date_fact(fact)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.fact,)

    def holds(self, view: View) -> Outcome:
        seen = view.value(self.fact)
        return self.judge(
            self.fact,
            seen,
            lambda it: it >= self.day,
            fact=self.fact,
            seen_on=seen.isoformat() if isinstance(seen, date) else "",
            first_on=self.day.isoformat(),
        )
