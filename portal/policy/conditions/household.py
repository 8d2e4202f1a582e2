"""Conditions about where somebody's household is registered."""

from datetime import date
from typing import Literal

from pydantic import Field

from portal.policy.calendar import add_months
from portal.policy.conditions.base import Answer, Condition, OneFact, Outcome, View, is_silent
from portal.policy.facts import Absence, Value
from portal.policy.texts import Text


class HouseholdIn(OneFact):
    """The household is registered in ``place`` (an area code, or the beginning of one).

    A collective household counts unless ``collective_counts`` says otherwise; ``months`` is how long it must have been
    there.
    """

    kind: Literal["household_in"]
    place: str = Field(pattern=r"^\d{2,6}$")
    place_name: Text
    collective_counts: bool = True
    months: int = Field(default=0, ge=0, le=240)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("hukou_code", "hukou_collective", *(("hukou_since",) if self.months else ()))

    @property
    def fact_read(self) -> str:
        return "hukou_code"

    def answer_to(self, value: Value) -> Outcome:
        return self.judge(
            "hukou_code", value, lambda it: it.startswith(self.place), hukou_code=value, place=self.place_name.plain
        )

    def holds(self, view: View) -> Outcome:
        outcome = super().holds(view)
        if outcome.answer is not Answer.MET:
            return outcome
        if not self.collective_counts:
            collective = view.value("hukou_collective")
            if collective == "yes":
                return self.says(Answer.UNMET, "collective")
            if is_silent(collective):
                return self.awaits("hukou_collective")
        return self._since(view) if self.months else outcome

    def _since(self, view: View) -> Outcome:
        since = view.value("hukou_since")
        if since is Absence.NONE:  # the register knows of no move: there since birth
            return self.says(Answer.MET, "met", place=self.place_name.plain)
        if not isinstance(since, date):
            return self.awaits("hukou_since")
        values = {"since_on": since.isoformat(), "months": self.months}
        is_long = view.on >= add_months(since, self.months)
        return self.says(Answer.MET if is_long else Answer.UNMET, "long" if is_long else "short", **values)


class HouseholdOutside(Condition):
    """The household is registered somewhere else than in ``place``; a collective one there counts as somewhere else,
    unless ``collective_counts`` says that it is a household of the place.
    """

    kind: Literal["household_outside"]
    place: str = Field(pattern=r"^\d{2,6}$")
    place_name: Text
    collective_counts: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        return ("hukou_code",) if self.collective_counts else ("hukou_code", "hukou_collective")

    def holds(self, view: View) -> Outcome:
        code, collective = view.value("hukou_code"), view.value("hukou_collective")
        if code is Absence.NONE:  # no mainland household at all: certainly none of the place
            return self.says(Answer.MET, "no_household")
        outcome = self.judge("hukou_code", code, lambda it: not it.startswith(self.place), place=self.place_name.plain)
        if outcome.answer is not Answer.UNMET or self.collective_counts:
            return outcome
        if is_silent(collective):
            return self.awaits("hukou_collective")
        return self.says(Answer.MET, "collective") if collective == "yes" else outcome
