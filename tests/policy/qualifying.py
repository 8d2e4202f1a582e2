"""The documents, two people who qualify for one each, and what a policy answers when one respect is changed."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from portal.policy.assessing import Assessment, assess
from portal.policy.calendar import shipped_calendar
from portal.policy.facts import Facts, Provenance
from portal.policy.schema import PolicyDocument, parse_document
from portal.policy.worked_examples import Case, read_cases

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "subsidies" / "policy"
PATHS = {
    "LS-2022": FOLDER / "LS-2022.yaml",
    "YTE-2024": FOLDER / "YTE-2024.yaml",
    "CARD-2023": ROOT / "applicants" / "cards" / "policy" / "CARD-2023.yaml",
    "LODGE-2023": ROOT / "housing" / "policy" / "LODGE-2023.yaml",
    "APT-2023": ROOT / "housing" / "policy" / "APT-2023.yaml",
    "SI-2022": ROOT / "docs" / "policies" / "SI-2022.yaml",
}
EXAMPLES = {
    "LS-2022": "living-subsidy-LS-2022.csv",
    "YTE-2024": "living-subsidy-YTE-2024.csv",
    "CARD-2023": "talent-card-CARD-2023.csv",
    "LODGE-2023": "lodging-LODGE-2023.csv",
    "APT-2023": "apartment-APT-2023.csv",
    "SI-2022": "social-insurance-SI-2022.csv",
}

LS_PERSON = {
    "on": "2022-12-20",
    "education": "bachelor",
    "study_mode": "full_time",
    "school": "闽江学院",
    "diploma_on": "2022-01-10",
    "overseas_certified": "",
    "hukou_code": "350581",
    "hukou_collective": "no",
    "employer_kind": "private_enterprise",
    "employer": "A",
    "first_job_in_city": "yes",
    "insurance": "2022-09/2022-11:A",
    "in_post": "yes",
    "prior_grants": "-",
}
YTE_PERSON = {
    "on": "2024-09-02",
    "birth_date": "1998-10-10",
    "education": "bachelor",
    "study_mode": "full_time",
    "school": "福州大学",
    "overseas_certified": "",
    "employer_kind": "private_enterprise",
    "first_insured_in_city": "2024-07-01",
    "prior_grants": "-",
}
LS_CLAUSES = ("LS-1", "LS-2", "LS-3", "LS-4", "LS-5", "LS-6", "LS-7", "LS-8")
YTE_CLAUSES = ("YT-1", "YT-2", "YT-3", "YT-4", "YT-5", "YT-6")


def text_of(code: str) -> str:
    """The shipped document as it is written."""
    return PATHS[code].read_text(encoding="utf-8")


@cache
def document(code: str) -> PolicyDocument:
    """The shipped document."""
    return parse_document(text_of(code))


def assessed(
    code: str, person: dict[str, str], provenance: Provenance = Provenance.REGISTER, **options: Any
) -> Assessment:
    """What the shipped policy answers to this person on the shipped calendar."""
    known = {name: value for name, value in person.items() if name != "on"}
    facts = Facts.of(date.fromisoformat(person["on"]), known, provenance)
    return assess(document(code), facts, shipped_calendar(), **options)


def answers(assessment: Assessment) -> dict[str, str]:
    """Clause number → answer."""
    return {finding.clause: finding.answer.value for finding in assessment.findings}


@cache
def cases(code: str) -> tuple[Case, ...]:
    """The officials' worked examples of a document."""
    return tuple(read_cases(Path(__file__).parent / "examples" / EXAMPLES[code], document(code)))
