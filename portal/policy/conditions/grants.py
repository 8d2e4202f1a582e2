"""Conditions about what has been granted already."""

from typing import Literal

from pydantic import Field

from portal.policy.conditions.base import Answer, Condition, Outcome, View
from portal.policy.facts import Absence, Grant
from portal.policy.texts import Strict, Text


class Scheme(Strict):
    """A programme or policy whose grants count, limited to area codes that begin with ``area`` where it is given."""

    scheme: str = Field(min_length=1)
    title: Text
    area: str = Field(default="", pattern=r"^\d{0,6}$")

    def covers(self, grant: Grant) -> bool:
        """Whether ``grant`` is one of this scheme."""
        return grant.scheme == self.scheme and grant.area.startswith(self.area)


class NotGrantedBefore(Condition):
    """Nothing has been granted under any of ``schemes``; other grants do not matter."""

    kind: Literal["not_granted_before"]
    schemes: tuple[Scheme, ...] = Field(min_length=1)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("prior_grants",)

    def holds(self, view: View) -> Outcome:
        grants = view.value("prior_grants")
        if grants is Absence.UNKNOWN or grants is Absence.NOT_APPLICABLE:
            return self.says(Answer.UNPROVEN, "unknown", fact="prior_grants")
        for grant in grants if isinstance(grants, tuple) else ():
            for scheme in self.schemes:
                if isinstance(grant, Grant) and scheme.covers(grant):
                    values = {"scheme": grant.scheme, "title": scheme.title.model_dump()}
                    return self.says(Answer.UNMET, "unmet", granted_on=grant.granted_on.isoformat(), **values)
        return self.says(Answer.MET, "met")
