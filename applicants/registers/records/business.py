"""市场监管: the employer by its credit code, and what the person is in it."""

from datetime import date
from typing import Literal

from applicants.registers.asking import Question, Reading
from applicants.registers.records.base import Area, Code, Name, Record

LEADERS = ("legal_representative", "sole_owner")


class BusinessRecord(Record):
    """One registered employer. ``role`` is what the person asked about is in it, None for neither owner nor head."""

    credit_code: Code
    name: Name
    kind: Literal[
        "private_enterprise",
        "private_non_enterprise",
        "state_enterprise",
        "public_institution",
        "state_organ",
        "other",
    ]
    status: Literal["active", "abnormal", "deregistered"]
    area_code: Area
    registered_on: date
    role: Literal["legal_representative", "sole_owner", "shareholder"] | None


def read_business(record: BusinessRecord, question: Question) -> Reading:
    """The facts of a business. Who leads a private one has an own business.

    Of a shareholder the register cannot say whether it is their own business or just their employer.
    """
    values = {
        "employer_status": record.status,
        "employer_place": record.area_code,
        "business_role": record.role or "-",
        "business_since": record.registered_on.isoformat(),
    }
    if record.role is None or record.kind != "private_enterprise":
        values["employer_kind"] = record.kind
    elif record.role in LEADERS:
        values["employer_kind"] = "self_employed"
    return Reading(values, is_about_another=record.credit_code != question.credit_code)
