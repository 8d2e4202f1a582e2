"""Conditions about the months of social insurance."""

from typing import Any, Literal, Self

from django.utils.translation import gettext as _
from pydantic import Field, field_validator, model_validator

from portal.policy.conditions.base import Answer, Condition, Outcome, View, is_silent
from portal.policy.facts import Absence, InsuredRange, Value, month_number, month_text
from portal.policy.notation import INSURANCES
from portal.policy.texts import refuse
from portal.ui.figures import listed


class InsuredMonths(Condition):
    """Insured ``months`` months in a row, up to the month before the application or ``lag`` months before it.

    A month counts when it was paid in time (unless ``late_counts``; ``ordered_counts`` forgives what an authority
    ordered to be paid), with the present employer (unless ``any_employer``; ``group_counts`` adds the firms of its
    group), in ``place`` where that is given, and for every one of ``insurances``. ``cumulative`` months need not be in
    a row. Registers lag: where they show nothing at all for the months after the lag and those would be enough, the
    condition is unproven.
    """

    kind: Literal["insured_months"]
    months: int = Field(ge=1, le=120)
    cumulative: bool = False
    lag: int = Field(default=2, ge=1, le=6)
    any_employer: bool = False
    group_counts: bool = False
    late_counts: bool = False
    ordered_counts: bool = False
    place: str = Field(default="", pattern=r"^\d{0,6}$")
    insurances: tuple[str, ...] = Field(default=("pension",), min_length=1)

    @field_validator("insurances")
    @classmethod
    def _insurances_are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in INSURANCES:
                values = {"text": name, "choices": listed(INSURANCES)}
                refuse(_("“%(text)s”不在可填的值之中：%(choices)s") % values)
        return names

    @model_validator(mode="after")
    def _employers_fit_together(self) -> Self:
        if self.any_employer and self.group_counts:
            refuse(_("不限单位（any_employer）时，不必再写集团单位（group_counts）"))
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        if self.any_employer:
            return ("insurance",)
        return ("insurance", "employer", "group_firms") if self.group_counts else ("insurance", "employer")

    def holds(self, view: View) -> Outcome:
        ranges = view.value("insurance")
        if is_silent(ranges):
            return self.awaits("insurance")
        shown: tuple[InsuredRange, ...] = ranges if isinstance(ranges, tuple) else ()  # type: ignore[assignment]
        this_month = month_number(view.on)
        if self.any_employer:
            return self._count(shown, None, this_month)
        employer = view.value("employer")
        if not is_silent(employer):
            return self._with_group(view, shown, employer, this_month)
        # Which employer is the present one is unknown: decided only if every possible one leads to the same answer.
        names = {"", *(row.employer for row in shown)}
        outcomes = [self._with_group(view, shown, name, this_month) for name in names]
        if all(outcome.answer is outcomes[0].answer for outcome in outcomes):
            return outcomes[0]
        return self.awaits("employer")

    def _with_group(self, view: View, shown: tuple[InsuredRange, ...], employer: Value, this_month: int) -> Outcome:
        if not self.group_counts:
            return self._count(shown, (employer,), this_month)
        firms = view.value("group_firms")
        known = [it for it in firms if isinstance(it, str)] if isinstance(firms, tuple) else []
        outcome = self._count(shown, (employer, *known), this_month)
        is_open = is_silent(firms) and any(row.employer != employer for row in shown)
        return self.awaits("group_firms") if is_open and outcome.answer is Answer.UNMET else outcome

    def _count(self, shown: tuple[InsuredRange, ...], employers: tuple[Value, ...] | None, this_month: int) -> Outcome:
        counted: set[int] = set()
        for row in shown:
            if (employers is None or row.employer in employers) and self._counts(row):
                counted.update(range(row.first, min(row.last + 1, this_month)))
        found = self._reached(counted, this_month)
        values: dict[str, Any] = {"months": found, "needed": self.months}
        suffix = "_total" if self.cumulative else ""
        if found >= self.months:
            return self.says(Answer.MET, f"met{suffix}", **values)
        after_lag = range(this_month - self.lag + 1, this_month)
        silent = [month for month in after_lag if not any(row.first <= month <= row.last for row in shown)]
        if silent and self._reached(counted.union(silent), this_month) >= self.months:
            return self.says(Answer.UNPROVEN, f"lagging{suffix}", **values, month=month_text(silent[-1]))
        return self.says(Answer.UNMET, f"unmet{suffix}", **values)

    def _counts(self, row: InsuredRange) -> bool:
        return (
            (not row.is_late or self.late_counts or (self.ordered_counts and row.is_ordered))
            and (not self.place or not row.place or row.place.startswith(self.place))
            and (row.kinds == self.insurances or set(self.insurances).issubset(row.kinds))
        )

    def _reached(self, counted: set[int], this_month: int) -> int:
        """The months in all, or the longest run that ends in one of the ``lag`` months before ``this_month``."""
        if self.cumulative:
            return len(counted)
        longest, last = 0, this_month - 1
        while last >= this_month - self.lag:
            month = last
            while month in counted:
                month -= 1
            if last - month > longest:
                longest = last - month
            last = month - 1  # whatever lies between belongs to the run just counted
        return longest


class NotInsured(Condition):
    """The city's register shows no insurance in the month of the application, nor in the ``months`` − 1 before it."""

    kind: Literal["not_insured"]
    months: int = Field(default=1, ge=1, le=24)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("insurance",)

    def holds(self, view: View) -> Outcome:
        ranges = view.value("insurance")
        if ranges is Absence.UNKNOWN:
            return self.awaits("insurance")
        this_month = month_number(view.on)
        first = this_month - self.months + 1
        for row in ranges if isinstance(ranges, tuple) else ():
            if isinstance(row, InsuredRange) and not row.place and row.first <= this_month and row.last >= first:
                return self.says(Answer.UNMET, "unmet", month=month_text(min(row.last, this_month)))
        return self.says(Answer.MET, "met")
