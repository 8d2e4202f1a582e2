"""婚姻, 不动产 and other grants: about the person, and about the spouse whom the marriage register names."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from applicants.registers.asking import Question, Reading, Spouse
from applicants.registers.records.base import Area, Last4, Name, Record, parts, yes_no
from portal.policy.facts import Grant, Home
from portal.policy.notation import write_part

Number = Annotated[str, Field(pattern=r"^\d{17}[\dX]$")]


class SpouseNamed(Record):
    """Whom somebody is married to."""

    name: Name
    number: Number


class MarriageRecord(Record):
    """``unknown``: e.g. married abroad, which the register does not hold."""

    status: Literal["married", "unmarried", "unknown"]
    spouse: SpouseNamed | None


def read_marriage(record: MarriageRecord, _question: Question) -> Reading:
    """Whether married, and to whom. A divorce that is not final is still a marriage."""
    if record.status == "unknown":
        return Reading()
    is_married = record.status == "married"
    spouse = Spouse(record.spouse.name, record.spouse.number) if is_married and record.spouse else None
    return Reading({"married": yes_no(is_married)}, spouse=spouse)


class HomeHeld(Record):
    """A home, or a filed contract for one; sold where ``until`` is given."""

    area_code: Area
    since: date
    until: date | None = None

    @model_validator(mode="after")
    def _sold_after_it_was_had(self) -> "HomeHeld":
        if self.until and self.until < self.since:
            raise ValueError("sold before it was had")
        return self


Homes = Annotated[tuple[HomeHeld, ...], Field(max_length=500)]


class SpouseHomes(Record):
    """The spouse's homes, with the last four of whose they are."""

    number_last4: Last4
    homes: Homes


class PropertyRecord(Record):
    """``children`` is None where the register does not know of children."""

    homes: Homes
    spouse: SpouseHomes | None = None
    children: Homes | None = None


def read_property(record: PropertyRecord, question: Question) -> Reading:
    """The homes of the person, of the spouse asked about, and of the minor children."""
    values = {"homes": _homes(record.homes)}
    if record.spouse and question.spouse:
        values["spouse_homes"] = _homes(record.spouse.homes)
    if record.children is not None:
        values["children_homes"] = _homes(record.children)
    return Reading(values, is_about_another=not _is_spouse(record.spouse, question))


class GrantPaid(Record):
    """Something granted by the county of an area code, in whole fen."""

    scheme: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,40}$")]
    area_code: Area
    amount_fen: Annotated[int, Field(ge=0, le=10**12)]
    granted_on: date


Grants = Annotated[tuple[GrantPaid, ...], Field(max_length=500)]


class SpouseGrants(Record):
    """The spouse's grants, with the last four of whose they are."""

    number_last4: Last4
    grants: Grants


class GrantsRecord(Record):
    """What has been granted already, here and in other counties."""

    grants: Grants
    spouse: SpouseGrants | None = None


def read_grants(record: GrantsRecord, question: Question) -> Reading:
    """The grants of the person and of the spouse asked about."""
    values = {"prior_grants": _grants(record.grants)}
    if record.spouse and question.spouse:
        values["spouse_grants"] = _grants(record.spouse.grants)
    return Reading(values, is_about_another=not _is_spouse(record.spouse, question))


def _is_spouse(answered: SpouseHomes | SpouseGrants | None, question: Question) -> bool:
    """Whether what is said of a spouse is said of the one asked about; nothing said is right too."""
    return answered is None or (question.spouse is not None and question.spouse.number[-4:] == answered.number_last4)


def _homes(homes: tuple[HomeHeld, ...]) -> str:
    return parts([write_part(Home(it.area_code, it.since, it.until)) for it in homes])


def _grants(grants: tuple[GrantPaid, ...]) -> str:
    return parts([write_part(Grant(it.scheme, it.area_code, it.amount_fen, it.granted_on)) for it in grants])
