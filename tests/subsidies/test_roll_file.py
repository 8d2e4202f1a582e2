"""The roll as a spreadsheet, against the columns of policy-facts 6.3 written down by hand."""

from datetime import UTC, datetime
from io import BytesIO

import openpyxl
import pytest
from django.utils.translation import override

from applicants.people.services import give_account
from portal.audit.models import Entry
from portal.casework.models import NoticeLine
from subsidies.exports.roll_xlsx import write_roll_xlsx
from subsidies.models import Payable
from subsidies.services.issuing import issue_roll
from tests.factories import make_application_in, make_credit_code, make_person, staff
from tests.subsidies.paying import LATER, collected, downloaded

pytestmark = pytest.mark.django_db

HEADS = [
    "批次号", "序号", "姓名", "证件类型", "证件号", "学历", "用人单位", "统一社会信用代码", "参保起止月", "政策版本",
    "应发（元）", "税（元）", "实发（元）", "社保卡金融账号", "开户行", "联行号", "手机", "初审人", "复审人",
    "审定日期", "公示编号", "备注",
]  # fmt: skip


def sheet_of(content: bytes):
    return openpyxl.load_workbook(BytesIO(content)).active


def sheet_with(*lines: dict[str, object]):
    target = BytesIO()
    write_roll_xlsx(target, "FF-2023-0001", lines)
    return sheet_of(target.getvalue())


@pytest.mark.slow
def test_the_file_holds_every_column_as_the_office_writes_it():
    person = make_person(
        identity={"legal_name": "欧阳晓航", "number": "350581200003020018", "phone": "13800006810"},
        account={"holder": "欧阳晓航", "number": "6217001870000006627", "branch_code": "105397200017"},
    )
    application = make_application_in("approved", person=person)
    for name in ("first_reviewer", "second_reviewer"):
        user = getattr(application, name)
        user.display_name = {"first_reviewer": "蒋敏", "second_reviewer": "许复之"}[name]
        user.save()
    roll = collected(Payable.objects.get(application=application))
    Entry.objects.bulk_create(
        [Entry(at=LATER, action="a", target_type="t", target_id="1", sequence=120, link="0123456789abcdef" * 4,
               sealed_at=datetime(2023, 11, 1, 1, 59, 5, tzinfo=UTC))]
    )  # fmt: skip
    with override("en"):  # whoever issues, in whatever language
        roll = issue_roll(roll=roll, by=staff("finance"), at=LATER)
    sheet = sheet_of(downloaded(roll=roll))
    head, row, totals, mark = sheet.iter_rows(values_only=True)
    notice = NoticeLine.objects.get(application=application).notice.number
    assert sheet.title == "FF-2023-0001"
    assert list(head) == HEADS
    assert list(row) == [
        "FF-2023-0001", 1, "欧阳晓航", "居民身份证", "350581200003020018", "本科", "石狮潮汐数据服务有限公司",
        make_credit_code(), "2023-07—2023-09", "LS-2022 1", 10000, 0, 10000, "6217001870000006627",
        "中国示例银行石狮支行", "105397200017", "13800006810", "蒋敏", "许复之", "2023-10-24", notice, None,
    ]  # fmt: skip
    assert list(totals) == [
        "合计", 1, None, None, None, None, None, None, None, None, 10000, 0, 10000,
        None, None, None, None, None, None, None, None, None,
    ]  # fmt: skip
    assert list(mark) == ["操作记录已封存至第 120 号（0123456789abcdef，2023-11-01 09:59:05）", *[None] * 21]
    assert Entry.objects.get(action="roll.issue").note == "120 0123456789abcdef 2023-11-01T01:59:05+00:00"


def line(**changes: object) -> dict[str, object]:
    return {
        "batch": "FF-2023-0001", "position": 1, "name": "林晓航", "number_kind": "居民身份证",
        "number": "350581200003020018", "education": "master", "employer": "石狮潮汐数据服务有限公司",
        "credit_code": "91350581MA00000018", "insured": "2023-07—2023-09；2023-11—2023-12", "policy": "LS-2022 1",
        "gross_fen": 1_000_029, "tax_fen": 29, "net_fen": 1_000_000, "account": "0100018700000066270",
        "bank": "中国示例银行", "branch": "", "phone": "13800006810", "first_reviewer": "蒋敏",
        "second_reviewer": "许复之", "approved_on": "2023-10-24", "notice": "GS-2023-0001", "remark": "第 2 期",
    } | changes  # fmt: skip


def test_numbers_of_people_and_accounts_are_text_and_money_is_a_number():
    sheet = sheet_with(line(), line(position=2))
    assert [sheet[place].value for place in ("E2", "N2")] == ["350581200003020018", "0100018700000066270"]
    assert {sheet[place].data_type for place in ("E2", "H2", "N2", "P2", "Q2")} - {"s", "n"} == set()
    assert {sheet[place].data_type for place in ("E2", "H2", "N2", "Q2")} == {"s"}
    assert {sheet[place].number_format for place in ("E2", "N2")} == {"@"}
    assert [(sheet[place].value, sheet[place].number_format) for place in ("K2", "L2", "M2")] == [
        (10000.29, "#,##0.00"),
        (0.29, "#,##0.00"),
        (10000, "#,##0.00"),
    ]
    assert [sheet[place].value for place in ("A4", "B4", "K4", "L4", "M4")] == ["合计", 2, 20000.58, 0.58, 20000]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:V4"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x.test")', "\t=1", "𠮷田"])
def test_nobodys_text_becomes_a_formula(text):
    sheet = sheet_with(line(name=text, employer=text, bank=text, remark=text))
    assert {(sheet[place].value, sheet[place].data_type) for place in ("C2", "G2", "O2", "V2")} == {(text, "s")}


@pytest.mark.slow
def test_the_download_serves_a_name_like_a_formula_as_text():
    person = make_person(employment={"employer_name": "=1+1"})
    application = make_application_in("approved", person=person)
    give_account(person=person, values={}, by=person.user, at=LATER)
    roll = issue_roll(roll=collected(Payable.objects.get(application=application)), by=staff("finance"), at=LATER)
    cell = sheet_of(downloaded(roll=roll))["G2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert Entry.objects.filter(action="roll.download").count() == 1
