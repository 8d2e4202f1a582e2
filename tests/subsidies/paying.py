"""Approved applications with payables, rolls and bank files for the tests of money."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import openpyxl

from applicants.people.answers import answers_digest, answers_of
from applicants.people.models import PayoutAccount, Person
from applicants.people.services import prove_number
from portal.casework.models import Application, Submission
from portal.casework.services.drafting import put_on_shelf
from portal.casework.services.supplying import change_account
from portal.casework.states import State
from subsidies.models import Payable, Roll
from subsidies.services.checking import obstacles, payables_of
from subsidies.services.issuing import issue_roll
from subsidies.services.rolls import collect_roll, download_roll
from tests.factories import (
    AT,
    DECLARATION,
    ON,
    SHANGHAI,
    load_policies,
    make_application_in,
    make_paper,
    make_person,
    staff,
)

LATER = datetime(2023, 11, 1, 10, 0, tzinfo=SHANGHAI)  # a week after the approvals of make_application_in
POSTED = "2023-11-03"
ANSWERED = datetime(2023, 11, 6, 9, 0, tzinfo=SHANGHAI)
HEADS = "批次号,序号,账号,金额,状态,失败码,入账日"


def walked_payable(*, policy: str = "LS-2022", number: int = 1) -> Payable:
    """A payable of an application that walked to approval through the real services."""
    application = make_application_in(State.APPROVED, policy=policy)
    return Payable.objects.get(application=application, number=number)


def quick_payable(*, person: Person | None = None, **fields: Any) -> Payable:
    """A payable of an application set down as approved, for tests of many; approved on the day of LATER, at nine.

    ``fields`` override those of the payable.
    """
    person = person or make_person()
    if not person.is_proven:
        person = prove_number(person=person, by=staff("clerk"), at=AT)
    version = load_policies()["LS-2022"]
    application = Application.objects.create(
        reference=f"T-{person.pk.hex[:12]}",
        programme="living-subsidy",
        policy_version=version,
        applicant=person,
        state=State.APPROVED,
        state_at=AT,
        created_at=AT,
        submitted_at=AT,
        submitted_on=ON,
        town="fengli",
        name_masked="林**",
        first_reviewer=staff("first_reviewer"),
        second_reviewer=staff("second_reviewer"),
        approver=staff("approver"),
    )
    answers = answers_of(person) | {"declaration": DECLARATION}
    Submission.objects.create(
        application=application, number=1, at=AT, by=person.user, answers=answers, digest=answers_digest(answers)
    )
    values: dict[str, Any] = {
        "programme": "living-subsidy",
        "town": "fengli",
        "policy_code": "LS-2022",
        "application": application,
        "person": person,
        "gross_fen": 1_000_000,
        "net_fen": 1_000_000,
        "due_on": ON,
        "approved_by": staff("approver"),
        "approved_at": LATER.replace(hour=9),
    }
    return Payable.objects.create(**values | fields)


def cancelled() -> dict[str, Any]:
    """The fields of a payable that an administrator gave up."""
    return {"cancelled_at": LATER, "cancelled_by": staff("administrator"), "cancelled_reason": "已离职。"}


def codes(payable: Payable, at: datetime = LATER) -> list[str]:
    """What stands in the way of the payable on the day of ``at``."""
    return obstacles(payables_of(staff("finance")).get(pk=payable.pk), on=at.astimezone(SHANGHAI).date())


def collected(*payables: Payable, at: datetime = LATER) -> Roll:
    """A roll collected by finance."""
    return collect_roll(payable_ids=[payable.pk for payable in payables], by=staff("finance"), at=at)


def issued(*payables: Payable, at: datetime = LATER) -> Roll:
    """A roll collected and issued by finance."""
    return issue_roll(roll=collected(*payables, at=at), by=staff("finance"), at=at)


def downloaded(**arguments: Any) -> bytes:
    """What finance gets that downloads at LATER; ``arguments`` as for the service."""
    return b"".join(download_roll(**{"by": staff("finance"), "at": LATER} | arguments))


def give_another_account(application: Application, *, at: datetime, **values: Any) -> tuple[PayoutAccount, UUID]:
    """The applicant hands in a proof and gives another account; the account and the proof's id."""
    person = application.applicant
    paper = make_paper(person, "account_proof", at=at)
    put_on_shelf(application=application, kind="account_proof", paper=paper, by=person.user, at=at)
    values = {"number": "6217001870001234567", **values}
    return change_account(application=application, values=values, by=person.user, at=at), paper.pk


def bank_row(roll: Roll, position: int = 1, **changes: str) -> dict[str, str]:
    """The bank's row for one line, paid; ``changes`` by head."""
    line = roll.lines.get(position=position)
    row = [roll.number, str(position), line.account, f"{line.net_fen / 100:.2f}", "成功", "", POSTED]
    return dict(zip(HEADS.split(","), row, strict=True)) | changes


def rejected(code: str = "户名不符") -> dict[str, str]:
    """The changes that make a bank's row a rejection."""
    return {"状态": "失败", "失败码": code, "入账日": ""}


def csv_file(*rows: Mapping[str, str], encoding: str = "utf-8-sig") -> bytes:
    """The bank's rows as CSV."""
    lines = [HEADS, *(",".join(f'"{row[head]}"' for head in HEADS.split(",")) for row in rows)]
    return "\r\n".join(lines).encode(encoding)


def xlsx_file(rows: Sequence[Sequence[Any]], heads: Sequence[str] = tuple(HEADS.split(","))) -> bytes:
    """A workbook of the bank with these cells."""
    book, target = openpyxl.Workbook(), BytesIO()
    for row in (heads, *rows):
        book.active.append(list(row))
    book.save(target)
    return target.getvalue()
