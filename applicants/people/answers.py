"""A person's answers as plain data: what a submission keeps, a policy reads and a reviewer should look at twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from applicants.people.choices import EmployerKind, InsuredWith, NumberKind
from applicants.people.identities import birth_date_in
from applicants.people.labels import NOWHERE
from applicants.people.models import Education, Employment, PayoutAccount, Person, person_number_hashes
from applicants.people.numbers import luhn_ok, parse_resident_number, registry_kind
from applicants.people.refusals import NumberInvalid
from portal.vault.sealing import keyed_hash

Answers = dict[str, dict[str, Any]]

REQUIRED: dict[str, tuple[str, ...]] = {
    "identity": ("legal_name", "number", "phone", "household_code"),
    "education": ("level", "study_mode", "school", "major", "diploma_on", "is_overseas"),
    "employment": (
        "employer_name",
        "credit_code",
        "employer_kind",
        "town",
        "started_on",
        "first_job_in_city",
        "in_post",
    ),
    "account": ("holder", "number", "bank_name", "is_activated"),
}
OTHER_EMPLOYER = "其他单位"
# What a credit code's register says against a kind of employer; 91 covers private and state firms alike.
KINDS_OF_REGISTER = {
    "state_organ": {EmployerKind.STATE_ORGAN},
    "public_institution": {EmployerKind.PUBLIC_INSTITUTION},
    "private_non_enterprise": {EmployerKind.PRIVATE_NON_ENTERPRISE},
    "enterprise": {EmployerKind.PRIVATE_ENTERPRISE, EmployerKind.STATE_ENTERPRISE, EmployerKind.SELF_EMPLOYED},
    "individual_business": {EmployerKind.PRIVATE_ENTERPRISE, EmployerKind.SELF_EMPLOYED},
    "farmers_cooperative": {EmployerKind.PRIVATE_ENTERPRISE, EmployerKind.SELF_EMPLOYED, EmployerKind.OTHER},
}


def answers_of(person: Person) -> Answers:
    """Everything answered so far: section → field → plain JSON value (dates as ISO text). An empty section is {}."""
    return answers_from(
        person,
        Education.objects.filter(person=person).first(),
        Employment.objects.filter(person=person).first(),
        person.current_account(),
    )


def answers_from(
    person: Person, education: Education | None, employment: Employment | None, account: PayoutAccount | None
) -> Answers:
    """The same from rows that a list has fetched together."""
    return {
        "identity": _plain(person),
        "education": _plain(education),
        "employment": _plain(employment),
        "account": _plain(account),
    }


def _plain(row: Person | Education | Employment | PayoutAccount | None) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in row.ANSWERS} if row else {}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def missing_answers(answers: Mapping[str, Mapping[str, Any]], section: str) -> tuple[str, ...]:
    """The fields of ``section`` that must still be answered; none means that the section is done."""
    given = answers.get(section, {})
    missing = [name for name in REQUIRED[section] if not given.get(name)]
    if section == "identity":
        number = given.get("number") or ""
        if given.get("household_code") != NOWHERE and not given.get("household_collective"):
            missing.append("household_collective")
        if number and not given.get("birth_date") and birth_date_in(number) is None:
            missing.append("birth_date")
    if section == "education":
        one_more = {"yes": "overseas_certified", "no": "diploma_number"}.get(given.get("is_overseas") or "")
        if one_more and not given.get(one_more):
            missing.append(one_more)
    return tuple(missing)


def answers_digest(answers: Mapping[str, Any]) -> str:
    """A keyed hash of what the decision rests on: every section but the account, which may change after approval."""
    kept = {section: values for section, values in answers.items() if section != "account"}
    return keyed_hash("answers", json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def declared_facts(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, date | str]:
    """What the answers declare, by the names and in the notation of the policy engine; nothing answered, no fact.

    ``insurance`` is ``from/to:employer;…`` with ``!`` after months paid late, ``-`` for none at all; months with the
    present employer carry exactly the value of ``employer``.
    """
    identity, education = answers.get("identity", {}), answers.get("education", {})
    employment = answers.get("employment", {})
    facts: dict[str, date | str | None] = {
        "birth_date": born_on(identity),
        "hukou_code": "-" if identity.get("household_code") == NOWHERE else identity.get("household_code"),
        "hukou_collective": identity.get("household_collective"),
        "education": education.get("level"),
        "study_mode": education.get("study_mode"),
        "school": education.get("school"),
        "diploma_on": _day(education.get("diploma_on")),
        "employer_kind": employment.get("employer_kind"),
        "employer": employer_token(employment.get("employer_name", "")),
        "first_job_in_city": employment.get("first_job_in_city"),
        "insurance": _insurance(employment),
        "first_insured_in_city": _day(employment.get("first_insured_on")),
        "in_post": employment.get("in_post"),
    }
    known: dict[str, date | str] = {name: value for name, value in facts.items() if value}
    if education.get("is_overseas"):  # "" says that the degree is a domestic one
        known["overseas_certified"] = education["overseas_certified"] if education["is_overseas"] == "yes" else ""
    return known


def born_on(identity: Mapping[str, Any]) -> date | None:
    """The birth date that an identity section declares: the number's own, else the one typed."""
    typed = identity.get("birth_date")
    return birth_date_in(identity.get("number") or "") or (typed if isinstance(typed, date) else _day(typed))


def typed_birth_date(identity: Mapping[str, Any]) -> date | None:
    """The birth date of an identity section whose number does not carry one: it is compared with the paper, too."""
    return born_on(identity) if identity.get("birth_date") else None


def number_hashes_of(identity: Mapping[str, Any]) -> list[str]:
    """The keyed hashes of the number in an identity section, the newest key's first; [""] without a number.

    Sections of before there were kinds of papers hold resident numbers.
    """
    number, kind = identity.get("number") or "", identity.get("number_kind") or NumberKind.RESIDENT
    return person_number_hashes(number, kind) if number else [""]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def employer_token(name: str) -> str:
    """An employer's name as the notation of insured months carries it: ; and ! have a meaning there."""
    return name.replace(";", "；").replace("!", "！").strip()


def _insurance(employment: Mapping[str, Any]) -> str:
    if not employment:
        return ""
    present = employer_token(employment.get("employer_name", ""))
    return (
        ";".join(
            f"{row['from']}/{row['to']}:{present if row['employer'] == InsuredWith.PRESENT else OTHER_EMPLOYER}"
            f"{'!' if row['late'] else ''}"
            for row in employment["insured_ranges"]
        )
        or "-"
    )


def doubts_about(answers: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """What a reviewer should look at twice: (section, field) → sentence. None of it counts against anyone by itself."""
    doubts: dict[tuple[str, str], str] = {}
    try:
        if not parse_resident_number(answers.get("identity", {}).get("number", "")).county_known:
            doubts["identity", "number"] = _(
                "号码前 6 位的区县代码在出生那年没有启用，这样的号码也可能有效。请对照身份证。"
            )
    except NumberInvalid:
        pass
    account = answers.get("account", {}).get("number", "")
    if account and not luhn_ok(account):
        doubts["account", "number"] = _("账号没有通过校验位检查，有些社会保障卡账号也是这样。请对照卡面。")
    employment = answers.get("employment", {})
    fitting = KINDS_OF_REGISTER.get(registry_kind(employment.get("credit_code", "")))
    if fitting and employment.get("employer_kind") not in fitting:
        doubts["employment", "employer_kind"] = _("单位类型和统一社会信用代码的登记类别不一致。请对照营业执照。")
    return doubts
