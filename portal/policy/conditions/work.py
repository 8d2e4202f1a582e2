"""Conditions about the employer, the post and the insurance months."""

from typing import Literal

from pydantic import Field, field_validator

from portal.policy.conditions.base import Answer, Condition, Outcome, Reason, View
from portal.policy.conditions.study import known_choices
from portal.policy.facts import Absence, InsuredRange, Value, month_number, month_text


class EmployerKind(Condition):
    """The present employer is of one of ``kinds``; an own business is the kind ``self_employed``."""

    kind: Literal["employer_kind"]
    kinds: tuple[str, ...] = Field(min_length=1)

    @field_validator("kinds")
    @classmethod
    def _kinds_are_known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("employer_kind", kinds)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("employer_kind",)

    def holds(self, view: View) -> Outcome:
        seen = view.value("employer_kind")
        return self.judge(
            "employer_kind", seen, lambda it: it in self.kinds, employer_kind=seen, employer_kind_any=list(self.kinds)
        )


class FirstJobInCity(Condition):
    """The present employment is the first one in the city."""

    kind: Literal["first_job_in_city"]

    @property
    def reads(self) -> tuple[str, ...]:
        return ("first_job_in_city",)

    def holds(self, view: View) -> Outcome:
        return self.judge("first_job_in_city", view.value("first_job_in_city"), lambda it: it == "yes")


class InPost(Condition):
    """Still with the employer on the application date."""

    kind: Literal["in_post"]

    @property
    def reads(self) -> tuple[str, ...]:
        return ("in_post",)

    def holds(self, view: View) -> Outcome:
        return self.judge("in_post", view.value("in_post"), lambda it: it == "yes")


class InsuredMonths(Condition):
    """Insured ``months`` months in a row, up to the month before the application or the one before that.

    A month counts when it was paid in time (unless ``late_counts``) and with the present employer (unless
    ``any_employer``). Registers lag: where they show nothing at all for the last month and that month would be enough,
    the condition is unproven.
    """

    kind: Literal["insured_months"]
    months: int = Field(ge=1, le=120)
    any_employer: bool = False
    late_counts: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        return ("insurance",) if self.any_employer else ("insurance", "employer")

    def holds(self, view: View) -> Outcome:
        ranges = view.value("insurance")
        if ranges is Absence.UNKNOWN or ranges is Absence.NOT_APPLICABLE:
            return self.says(Answer.UNPROVEN, "unknown", fact="insurance")
        shown: tuple[InsuredRange, ...] = ranges if isinstance(ranges, tuple) else ()  # type: ignore[assignment]
        this_month = month_number(view.on)
        employer: Value = "" if self.any_employer else view.value("employer")
        if employer is not Absence.UNKNOWN and employer is not Absence.NOT_APPLICABLE:
            return self._count(shown, employer, this_month)
        # Which employer is the present one is unknown: decided only if every possible one leads to the same answer.
        outcomes = [self._count(shown, name, this_month) for name in {"", *(row.employer for row in shown)}]
        if all(outcome.answer is outcomes[0].answer for outcome in outcomes):
            return outcomes[0]
        return self.says(Answer.UNPROVEN, "unknown", fact="employer")

    def _count(self, shown: tuple[InsuredRange, ...], employer: Value, this_month: int) -> Outcome:
        def counts(month: int) -> bool:
            return any(
                row.first <= month <= row.last
                and (self.late_counts or not row.is_late)
                and (self.any_employer or row.employer == employer)
                for row in shown
            )

        last_month = this_month - 1
        month = last_month if counts(last_month) else last_month - 1
        run = 0
        while counts(month - run):
            run += 1
        values = {"months": run, "needed": self.months}
        if run >= self.months:
            return self.says(Answer.MET, "met", **values)
        is_silent = not any(row.first <= last_month <= row.last for row in shown)
        if is_silent and run + 1 >= self.months:
            lagging = Reason(self.kind, "lagging", {**values, "month": month_text(last_month)})
            return Outcome(Answer.UNPROVEN, (lagging,))
        return self.says(Answer.UNMET, "unmet", **values)
