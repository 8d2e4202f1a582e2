"""Conditions about homes, and about a stay while looking for a job."""

from datetime import date, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from pydantic import Field, field_validator

from portal.policy.calendar import add_years
from portal.policy.conditions.base import Answer, Condition, Outcome, View, is_silent
from portal.policy.conditions.study import known_choices
from portal.policy.facts import Absence, Home, Proof, Value
from portal.policy.texts import Text, refuse

HOMES_OF = {"self": "homes", "spouse": "spouse_homes", "minor_children": "children_homes"}


class NoHome(Condition):
    """Nobody of ``family`` has a home in ``place``, nor has sold one there in the last ``sold_within_years`` years.

    Homes elsewhere do not matter. A spouse's homes are asked for only where somebody is not known to be unmarried.
    """

    kind: Literal["no_home"]
    place: str = Field(pattern=r"^\d{2,6}$")
    place_name: Text
    family: tuple[Literal["self", "spouse", "minor_children"], ...] = ("self",)
    sold_within_years: int = Field(default=0, ge=0, le=20)

    @field_validator("family")
    @classmethod
    def _family_begins_with_oneself(cls, family: tuple[str, ...]) -> tuple[str, ...]:
        if not family or family[0] != "self":
            refuse(_("家庭成员须从本人（self）写起"))
        return family

    @property
    def reads(self) -> tuple[str, ...]:
        return (*(("married",) if "spouse" in self.family else ()), *(HOMES_OF[who] for who in self.family))

    def holds(self, view: View) -> Outcome:
        married = view.value("married") if "spouse" in self.family else "no"
        missing = ""
        for who in self.family:
            if who == "spouse" and married == "no":
                continue
            name = HOMES_OF[who]
            homes = view.value(name)
            in_place = [it for it in homes if isinstance(it, Home)] if isinstance(homes, tuple) else []
            for home in in_place:
                if found := self._against(home, name, view.on):
                    if who == "spouse" and married != "yes":
                        missing = missing or "married"
                        continue
                    return found
            if is_silent(homes):
                missing = missing or name
        return self.awaits(missing) if missing else self.says(Answer.MET, "met", place=self.place_name.plain)

    def _against(self, home: Home, name: str, on: date) -> Outcome | None:
        if not home.area.startswith(self.place) or home.since > on:
            return None
        values = {"fact": name, "place": self.place_name.plain}
        if home.until is None or home.until > on:
            return self.says(Answer.UNMET, "unmet", **values)
        free_from = add_years(home.until, self.sold_within_years)
        if self.sold_within_years and on < free_from:
            values |= {"sold_on": home.until.isoformat(), "first_on": free_from.isoformat()}
            return self.says(Answer.UNMET, "sold", **values)
        return None


class JobSearchProof(Condition):
    """One of the papers ``any_of``, issued at most ``valid_days`` days before the application date."""

    kind: Literal["job_search_proof"]
    any_of: tuple[str, ...] = Field(min_length=1)
    valid_days: int = Field(ge=1, le=365)

    @field_validator("any_of")
    @classmethod
    def _papers_are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("job_proofs", names)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("job_proofs",)

    def holds(self, view: View) -> Outcome:
        proofs = view.value("job_proofs")
        fitting = [it for it in proofs if isinstance(it, Proof)] if isinstance(proofs, tuple) else []
        dates = [it.issued_on for it in fitting if it.kind in self.any_of and it.issued_on <= view.on]
        if not dates:
            needed = {"fact": "job_proofs", "values": list(self.any_of)}
            return self.judge("job_proofs", proofs, lambda _it: False, needed=needed)
        until = max(dates) + timedelta(days=self.valid_days)
        values = {"issued_on": max(dates).isoformat(), "until_on": until.isoformat(), "days": self.valid_days}
        is_valid = view.on <= until
        return self.says(Answer.MET if is_valid else Answer.UNMET, "met" if is_valid else "expired", **values)


class FreeNights(Condition):
    """No more nights than ``per_stay`` at a time, ``per_year`` in a calendar year and ``in_total`` in all.

    Nor more than ``stays`` stays a year. A night counts in the year of its own date: the fact ``nights_in_a_year``
    holds the nights of the fullest year that the stay touches, its own included.
    """

    kind: Literal["free_nights"]
    per_stay: int = Field(ge=1, le=366)
    in_total: int = Field(ge=1, le=3660)
    per_year: int = Field(default=0, ge=0, le=366)
    stays: int = Field(default=0, ge=0, le=366)

    @property
    def reads(self) -> tuple[str, ...]:
        yearly = (("nights_in_a_year", self.per_year), ("stays_this_year", self.stays))
        return ("nights_wanted", "nights_used", *(name for name, most in yearly if most))

    def left(self, used: int) -> int:
        """The nights of one stay for somebody who has used so many."""
        return max(0, min(self.per_stay, self.in_total - used))

    def holds(self, view: View) -> Outcome:
        counts = {name: _number(view.value(name)) for name in self.reads}
        wanted, used, stays = (counts.get(name) for name in ("nights_wanted", "nights_used", "stays_this_year"))
        if self.stays and stays is not None and stays >= self.stays:
            return self.says(Answer.UNMET, "stays", count=stays, most=self.stays)
        in_year = counts.get("nights_in_a_year")
        if self.per_year and in_year is not None and in_year > self.per_year:
            return self.says(Answer.UNMET, "year", count=in_year, most=self.per_year)
        left = self.left(used or 0)  # as long as nobody knows, none are used: more could only leave fewer
        if wanted is not None and wanted > left:
            return self.says(Answer.UNMET, "unmet", wanted=wanted, left=left)
        for name, count in counts.items():
            if count is None:
                return self.awaits(name)
        return self.says(Answer.MET, "met", wanted=wanted, left=left)


def _number(value: Value) -> int | None:
    """A number, 0 where the answer is "none", ``None`` where there is no answer."""
    if isinstance(value, int):
        return value
    return 0 if value is Absence.NONE else None


class BookedAhead(Condition):
    """Arrives at least ``working_days`` working days after the application, and at most ``days`` days after it."""

    kind: Literal["booked_ahead"]
    working_days: int = Field(ge=0, le=60)
    days: int = Field(ge=1, le=366)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("arrive_on",)

    def holds(self, view: View) -> Outcome:
        first = view.calendar.add_working_days(view.on, self.working_days)
        last = view.on + timedelta(days=self.days)
        arrival = view.value("arrive_on")
        if not isinstance(arrival, date):
            return self.judge("arrive_on", arrival, lambda _it: False)
        is_met = first.day <= arrival <= last
        values = {"arrive_on": arrival.isoformat(), "first_on": first.day.isoformat(), "last_on": last.isoformat()}
        return self.says(Answer.MET if is_met else Answer.UNMET, "met" if is_met else "unmet", **values)
