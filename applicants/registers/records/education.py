"""学信网: diplomas, certificates of degrees from abroad, and present studies."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from applicants.registers.asking import Question, Reading
from applicants.registers.records.base import Name, Record, yes_no

LEVELS = ("doctor", "master", "bachelor", "technician", "diploma", "senior_worker", "secondary", "other")
Level = Literal["doctor", "master", "bachelor", "technician", "diploma", "senior_worker", "secondary", "other"]


class Diploma(Record):
    """One diploma; ``certified_on`` is the day of the 留服 certificate of a degree from abroad."""

    level: Level
    study_mode: Literal["full_time", "part_time"]
    school: Name
    issued_on: date
    by_upgrade: bool
    national_plan: bool
    is_overseas: bool = False
    certified_on: date | None = None


class Enrolment(Record):
    """Present studies."""

    level: Level
    school: Name
    expected_on: date


class EducationRecord(Record):
    """``is_complete``: any diploma this person has would be here. Early ones and other schools' are often not."""

    diplomas: Annotated[tuple[Diploma, ...], Field(max_length=50)]
    enrolments: Annotated[tuple[Enrolment, ...], Field(max_length=50)]
    is_complete: bool


def read_education(record: EducationRecord, _question: Question) -> Reading:
    """The facts of the highest diploma, the newest of equal ones, and of present studies."""
    values = {}
    if record.enrolments:
        values["expected_diploma_on"] = max(it.expected_on for it in record.enrolments).isoformat()
    elif record.is_complete:
        values["expected_diploma_on"] = "-"
    if record.diplomas:
        best = min(record.diplomas, key=lambda it: (LEVELS.index(it.level), -it.issued_on.toordinal()))
        values |= _facts_of(best)
    elif record.is_complete:
        values |= dict.fromkeys(("education", "study_mode", "school", "diploma_on"), "-")
    return Reading(values)


def _facts_of(diploma: Diploma) -> dict[str, str]:
    values = {
        "education": diploma.level,
        "study_mode": diploma.study_mode,
        "school": diploma.school,
        "diploma_on": diploma.issued_on.isoformat(),
        "by_upgrade": yes_no(diploma.by_upgrade),
        "national_plan": yes_no(diploma.national_plan),
        "overseas_certified": yes_no(diploma.certified_on is not None) if diploma.is_overseas else "",
    }
    if diploma.is_overseas and diploma.certified_on:
        values["overseas_certified_on"] = diploma.certified_on.isoformat()
    return values
