"""户籍: where somebody's household is registered, and whether the holder confirmed who is asking."""

from datetime import date

from applicants.registers.asking import Question, Reading
from applicants.registers.records.base import Area, Record, yes_no


class HouseholdRecord(Record):
    """``moved_in_on`` is None for those registered there since birth.

    ``confirmed_by_holder``: the person confirmed this very request in the state's own app. Without that, an agreeing
    name and number prove nothing: anybody may know both.
    """

    birth_date: date
    area_code: Area
    is_collective: bool
    moved_in_on: date | None
    deceased_on: date | None = None
    confirmed_by_holder: bool = False


def read_household(record: HouseholdRecord, _question: Question) -> Reading:
    """The facts of a household record."""
    values = {
        "birth_date": record.birth_date.isoformat(),
        "hukou_code": record.area_code,
        "hukou_collective": yes_no(record.is_collective),
        "hukou_since": record.moved_in_on.isoformat() if record.moved_in_on else "-",
        "deceased_on": record.deceased_on.isoformat() if record.deceased_on else "-",
    }
    return Reading(values, confirms_identity=record.confirmed_by_holder)
