"""Lin Xiaohang as the registers know him, written by hand, and the same person in the portal."""

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from applicants.people.models import Person
from applicants.registers.asking import Question, Spouse
from applicants.registers.models import RegisterAnswer
from applicants.registers.services import request_answers
from tests.people.filled import AT, EMPLOYMENT, NUMBER, a_filled_person

__all__ = ["AT", "NUMBER", "a_filled_person"]

ON = date(2023, 11, 20)
APPLICATION = UUID("11111111-1111-4111-8111-111111111111")
CODE = EMPLOYMENT["credit_code"]
NAME, EMPLOYER = "林晓航", "石狮潮汐数据服务有限公司"
SPOUSE_NUMBER = "350582199908120024"
FACTS = {
    "household": {
        "birth_date": "2000-03-02",
        "hukou_code": "350581",
        "hukou_collective": "no",
        "hukou_since": "-",
        "deceased_on": "-",
    },
    "education": {
        "education": "bachelor",
        "study_mode": "full_time",
        "school": "福州大学",
        "diploma_on": "2023-06-20",
        "by_upgrade": "no",
        "national_plan": "yes",
        "overseas_certified": "",
        "expected_diploma_on": "-",
    },
    "insurance": {
        "insurance": f"2023-07/2023-10:{EMPLOYER}#pension+medical",
        "first_insured_in_city": "2023-07-01",
        "first_job_in_city": "yes",
        "in_post": "yes",
        "employer": EMPLOYER,
        "pension_paid": "320",
    },
    "business": {
        "employer_kind": "private_enterprise",
        "employer_status": "active",
        "employer_place": "350581",
        "business_role": "-",
        "business_since": "2019-04-11",
    },
    "marriage": {"married": "yes"},
    "property": {
        "homes": "350582@2021-05-18/2023-02-01",
        "spouse_homes": "350581@2022-03-01",
        "children_homes": "-",
    },
    "grants": {"prior_grants": "living-subsidy@350582@10000@2022-11-30", "spouse_grants": "-"},
}


def month(text: str, **changes: Any) -> dict[str, Any]:
    """One month with the present employer, paid in time."""
    return {
        "month": text,
        "employer_name": "石狮潮汐数据服务有限公司（登记名）",
        "employer_credit_code": CODE,
        "area_code": "350581",
        "due_on": f"{text}-28",
        "paid_on": f"{text}-15",
        "kinds": ["pension", "medical"],
        "own_pension_fen": 32_000,
    } | changes


def lin(**changes: Any) -> dict[str, Any]:
    """His entry in the city file; a register's record may be replaced."""
    records = {
        "household": {
            "birth_date": "2000-03-02",
            "area_code": "350581",
            "is_collective": False,
            "moved_in_on": None,
            "confirmed_by_holder": False,
        },
        "education": {
            "diplomas": [
                {
                    "level": "bachelor",
                    "study_mode": "full_time",
                    "school": "福州大学",
                    "issued_on": "2023-06-20",
                    "by_upgrade": False,
                    "national_plan": True,
                }
            ],
            "enrolments": [],
            "is_complete": True,
        },
        "insurance": {"months": [month(f"2023-{it:02d}") for it in (7, 8, 9, 10)], "goes_on": True},
        "business": {"roles": {}},
        "marriage": {"status": "married", "spouse": {"name": "蔡静姝", "number": SPOUSE_NUMBER}},
        "property": {
            "homes": [{"area_code": "350582", "since": "2021-05-18", "until": "2023-02-01"}],
            "spouse": {"number_last4": "0024", "homes": [{"area_code": "350581", "since": "2022-03-01"}]},
            "children": [],
        },
        "grants": {
            "grants": [
                {"scheme": "living-subsidy", "area_code": "350582", "amount_fen": 1_000_000, "granted_on": "2022-11-30"}
            ],
            "spouse": {"number_last4": "0024", "grants": []},
        },
    }
    return {"name": NAME, "records": deepcopy(records) | changes}


BUSINESS = {
    "credit_code": CODE,
    "name": EMPLOYER,
    "kind": "private_enterprise",
    "status": "active",
    "area_code": "350581",
    "registered_on": "2019-04-11",
}


def question(register: str, *, serial: int = 1, **changes: Any) -> Question:
    """What a register is asked about him on 20 November 2023."""
    asked = {
        "register": register,
        "request_id": UUID(int=serial, version=4),
        "name": NAME,
        "number": NUMBER,
        "credit_code": CODE,
        "employer_name": EMPLOYER,
        "on": ON,
        "at": datetime(2023, 11, 20, 2, 0, tzinfo=UTC),
        "purpose": "LS-2022",
        "basis": "duty",
        "spouse": Spouse("蔡静姝", SPOUSE_NUMBER) if register in ("property", "grants") else None,
    }
    return Question(**asked | changes)


def a_waiting(register: str = "education", *, person: Person | None = None, **changes: Any) -> RegisterAnswer:
    """One question about him that waits."""
    asked = {"asked_for": APPLICATION, "on": ON, "purpose": "LS-2022", "at": AT} | changes
    return request_answers(person=person or a_filled_person(), registers=[register], **asked)[0]
