"""Conditions about what and where somebody studied."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field, field_validator

from portal.policy.calendar import add_years
from portal.policy.conditions.base import Answer, Condition, OneFact, Outcome, View, is_silent
from portal.policy.facts import FACTS, Absence, Value, same_name
from portal.policy.schools import school_list, school_list_names
from portal.policy.texts import Text, refuse
from portal.ui.figures import listed


class EducationLevel(OneFact):
    """The highest degree is one of ``levels`` (equivalences, e.g. a technician class, are listed among them).

    A bachelor's degree by 统招专升本 counts as a bachelor's unless ``upgraded_counts`` is false.
    """

    kind: Literal["education_level"]
    levels: tuple[str, ...] = Field(min_length=1)
    upgraded_counts: bool = True

    @field_validator("levels")
    @classmethod
    def _levels_are_known(cls, levels: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("education", levels)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("education",) if self.upgraded_counts else ("education", "by_upgrade")

    @property
    def fact_read(self) -> str:
        return "education"

    def answer_to(self, value: Value) -> Outcome:
        return self.judge(
            "education", value, lambda it: it in self.levels, education=value, education_any=list(self.levels)
        )

    def holds(self, view: View) -> Outcome:
        outcome = super().holds(view)
        if self.upgraded_counts or outcome.answer is Answer.UNMET or view.value("education") != "bachelor":
            return outcome
        upgraded = view.value("by_upgrade")
        if is_silent(upgraded):
            return self.awaits("by_upgrade")
        return self.says(Answer.UNMET, "upgraded") if upgraded == "yes" else outcome


class StudyMode(OneFact):
    """Studied in one of ``modes``, e.g. full-time only; with ``national_plan_counts`` also otherwise, where the place
    was one of the national plan (part-time masters since 2017).
    """

    kind: Literal["study_mode"]
    modes: tuple[str, ...] = Field(min_length=1)
    national_plan_counts: bool = False

    @field_validator("modes")
    @classmethod
    def _modes_are_known(cls, modes: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("study_mode", modes)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("study_mode", "national_plan") if self.national_plan_counts else ("study_mode",)

    @property
    def fact_read(self) -> str:
        return "study_mode"

    def answer_to(self, value: Value) -> Outcome:
        return self.judge(
            "study_mode", value, lambda it: it in self.modes, study_mode=value, study_mode_any=list(self.modes)
        )

    def holds(self, view: View) -> Outcome:
        outcome = super().holds(view)
        if outcome.answer is not Answer.UNMET or not self.national_plan_counts:
            return outcome
        planned = view.value("national_plan")
        if is_silent(planned):
            return self.awaits("national_plan")
        return self.says(Answer.MET, "national_plan") if planned == "yes" else outcome


class OverseasDegreeCertified(OneFact):
    """A degree from abroad is certified by 留服; a certificate that is not there yet is unproven, never unmet."""

    kind: Literal["overseas_degree_certified"]

    @property
    def fact_read(self) -> str:
        return "overseas_certified"

    def answer_to(self, value: Value) -> Outcome:
        if value is Absence.UNKNOWN:
            return self.says(Answer.UNPROVEN, "unknown", fact="overseas_certified")
        if value is Absence.NOT_APPLICABLE:
            return self.says(Answer.MET, "domestic")
        return self.says(Answer.MET, "met") if value == "yes" else self.says(Answer.UNPROVEN, "pending")


class SchoolOnList(Condition):
    """The school is on a shipped list, compared after Unicode NFKC. ``title`` is what people call the list."""

    kind: Literal["school_on_list"]
    school_list: str
    title: Text

    @field_validator("school_list")
    @classmethod
    def _list_is_shipped(cls, name: str) -> str:
        if name not in school_list_names():
            shipped = listed(school_list_names())
            refuse(_("没有名为 %(name)s 的学校名单，现有：%(names)s") % {"name": name, "names": shipped})
        return name

    @property
    def reads(self) -> tuple[str, ...]:
        return ("school",)

    def holds(self, view: View) -> Outcome:
        school = view.value("school")
        return self.judge(
            "school",
            school,
            lambda it: same_name(it) in school_list(self.school_list),
            school=school,
            title=self.title.plain,
        )


class GraduatedFrom(OneFact):
    """The diploma is dated in ``year`` or later."""

    kind: Literal["graduated_from"]
    year: int = Field(ge=1949, le=2100)

    @property
    def fact_read(self) -> str:
        return "diploma_on"

    def answer_to(self, value: Value) -> Outcome:
        seen = value.year if isinstance(value, date) else None
        return self.judge("diploma_on", value, lambda it: it.year >= self.year, year=seen, needed=self.year)


class FinalYearStudent(Condition):
    """Expects the diploma within a year of the application date."""

    kind: Literal["final_year_student"]

    @property
    def reads(self) -> tuple[str, ...]:
        return ("expected_diploma_on",)

    def holds(self, view: View) -> Outcome:
        day = view.value("expected_diploma_on")
        seen = day.isoformat() if isinstance(day, date) else ""
        return self.judge(
            "expected_diploma_on", day, lambda it: view.on <= it <= add_years(view.on, 1), expected_on=seen
        )


class RecognisedAs(Condition):
    """Holds a recognition as one of ``tiers``. What nobody claims needs no paper that says that there is none."""

    kind: Literal["recognised_as"]
    tiers: tuple[str, ...] = Field(min_length=1)

    @field_validator("tiers")
    @classmethod
    def _tiers_are_known(cls, tiers: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("recognitions", tiers)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("recognitions",)

    def holds(self, view: View) -> Outcome:
        held = view.value("recognitions")
        told = view.known["recognitions"].value if "recognitions" in view.known else held
        if told is Absence.NONE or (isinstance(told, tuple) and not set(told) & set(self.tiers)):
            held = told
        fitting = [tier for tier in self.tiers if isinstance(held, tuple) and tier in held]
        return self.judge(
            "recognitions", held, lambda _it: bool(fitting), held=_answers(fitting), needed=_answers(self.tiers)
        )


def _answers(tiers: Sequence[str]) -> dict[str, Any]:
    return {"fact": "recognitions", "values": list(tiers)}


def known_choices(fact: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """``names``, where all of them are values of ``fact``; otherwise a sentence that lists those that are."""
    for name in names:
        if name not in FACTS[fact].choices:
            choices = listed(FACTS[fact].choices)
            refuse(_("“%(text)s”不在可填的值之中：%(choices)s") % {"text": name, "choices": choices})
    return names
