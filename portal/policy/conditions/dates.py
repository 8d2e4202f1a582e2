"""Conditions that compare dates with the application date."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from django.utils.translation import gettext as _
from pydantic import Field, field_validator, model_validator

from portal.policy.calendar import ONE_DAY, add_months, add_years
from portal.policy.conditions.base import Answer, Condition, Outcome, Reason, View
from portal.policy.facts import FACTS, Absence
from portal.policy.texts import refuse
from portal.ui.figures import listed

LONGEST_ROLL = timedelta(days=10)  # no run of days off is longer than this


def _date_fact(name: str) -> str:
    dates = [known for known, spec in FACTS.items() if spec.form == "date"]
    if name not in dates:
        refuse(_("“%(text)s”不在可填的值之中：%(choices)s") % {"text": name, "choices": listed(dates)})
    return name


class Within(Condition):
    """Applied within ``years`` years and ``months`` months of the day ``anchor`` (diploma, first insured, hire, ...).

    The period ends on the matching day, inclusive; where that is a day off, on the next working day, unless ``rolls``
    is false. Where the calendar does not know the day, the answer is unproven only between that day and ten days after.
    """

    kind: Literal["within"]
    anchor: str
    years: int = Field(default=0, ge=0, le=50)
    months: int = Field(default=0, ge=0, le=600)
    rolls: bool = True

    @field_validator("anchor")
    @classmethod
    def _anchor_is_a_date(cls, anchor: str) -> str:
        return _date_fact(anchor)

    @model_validator(mode="after")
    def _period_is_given(self) -> Self:
        if not self.years and not self.months:
            refuse(_("须写明几年（years）或几个月（months）"))
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.anchor,)

    def holds(self, view: View) -> Outcome:
        anchor = view.value(self.anchor)
        if not isinstance(anchor, date):
            return self.judge(self.anchor, anchor, lambda _it: False)
        values: dict[str, Any] = {"fact": self.anchor, "anchor_on": anchor.isoformat(), "years": self.years}
        if view.on < anchor:
            return self.says(Answer.UNMET, "early", **values)
        last = add_years(anchor, self.years)
        if self.months:
            last = add_months(last, self.months)
        is_provisional = False
        if self.rolls:
            while (working := view.calendar.is_working(last)) is False:
                last += ONE_DAY
            is_provisional = working is None
        values["last_on"], values["is_provisional"] = last.isoformat(), is_provisional
        answer, code = Answer.UNMET, "unmet"
        if view.on <= last:
            answer, code = Answer.MET, "met_provisional" if is_provisional else "met"
        elif is_provisional and view.on <= last + LONGEST_ROLL:
            answer, code = Answer.UNPROVEN, "provisional"
        return Outcome(answer, (Reason(self.kind, code, values),))


class AgeUnder(Condition):
    """Younger than ``years``, or with ``inclusive`` no older than that, on the day named by ``on``.

    On the birthday itself one is that old already. ``application_year`` and ``approval_year`` are the 1 January of the
    year of application and of approval. Before the approval nobody knows its day: then only those who are too old on
    the application date (or on 1 January of its year) are refused, and the rest is unproven.
    """

    kind: Literal["age_under"]
    years: int = Field(ge=1, le=120)
    inclusive: bool = False
    on: Literal["application", "application_year", "approval", "approval_year"] = "application"

    @property
    def reads(self) -> tuple[str, ...]:
        return ("birth_date", "approved_on") if self._awaits_approval else ("birth_date",)

    @property
    def _awaits_approval(self) -> bool:
        return self.on.startswith("approval")

    def holds(self, view: View) -> Outcome:
        approved = view.value("approved_on") if self._awaits_approval else view.on
        day = approved if isinstance(approved, date) else view.on
        if self.on.endswith("_year"):
            day = day.replace(month=1, day=1)
        limit = self.years + self.inclusive
        code = "" if self.on == "application" else "_on_day"
        values: dict[str, Any] = {"years": limit} if self.on == "application" else {"years": limit, "day_on": str(day)}
        born = view.value("birth_date")
        if not isinstance(born, date):
            return self.judge("birth_date", born, lambda _it: False)
        if day >= add_years(born, limit):
            return self.says(Answer.UNMET, f"unmet{code}", **values)
        if not isinstance(approved, date):
            return self.awaits("approved_on")
        return self.says(Answer.MET, f"met{code}", **values)


class Season(Condition):
    """Applications are taken in ``months`` (1 to 12), on the days of the month from ``first_day`` to ``last_day``."""

    kind: Literal["season"]
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = tuple(range(1, 13))
    first_day: int = Field(default=1, ge=1, le=31)
    last_day: int = Field(default=31, ge=1, le=31)

    @property
    def reads(self) -> tuple[str, ...]:
        return ()

    def holds(self, view: View) -> Outcome:
        is_open = view.on.month in self.months and self.first_day <= view.on.day <= self.last_day
        values = {
            "months": list(self.months),
            "first": self.first_day,
            "last": self.last_day,
            "seen_on": view.on.isoformat(),
        }
        return self.says(Answer.MET if is_open else Answer.UNMET, "met" if is_open else "unmet", **values)


class Between(Condition):
    """Applied from ``first`` to ``last``, both included: a policy that takes applications in one period only."""

    kind: Literal["between"]
    first: date
    last: date

    @property
    def reads(self) -> tuple[str, ...]:
        return ()

    def holds(self, view: View) -> Outcome:
        is_open = self.first <= view.on <= self.last
        values = {"first_on": self.first.isoformat(), "last_on": self.last.isoformat()}
        return self.says(Answer.MET if is_open else Answer.UNMET, "met" if is_open else "unmet", **values)


class ContractYears(Condition):
    """The labour contract runs for at least ``years`` years; an own business needs none."""

    kind: Literal["contract_years"]
    years: int = Field(ge=1, le=20)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("employer_kind", "contract_from", "contract_until")

    def holds(self, view: View) -> Outcome:
        if view.value("employer_kind") == "self_employed":
            return self.says(Answer.MET, "own_business")
        first, until = view.value("contract_from"), view.value("contract_until")
        if first is Absence.NONE:
            return self.says(Answer.UNMET, "none", fact="contract_from")
        if not isinstance(first, date):
            return self.awaits("contract_from")
        if until is Absence.NONE:  # a contract without an end
            return self.says(Answer.MET, "open_ended")
        if not isinstance(until, date):
            return self.awaits("contract_until")
        is_long = until + ONE_DAY >= add_years(first, self.years)  # 1 March to 28 February is a year
        values = {"first_on": first.isoformat(), "last_on": until.isoformat(), "years": self.years}
        return self.says(Answer.MET if is_long else Answer.UNMET, "met" if is_long else "unmet", **values)


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
