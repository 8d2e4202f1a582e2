"""Conditions about what and where somebody studied."""

from datetime import date
from typing import Literal

from django.utils.translation import gettext as _
from pydantic import Field, field_validator

from portal.policy.conditions.base import Answer, Condition, Outcome, View
from portal.policy.facts import FACTS, Absence, same_name
from portal.policy.schools import school_list, school_list_names
from portal.policy.texts import Text, refuse
from portal.ui.figures import listed


class EducationLevel(Condition):
    """The highest degree is one of ``levels`` (equivalences, e.g. a technician class, are listed among them)."""

    kind: Literal["education_level"]
    levels: tuple[str, ...] = Field(min_length=1)

    @field_validator("levels")
    @classmethod
    def _levels_are_known(cls, levels: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("education", levels)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("education",)

    def holds(self, view: View) -> Outcome:
        level = view.value("education")
        return self.judge(
            "education", level, lambda it: it in self.levels, education=level, education_any=list(self.levels)
        )


class StudyMode(Condition):
    """Studied in one of ``modes``, e.g. full-time only."""

    kind: Literal["study_mode"]
    modes: tuple[str, ...] = Field(min_length=1)

    @field_validator("modes")
    @classmethod
    def _modes_are_known(cls, modes: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("study_mode", modes)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("study_mode",)

    def holds(self, view: View) -> Outcome:
        mode = view.value("study_mode")
        return self.judge(
            "study_mode", mode, lambda it: it in self.modes, study_mode=mode, study_mode_any=list(self.modes)
        )


class OverseasDegreeCertified(Condition):
    """A degree from abroad is certified by 留服; a certificate that is not there yet is unproven, never unmet."""

    kind: Literal["overseas_degree_certified"]

    @property
    def reads(self) -> tuple[str, ...]:
        return ("overseas_certified",)

    def holds(self, view: View) -> Outcome:
        value = view.value("overseas_certified")
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
            title=self.title.model_dump(),
        )


class GraduatedFrom(Condition):
    """The diploma is dated in ``year`` or later."""

    kind: Literal["graduated_from"]
    year: int = Field(ge=1949, le=2100)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("diploma_on",)

    def holds(self, view: View) -> Outcome:
        day = view.value("diploma_on")
        seen = day.year if isinstance(day, date) else None
        return self.judge("diploma_on", day, lambda it: it.year >= self.year, year=seen, needed=self.year)


def known_choices(fact: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """``names``, where all of them are values of ``fact``; otherwise a sentence that lists those that are."""
    for name in names:
        if name not in FACTS[fact].choices:
            choices = listed(FACTS[fact].choices)
            refuse(_("“%(text)s”不在可填的值之中：%(choices)s") % {"text": name, "choices": choices})
    return names
