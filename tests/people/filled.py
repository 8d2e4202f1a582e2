"""People for these tests: one who has answered everything, and what that looks like as plain data."""

from datetime import UTC, date, datetime

from applicants.people.models import Person
from applicants.people.services import give_account, person_of, save_education, save_employment, save_identity
from portal.accounts.models import User

AT = datetime(2023, 11, 20, 2, 0, tzinfo=UTC)
NUMBER = "350581200003020018"
OTHER_NUMBER = "11010519491231002X"

IDENTITY = {
    "legal_name": "林晓航",
    "number_kind": "resident_id",
    "number": NUMBER,
    "birth_date": None,
    "phone": "13800006810",
    "household_code": "350581",
    "household_collective": "no",
    "household_town": "",
}
EDUCATION = {
    "level": "bachelor",
    "study_mode": "full_time",
    "school": "福州大学",
    "major": "软件工程",
    "diploma_on": date(2023, 6, 20),
    "diploma_number": "103861202305001234",
    "is_overseas": "no",
    "overseas_certified": "",
}
EMPLOYMENT = {
    "employer_name": "石狮潮汐数据服务有限公司",
    "credit_code": "91350100M000100Y43",
    "employer_kind": "private_enterprise",
    "town": "lingxiu",
    "started_on": date(2023, 7, 3),
    "first_job_in_city": "yes",
    "first_insured_on": date(2023, 7, 1),
    "insured_ranges": [{"from": "2023-07", "to": "2023-09", "employer": "present", "late": False}],
    "in_post": "yes",
}
ACCOUNT = {
    "holder": "林晓航",
    "number": "6217001820000000426",
    "bank_name": "福建石狮农村商业银行",
    "branch_code": "",
    "is_activated": True,
}


def a_user(name: str = "lin") -> User:
    return User.objects.create_user(f"{name}@example.com")


def a_person(name: str = "lin", number: str = NUMBER) -> Person:
    """Somebody with an identity and nothing else."""
    person = person_of(user=a_user(name))
    return save_identity(person=person, values={**IDENTITY, "number": number}, by=person.user, at=AT)


def a_filled_person() -> Person:
    person = a_person()
    save_education(person=person, values=EDUCATION, by=person.user, at=AT)
    save_employment(person=person, values=EMPLOYMENT, by=person.user, at=AT)
    give_account(person=person, values=ACCOUNT, by=person.user, at=AT)
    return person
