"""Conditions about where somebody's household is registered."""

from typing import Literal

from pydantic import Field

from portal.policy.conditions.base import Answer, Condition, Outcome, View
from portal.policy.facts import Absence
from portal.policy.texts import Text


class HouseholdIn(Condition):
    """The household is registered in ``place`` (an area code, or the beginning of one).

    A collective household counts unless ``collective_counts`` says otherwise.
    """

    kind: Literal["household_in"]
    place: str = Field(pattern=r"^\d{2,6}$")
    place_name: Text
    collective_counts: bool = True

    @property
    def reads(self) -> tuple[str, ...]:
        return ("hukou_code", "hukou_collective")

    def holds(self, view: View) -> Outcome:
        code, collective = view.value("hukou_code"), view.value("hukou_collective")
        values = {"hukou_code": code, "place": self.place_name.model_dump()}
        outcome = self.judge("hukou_code", code, lambda it: it.startswith(self.place), **values)
        if outcome.answer is not Answer.MET or self.collective_counts:
            return outcome
        if isinstance(collective, Absence) and collective is not Absence.NONE:
            return self.says(Answer.UNPROVEN, "unknown", fact="hukou_collective")
        return self.says(Answer.UNMET, "collective") if collective == "yes" else outcome
