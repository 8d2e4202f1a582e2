"""Approved applications with what is owed for them, set down by the thousand: what rolls and lists are measured on."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

from django.utils import timezone

from applicants.people.answers import answers_digest, answers_from
from applicants.people.models import (
    Education,
    Employment,
    PayoutAccount,
    Person,
    account_number_hash,
    person_number_hash,
)
from portal.accounts.models import RoleGrant, User
from portal.casework.models import Application, Submission
from portal.policy.models import PolicyVersion
from subsidies.models import Payable, Roll, RollLine
from subsidies.services.evidence import Evidence, evidence_of

CHUNK = 1_000
NOW = timezone.now()
SUBMITTED = NOW - timedelta(days=30)
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
GIVEN = "晓航宇轩梓涵浩然子墨雨桐欣怡思远嘉宁志强建国海涛丽娟文博静雯俊杰秀英晨曦明远"
INSURED = [{"from": "2026-05", "to": "2026-07", "employer": "present", "late": False}]


def office(*roles: str) -> dict[str, User]:
    """A member of staff for each role."""
    found = {}
    for role in roles:
        found[role] = User.objects.create_user(f"{role}@example.test", display_name=f"{FAMILY[len(found)]}敏")
        RoleGrant.objects.create(user=found[role], role=role)
    return found


def store_approved(count: int, *, version: PolicyVersion, staff: dict[str, User], instalments: int = 1) -> None:
    """Store ``count`` more approved applications of as many people, each with so many instalments due today."""
    first, pick = Application.objects.count(), random.Random(count)  # noqa: S311 (repeatable inventions)
    for start in range(first, first + count, CHUNK):
        rows: dict[type, list] = {
            model: [] for model in (Person, Education, Employment, PayoutAccount, Application, Submission, Payable)
        }
        for number in range(start, min(start + CHUNK, first + count)):
            person, education, employment, account = _person(number, staff, pick)
            application = Application(
                reference=f"LS-2026-{number:06d}",
                programme="living-subsidy",
                policy_version=version,
                applicant=person,
                state="approved",
                state_at=NOW,
                created_at=SUBMITTED,
                submitted_at=SUBMITTED,
                submitted_on=SUBMITTED.date(),
                town="fengli",
                name_masked=f"{person.legal_name[0]}**",
                amount_fen=1_000_000,
                verdict="eligible",
                first_reviewer=staff["first_reviewer"],
                second_reviewer=staff["second_reviewer"],
                approver=staff["approver"],
            )
            answers = answers_from(person, education, employment, account)
            sent = Submission(
                application=application,
                number=1,
                at=SUBMITTED,
                by=staff["first_reviewer"],
                answers=answers,
                digest=answers_digest(answers),
            )
            payables = [_payable(application, at, staff["approver"]) for at in range(1, instalments + 1)]
            made = ([person], [education], [employment], [account], [application], [sent], payables)
            for kept, new in zip(rows.values(), made, strict=True):
                kept.extend(new)
        for model, found in rows.items():
            model._default_manager.bulk_create(found)


def _person(number: int, staff: dict[str, User], pick: random.Random) -> tuple:
    name = pick.choice(FAMILY) + "".join(pick.choices(GIVEN, k=pick.choice((1, 2, 2, 2))))
    identity, account = f"35058120000{number:07d}", f"62170018{number:011d}"
    person = Person(
        legal_name=name,
        number=identity,
        number_hash=person_number_hash(identity),
        phone=f"138{number:08d}",
        entered_by=staff["clerk"],
        household_code="350581",
        household_collective="no",
        household_town="fengli",
        proven_at=SUBMITTED,
        proven_by=staff["first_reviewer"],
    )
    education = Education(
        person=person,
        level="bachelor",
        study_mode="full_time",
        school="闽南示例大学",
        major="软件工程",
        diploma_on=date(2026, 6, 20),
        diploma_number=f"1189992026{number:08d}",
        is_overseas="no",
    )
    employment = Employment(
        person=person,
        employer_name=f"石狮{GIVEN[number % 11]}{GIVEN[number % 13]}数据服务有限公司",
        credit_code=f"91350581MA{number % 3000:07d}X",
        employer_kind="private_enterprise",
        town="fengli",
        started_on=date(2026, 5, 6),
        first_job_in_city="yes",
        first_insured_on=date(2026, 5, 6),
        insured_ranges=INSURED,
        in_post="yes",
    )
    payout = PayoutAccount(
        person=person,
        ordinal=1,
        holder=name,
        number=account,
        number_last4=account[-4:],
        number_hash=account_number_hash(account),
        bank_name="中国示例银行石狮支行",
        is_activated=True,
        created_at=SUBMITTED,
    )
    return person, education, employment, payout


def _payable(application: Application, number: int, approver: User) -> Payable:
    return Payable(
        programme="living-subsidy",
        town="fengli",
        policy_code="LS-2022",
        application=application,
        person=application.applicant,
        number=number,
        gross_fen=1_000_000,
        net_fen=1_000_000,
        due_on=SUBMITTED.date(),
        approved_by=approver,
        approved_at=SUBMITTED,
    )


def collect(count: int, by: User, at: datetime) -> Roll:
    """A collected roll of the first ``count`` payables that stand on none."""
    number = f"FF-{at.year}-{Roll.objects.count() + 1:04d}"
    roll = Roll.objects.create(number=number, programme="living-subsidy", collected_by=by, collected_at=at)
    free = Payable.objects.exclude(roll_lines__is_live=True).order_by("id")
    ids = list(free.values_list("pk", flat=True)[:count])
    for start in range(0, count, CHUNK):
        batch = ids[start : start + CHUNK]
        seen = evidence_of(batch)
        RollLine.objects.bulk_create(_line(roll, seen[pk], at, by) for at, pk in enumerate(batch, start + 1))
    return roll


def _line(roll: Roll, evidence: Evidence, position: int, by: User) -> RollLine:
    payable = evidence.rows[Payable]
    return RollLine(
        roll=roll,
        payable_id=payable["id"],
        position=position,
        approved_by_id=payable["approved_by_id"],
        collected_by=by,
        gross_fen=payable["gross_fen"],
        tax_fen=payable["tax_fen"],
        net_fen=payable["net_fen"],
        evidence=evidence.digest,
    )
