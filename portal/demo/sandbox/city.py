"""What the sandbox's registers know: records that agree with what invented people declare, and a few that do not."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from applicants.people.numbers import parse_resident_number
from portal.city import city
from portal.demo.inventing import FAMILY_NAMES, GIVEN_NAMES, Invented, credit_code, invent, resident_number

Records = dict[str, Any]
SPARE_POLICIES = ("LS-2022",) * 4 + ("YTE-2024",) * 2  # what the spare people would qualify for
PENDING = "pending"  # in place of a record: the register has taken the question and has no result yet
FIRST_SPARE = 9001  # far from the numbers of the seeded people


def spare_people(on: date) -> list[Invented]:
    """Six people whom every register knows and nobody has applied as: four for LS-2022, two for YTE-2024."""
    return [invent(FIRST_SPARE + place, on=on, policy=policy) for place, policy in enumerate(SPARE_POLICIES)]


@dataclass(frozen=True, slots=True)
class City:
    """Everything the registers know, as plain JSON: people by number, businesses by credit code."""

    people: Mapping[str, Any] = field(default_factory=dict)
    businesses: Mapping[str, Any] = field(default_factory=dict)

    def is_pending(self, register: str, number: str) -> bool:
        """Whether the register has no result yet about the person of that number, however often it is asked."""
        person = self.people.get(number)
        return person is not None and person["records"].get(register) == PENDING


def city_of(people: Iterable[Invented], *, odd: Mapping[str, str] | None = None) -> City:
    """What the registers know of ``people``.

    ``odd`` maps a person's number to one of ODDITIES, where the registers say otherwise than the person.
    """
    known, businesses = {}, {}
    for one in people:
        number, records = str(one.identity["number"]), records_of(one)
        if way := (odd or {}).get(number):
            ODDITIES[way](records)
        known[number] = {"name": one.identity["legal_name"], "records": records}
        businesses[str(one.employment["credit_code"])] = _business(one)
    return City(**json.loads(json.dumps({"people": known, "businesses": businesses}, default=str)))


def write_city(path: Path, people: Iterable[Invented], *, on: date, odd: Mapping[str, str] | None = None) -> None:
    """Write the city file: ``city_of`` these and the spare people of ``on``.

    The file is put in place whole; a running sandbox takes it up by itself.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    known = asdict(city_of([*people, *spare_people(on)], odd=odd))
    unfinished.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")
    unfinished.replace(path)


def read_city(path: Path) -> City:
    """The city in a file that ``write_city`` wrote; an empty one where there is none yet."""
    try:
        return City(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return City()


def records_of(one: Invented) -> Records:
    """One record per register, in the register's own shape; ``None`` where it knows nobody of that name and number.

    Insurance goes on every month after the last one written, as long as ``goes_on`` says so.
    """
    rng = random.Random(str(one.identity["number"]))
    birth = parse_resident_number(str(one.identity["number"])).birth_date
    spouse = _spouse(rng, birth) if one.education["level"] != "bachelor" and rng.random() < 0.5 else None
    homes = [{"area_code": "350582", "since": "2021-05-18", "until": None}] if rng.random() < 0.1 else []
    about_spouse = {"number_last4": spouse["number"][-4:]} if spouse else None
    return {
        "household": {
            "birth_date": birth,
            "area_code": one.identity["household_code"],
            "is_collective": one.identity["household_collective"] == "yes",
            "moved_in_on": None if str(one.identity["number"]).startswith(city().code) else one.education["diploma_on"],
            "confirmed_by_holder": rng.random() < 0.7,
        },
        "education": {"diplomas": [_diploma(one)], "enrolments": [], "is_complete": True},
        "insurance": {"months": _months(one, rng), "goes_on": one.employment["in_post"] == "yes"},
        "business": {
            "roles": {one.employment["credit_code"]: "sole_owner"}
            if one.employment["employer_kind"] == "self_employed"
            else {}
        },
        "marriage": {"status": "married" if spouse else "unmarried", "spouse": spouse},
        "property": {"homes": homes, "spouse": about_spouse and {**about_spouse, "homes": []}, "children": []},
        "grants": {"grants": [], "spouse": about_spouse and {**about_spouse, "grants": []}},
    }


def _diploma(one: Invented) -> dict[str, Any]:
    is_overseas = one.education["is_overseas"] == "yes"
    issued = one.education["diploma_on"]
    is_certified = is_overseas and one.education["overseas_certified"] == "yes"
    return {
        "level": one.education["level"],
        "study_mode": one.education["study_mode"],
        "school": one.education["school"],
        "issued_on": issued,
        "by_upgrade": False,
        "national_plan": not is_overseas,
        "is_overseas": is_overseas,
        "certified_on": issued + timedelta(days=90) if is_certified and isinstance(issued, date) else None,
    }


def _months(one: Invented, rng: random.Random) -> list[dict[str, Any]]:
    own_share = rng.randrange(40, 80) * 800  # 8 % of a wage of 4,000 to 8,000 yuan, in fen
    first = str(one.employment["first_insured_on"])[:7]
    ranges: Any = one.employment["insured_ranges"]
    return [
        insured_month(month, one, is_late=row["late"], own_share=own_share, is_other=row["employer"] != "present")
        for row in ranges
        for month in months_between(row["from"], row["to"])
        if month >= first
    ]


def insured_month(
    month: str, one: Invented, *, is_late: bool, own_share: int, is_other: bool = False
) -> dict[str, Any]:
    """One month as the insurance register keeps it: due on the 28th, late ones paid three weeks after."""
    due = date.fromisoformat(f"{month}-28")
    return {
        "month": month,
        "employer_name": "石狮旧港贸易有限公司" if is_other else one.employment["employer_name"],
        "employer_credit_code": credit_code("旧港贸易") if is_other else one.employment["credit_code"],
        "area_code": city().code,
        "due_on": due,
        "paid_on": due + timedelta(days=21 if is_late else -13),
        "kinds": ["pension", "medical", "unemployment", "injury", "maternity"],
        "own_pension_fen": own_share,
    }


def months_between(first: str, last: str) -> list[str]:
    """The months from one to the other, both included, as ``2026-07``."""
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(start, end + 1)]


def _business(one: Invented) -> dict[str, Any]:
    kind = one.employment["employer_kind"]
    return {
        "credit_code": one.employment["credit_code"],
        "name": one.employment["employer_name"],
        "kind": "private_enterprise" if kind == "self_employed" else kind,
        "status": "active",
        "area_code": city().code,
        "registered_on": "2019-04-11",
    }


def _spouse(rng: random.Random, birth: date) -> dict[str, str]:
    born = birth.replace(day=min(birth.day, 28)) + timedelta(days=rng.randrange(-700, 700))
    number = resident_number(rng, born, "350582", male=rng.random() < 0.5)
    return {"name": rng.choice(FAMILY_NAMES) + rng.choice(GIVEN_NAMES), "number": number}


def _knows_no_graduate(records: Records) -> None:
    records["education"] = None


def _studied_part_time(records: Records) -> None:
    records["education"]["diplomas"][0]["study_mode"] = "part_time"


def _paid_late(records: Records) -> None:
    month = records["insurance"]["months"][-2]
    month["paid_on"] = month["due_on"] + timedelta(days=40)


def _worked_here_before(records: Records) -> None:
    first = records["insurance"]["months"][0]
    month = f"{int(first['month'][:4]) - 2}{first['month'][4:]}"
    other = {"employer_name": "石狮旧港贸易有限公司", "employer_credit_code": credit_code("旧港贸易")}
    records["insurance"]["months"].insert(
        0, {**first, **other, "month": month, "due_on": f"{month}-28", "paid_on": f"{month}-15"}
    )


def _has_left(records: Records) -> None:
    records["insurance"]["months"] = records["insurance"]["months"][:-2]
    records["insurance"]["goes_on"] = False


def _lives_elsewhere(records: Records) -> None:
    records["household"]["area_code"] = "350582"


def _has_a_home(records: Records) -> None:
    records["property"]["homes"] = [{"area_code": city().code, "since": "2022-03-01", "until": None}]


def _was_paid_before(records: Records) -> None:
    paid = {"scheme": "living-subsidy", "area_code": "350582", "amount_fen": 1_000_000, "granted_on": "2025-11-28"}
    records["grants"]["grants"] = [paid]


def _takes_its_time(records: Records) -> None:
    records["insurance"] = PENDING


ODDITIES: dict[str, Callable[[Records], None]] = {
    "graduate unknown": _knows_no_graduate,
    "studied part-time": _studied_part_time,
    "a month paid late": _paid_late,
    "worked here before": _worked_here_before,
    "has left": _has_left,
    "lives elsewhere": _lives_elsewhere,
    "has a home here": _has_a_home,
    "was paid before": _was_paid_before,
    "insurance takes its time": _takes_its_time,
}
