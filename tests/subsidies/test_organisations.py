"""An organisation is paid like a person: its account settled by two people, on a roll with its own columns."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from io import BytesIO, StringIO

import pypdfium2
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from openpyxl import load_workbook

from portal.accounts.models import Role
from portal.casework.services.advancing import StepRefused
from portal.partners.models import PartnerMember
from subsidies.models import Payable, Roll, RollLine
from subsidies.services.bank_results import apply_bank_result, upload_bank_result
from subsidies.services.collecting import collect_all
from subsidies.services.issuing import issue_roll
from subsidies.services.listing import payables_page
from subsidies.services.rolls import collect_roll, download_roll
from tests.factories import make_staff, move_clock, staff
from tests.lodging.settling import APRIL, NUMBER, give, settle
from tests.partners.making import make_manager, make_partner
from tests.subsidies.paying import bank_row, csv_file, rejected

pytestmark = pytest.mark.django_db
LATER = APRIL + timedelta(days=1)
POSTED = {"入账日": "2026-04-02"}


def owed(*, manager: PartnerMember | None = None, number: int = 1, **fields: object) -> Payable:
    """What the city owes a hotel, approved on the morning of 1 April."""
    manager = manager or make_manager(make_partner())
    values = {
        "kind": Payable.Kind.SETTLEMENT, "programme": "lodging", "town": "fengli", "policy_code": "LODGE-2023",
        "organisation": manager.partner.name_zh, "partner": manager.partner, "statement": f"JS-202603-{number:04}",
        "gross_fen": 38_400, "net_fen": 38_400, "due_on": date(2026, 4, 1), "approved_by": staff(Role.APPROVER),
        "approved_at": APRIL,
    }  # fmt: skip
    return Payable.objects.create(**values | fields)


def manager_of(payable: Payable) -> PartnerMember:
    return payable.partner.members.get(role="manager")


def ready() -> Payable:
    """One whose account is settled."""
    payable = owed()
    settle(give(manager_of(payable)))
    return payable


def codes(payable: Payable) -> list[str]:
    page = payables_page(staff(Role.FINANCE), "all", on=LATER.date())
    return next(row.obstacles for row in page.rows if row.payable == payable)


def collected(payable: Payable) -> Roll:
    return collect_roll(payable_ids=[payable.pk], by=staff(Role.FINANCE), at=LATER)


def issued(payable: Payable) -> Roll:
    return issue_roll(roll=collected(payable), by=staff(Role.FINANCE), at=LATER)


def test_an_account_is_needed_and_has_to_be_settled():
    payable = owed()
    assert codes(payable) == ["organisation_account_missing"]
    account = give(manager_of(payable))
    assert codes(payable) == ["organisation_account_not_settled"]
    with pytest.raises(StepRefused, match="JS-202603-0001 现在不能发放：单位的收款账户还没有核对。"):
        collected(payable)
    settle(account)
    assert codes(payable) == []


def test_a_new_account_or_a_new_name_stands_in_the_way_again():
    payable = ready()
    give(manager_of(payable), number="6217001870007654321")
    assert codes(payable) == ["organisation_account_not_settled"]
    other = owed(number=2, organisation="改了名的酒店")
    settle(give(manager_of(other)))
    assert codes(other) == ["organisation_holder_differs"]


def test_the_roll_carries_the_columns_of_the_organisation():
    payable = ready()
    roll = issued(payable)
    line = roll.lines.get()
    assert (line.account, line.net_fen, line.approved_by) == (NUMBER, 38_400, staff(Role.APPROVER))
    assert line.payee == {
        "batch": roll.number, "position": 1, "name": "石狮海港酒店", "number_kind": "统一社会信用代码",
        "number": payable.partner.credit_code, "education": "", "employer": "",
        "credit_code": payable.partner.credit_code, "insured": "", "policy": "LODGE-2023", "gross_fen": 38_400,
        "tax_fen": 0, "net_fen": 38_400, "account": NUMBER, "bank": "石狮农商银行", "branch": "",
        "phone": "13800006820", "first_reviewer": "", "second_reviewer": "", "approved_on": "2026-04-01", "notice": "",
        "remark": "结算 JS-202603-0001",
    }  # fmt: skip


@pytest.mark.slow
def test_every_file_of_the_roll_names_the_organisation():
    roll = issued(ready())

    def taken(key: str) -> bytes:
        return b"".join(download_roll(roll=roll, by=staff(Role.FINANCE), at=LATER, key=key))

    rows = [[cell.value for cell in row] for row in load_workbook(BytesIO(taken("xlsx"))).active.iter_rows()]
    assert (rows[1][2], rows[1][5], rows[1][12], rows[1][13]) == ("石狮海港酒店", None, 384, NUMBER)
    lines = list(csv.reader(StringIO(taken("csv-gb18030").decode("gb18030"))))
    assert (lines[1][2], lines[1][13]) == ("石狮海港酒店", NUMBER)
    assert list(csv.reader(StringIO(taken("csv").decode("utf-8-sig"))))[1][13] == f"\t{NUMBER}"
    text = pypdfium2.PdfDocument(taken("pdf-1"))[0].get_textpage().get_text_range()
    assert "石狮海港酒店" in text
    assert "叁佰捌拾肆元整" in text


def test_who_approved_or_settled_neither_collects_nor_issues():
    both = make_staff(Role.FINANCE, Role.APPROVER, Role.ADMINISTRATOR)
    payable = owed(approved_by=both)
    settle(give(manager_of(payable)))
    with pytest.raises(StepRefused, match="由您审定"):
        collect_roll(payable_ids=[payable.pk], by=both, at=LATER)
    with pytest.raises(StepRefused, match="由您审定"):
        issue_roll(roll=collected(payable), by=both, at=LATER)
    with pytest.raises(IntegrityError, match="who_approved_does_not_issue"), transaction.atomic():
        RollLine.objects.update(issued_by=both)
    settler = make_staff(Role.FINANCE)
    second = owed(number=2)
    account = settle(give(manager_of(second)))
    type(account).objects.filter(pk=account.pk).update(settled_by=settler)
    with pytest.raises(StepRefused, match="由您核对"):
        collect_roll(payable_ids=[second.pk], by=settler, at=LATER)
    roll = collected(second)
    with pytest.raises(StepRefused, match="由您核对"):
        issue_roll(roll=roll, by=settler, at=LATER)
    assert issue_roll(roll=roll, by=staff(Role.FINANCE), at=LATER).state == "issued"


def test_an_account_that_changes_after_collecting_stops_the_roll():
    payable = ready()
    roll = collected(payable)
    give(manager_of(payable), number="6217001870007654321")
    with pytest.raises(StepRefused, match="单位的收款账户还没有核对"):
        issue_roll(roll=roll, by=staff(Role.FINANCE), at=LATER)
    roll.refresh_from_db()
    assert (roll.state, roll.lines.get().payee) == ("collected", None)


def test_the_bank_pays_or_rejects_it():
    payable = ready()
    roll = issued(payable)
    answer = csv_file(bank_row(roll, **rejected()))
    finance = staff(Role.FINANCE)
    apply_bank_result(result=upload_bank_result(roll=roll, content=answer, by=finance, at=LATER), by=finance, at=LATER)
    assert codes(payable) == ["organisation_account_rejected"]
    settle(give(manager_of(payable), number="6217001870007654321"), at=LATER)
    again = issued(payable)
    answer = csv_file(bank_row(again, **POSTED))
    apply_bank_result(result=upload_bank_result(roll=again, content=answer, by=finance, at=LATER), by=finance, at=LATER)
    line = payable.roll_lines.get(is_live=True)
    assert (line.result, line.posted_on, line.account) == ("paid", date(2026, 4, 2), "6217001870007654321")


def test_all_that_is_due_is_collected_with_it():
    for number in range(1, 4):
        settle(give(manager_of(owed(number=number))))
    owed(number=4)
    roll = collect_all(programme="lodging", by=staff(Role.FINANCE), at=LATER)
    assert (roll.state, roll.lines.count(), roll.looked_at) == ("collected", 3, 4)


@pytest.mark.parametrize("view", ["ready", "review", "waiting", "on_a_roll", "paid", "rejected", "all"])
def test_every_view_of_the_payables_and_the_roll_show_it(client, view):
    move_clock(LATER)
    payable = ready()
    for role in (Role.FINANCE, Role.ADMINISTRATOR, Role.FIRST_REVIEWER):
        client.force_login(staff(role))
        assert client.get(reverse("payables"), {"view": view}).status_code == 200
    roll = collected(payable)
    client.force_login(staff(Role.FINANCE))
    page = client.get(reverse("roll", args=[roll.number])).content.decode()
    assert "石狮海港酒店" in page
    issue_roll(roll=roll, by=staff(Role.FINANCE), at=LATER)
    page = client.get(reverse("roll", args=[roll.number])).content.decode()
    assert "石狮海港酒店" in page
    assert client.get(reverse("payables"), {"view": view}).status_code == 200


def test_the_database_knows_an_organisation_by_its_partner_and_statement():
    payable = owed()
    rows = Payable.objects.filter(pk=payable.pk)
    for change in ({"partner": None}, {"statement": ""}):
        with pytest.raises(IntegrityError, match="an_organisation_is_a_partner_with_a_statement"), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError, match=r"one_payable_per_statement|payable.statement"), transaction.atomic():
        owed()
