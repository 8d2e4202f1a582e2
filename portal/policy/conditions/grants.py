"""Conditions about what has been granted already, to oneself or to the spouse."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from portal.policy.calendar import add_months
from portal.policy.conditions.base import Answer, Condition, Outcome, View, is_silent
from portal.policy.facts import Grant
from portal.policy.texts import Strict, Text


class Scheme(Strict):
    """A programme or policy whose grants count, limited to area codes that begin with ``area`` where it is given."""

    scheme: str = Field(min_length=1)
    title: Text
    area: str = Field(default="", pattern=r"^\d{0,6}$")

    def covers(self, grant: Grant) -> bool:
        """Whether ``grant`` is one of this scheme."""
        return grant.scheme == self.scheme and grant.area.startswith(self.area)


class AboutGrants(Condition):
    """A condition about grants under any of ``schemes``; other grants do not matter."""

    schemes: tuple[Scheme, ...] = Field(min_length=1)

    def counted(self, grants: Any) -> list[tuple[Grant, Scheme]]:
        """The grants that matter, each with the scheme it falls under."""
        found = []
        for grant in grants if isinstance(grants, tuple) else ():
            for scheme in self.schemes:
                if scheme.covers(grant):
                    found.append((grant, scheme))
                    break
        return found


class NotGrantedBefore(AboutGrants):
    """Nothing has been granted under any of ``schemes``: the mode "block"."""

    kind: Literal["not_granted_before"]

    @property
    def reads(self) -> tuple[str, ...]:
        return ("prior_grants",)

    def holds(self, view: View) -> Outcome:
        grants = view.value("prior_grants")
        if is_silent(grants):
            return self.awaits("prior_grants")
        for grant, scheme in self.counted(grants):
            values = {"scheme": grant.scheme, "title": scheme.title.plain}
            return self.says(Answer.UNMET, "unmet", granted_on=grant.granted_on.isoformat(), **values)
        return self.says(Answer.MET, "met")


class EarlierGrants(AboutGrants):
    """How earlier grants count against this one.

    - ``higher``: only the higher of the two. Met where this one is higher; the earlier one has to be given back.
    - ``top_up``: the difference is paid. Met where this one is higher.
    - ``deduct``: what was paid is taken off, down to nothing. Always met.
    - ``wait``: ``wait_months`` have passed since the last of them.
    - ``stack``: they do not matter; the condition says so.
    """

    kind: Literal["earlier_grants"]
    mode: Literal["higher", "top_up", "deduct", "wait", "stack"]
    wait_months: int = Field(default=0, ge=0, le=240)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("prior_grants",)

    def holds(self, view: View) -> Outcome:
        if self.mode == "stack":
            return self.says(Answer.MET, "stack")
        grants = view.value("prior_grants")
        if is_silent(grants):
            return self.awaits("prior_grants")
        counted = self.counted(grants)
        if not counted:
            return self.says(Answer.MET, "met")
        if self.mode == "wait":
            last = max(grant.granted_on for grant, _scheme in counted)
            first = add_months(last, self.wait_months)
            values = {"granted_on": last.isoformat(), "months": self.wait_months, "first_on": first.isoformat()}
            has_waited = view.on >= first
            return self.says(Answer.MET if has_waited else Answer.UNMET, "waited" if has_waited else "wait", **values)
        paid = self.paid_fen(counted)
        if self.mode == "deduct":
            return self.says(Answer.MET, "deduct", paid_fen=paid)
        gross = view.gross_fen()
        if gross is None:
            return self.says(Answer.UNPROVEN, "gross", paid_fen=paid)
        answer = Answer.MET if gross > paid else Answer.UNMET
        return self.says(answer, self.mode if answer is Answer.MET else "enough", paid_fen=paid, gross_fen=gross)

    def reduce(self, gross_fen: int, grants: Any) -> int:
        """What is paid of ``gross_fen`` to somebody with these grants, in whole fen, never below 0."""
        if self.mode not in ("top_up", "deduct"):
            return gross_fen
        return max(0, gross_fen - self.paid_fen(self.counted(grants)))

    @staticmethod
    def paid_fen(counted: Sequence[tuple[Grant, Scheme]]) -> int:
        """What these grants come to."""
        return sum(grant.amount_fen for grant, _scheme in counted)


class Couple(AboutGrants):
    """What a grant to the spouse means: ``one`` of a couple gets it; ``waiver``, one with the other's written waiver;
    ``both`` get theirs.
    """

    kind: Literal["couple"]
    rule: Literal["one", "waiver", "both"]

    @property
    def reads(self) -> tuple[str, ...]:
        return ("married", "spouse_grants", "spouse_waiver") if self.rule == "waiver" else ("married", "spouse_grants")

    def holds(self, view: View) -> Outcome:
        if self.rule == "both":
            return self.says(Answer.MET, "both")
        married = view.value("married")
        if married == "no":
            return self.says(Answer.MET, "single")
        grants = view.value("spouse_grants")
        for grant, scheme in self.counted(grants):
            values = {"granted_on": grant.granted_on.isoformat(), "title": scheme.title.plain}
            return self.says(Answer.UNMET, "unmet", **values) if married == "yes" else self.awaits("married")
        if is_silent(grants):
            return self.awaits("spouse_grants")
        if self.rule == "one":
            return self.says(Answer.MET, "met")
        waiver = view.value("spouse_waiver")
        if waiver == "yes":
            return self.says(Answer.MET, "waived")
        if married != "yes":
            return self.awaits("married")
        return self.awaits("spouse_waiver") if is_silent(waiver) else self.says(Answer.UNMET, "not_waived")
