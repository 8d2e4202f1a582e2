"""The shape in which each register replies, and what its record says in the notation of the facts."""

from collections.abc import Callable
from typing import Any

from applicants.registers.asking import Question, Reading
from applicants.registers.records.base import Record
from applicants.registers.records.business import BusinessRecord, read_business
from applicants.registers.records.education import EducationRecord, read_education
from applicants.registers.records.family import (
    GrantsRecord,
    MarriageRecord,
    PropertyRecord,
    read_grants,
    read_marriage,
    read_property,
)
from applicants.registers.records.household import HouseholdRecord, read_household
from applicants.registers.records.insurance import InsuranceRecord, read_insurance

RECORDS: dict[str, tuple[type[Record], Callable[[Any, Question], Reading]]] = {
    "household": (HouseholdRecord, read_household),
    "education": (EducationRecord, read_education),
    "insurance": (InsuranceRecord, read_insurance),
    "business": (BusinessRecord, read_business),
    "marriage": (MarriageRecord, read_marriage),
    "property": (PropertyRecord, read_property),
    "grants": (GrantsRecord, read_grants),
}
