"""What the bank's answer does, and all that it does not do."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.audit.models import Entry
from portal.casework.services.advancing import StepRefused
from portal.notifications.models import Letter
from portal.notifications.rendering import render_letter
from subsidies.models import BankResult, Roll, RollLine
from subsidies.services.bank_results import apply_bank_result, look_through, upload_bank_result
from subsidies.services.settling import settle_payable_account
from tests.factories import staff
from tests.subsidies.paying import (
    ANSWERED,
    bank_row,
    codes,
    collected,
    csv_file,
    give_another_account,
    issued,
    quick_payable,
    rejected,
)

pytestmark = pytest.mark.django_db


def uploaded(roll: Roll, *rows: dict[str, str]) -> BankResult:
    return upload_bank_result(roll=roll, content=csv_file(*rows), by=staff("finance"), at=ANSWERED)


def applied(roll: Roll, *rows: dict[str, str]) -> BankResult:
    return apply_bank_result(result=uploaded(roll, *rows), by=staff("finance"), at=ANSWERED)


def answers_of(roll: Roll) -> list[tuple[str, str, date | None, bool]]:
    lines = RollLine.objects.filter(roll=roll).order_by("position")
    return [(line.result, line.result_code, line.posted_on, line.is_live) for line in lines]


PENDING = ("pending", "", None, True)


@pytest.mark.slow
def test_a_dry_run_changes_nothing():
    roll = issued(quick_payable(), quick_payable())
    result = uploaded(roll, bank_row(roll), bank_row(roll, 2) | rejected("销户"))
    rows = look_through(result, on=ANSWERED.date())
    assert [(row.number, row.position, row.amount_fen, row.result, row.code, row.posted_on) for row in rows] == [
        (2, 1, 1_000_000, "paid", "", date(2023, 11, 3)),
        (3, 2, 1_000_000, "rejected", "销户", None),
    ]
    assert [row.fault for row in rows] == ["", ""]
    assert answers_of(roll) == [PENDING, PENDING]
    assert Letter.objects.count() == 0


@pytest.mark.slow
def test_applying_writes_each_answer_and_one_letter():
    roll = issued(quick_payable(), quick_payable())
    applied(roll, bank_row(roll), bank_row(roll, 2) | rejected("销户"))
    assert answers_of(roll) == [
        ("paid", "", date(2023, 11, 3), True),
        ("rejected", "销户", None, False),
    ]
    letters = Letter.objects.order_by("kind")
    assert [letter.kind for letter in letters] == ["paid", "payment_rejected"]
    last4 = roll.lines.get(position=1).account[-4:]
    assert (
        f"10,000 元，已于 2023 年 11 月 3 日打入您尾号 {last4} 的社保卡账户。"
        in render_letter(letters[0]).paragraphs[1]
    )
    assert "银行给的原因：账户已销户" in render_letter(letters[1], "zh-hans").paragraphs
    actions = Entry.objects.filter(action__startswith="bank_result").order_by("recorded_at", "id")
    assert [entry.action for entry in actions] == ["bank_result.upload", "bank_result.apply"]


@pytest.mark.slow
def test_the_same_file_twice_changes_nothing():
    roll = issued(quick_payable())
    first = applied(roll, bank_row(roll))
    entries, letters = Entry.objects.count(), Letter.objects.count()
    again = applied(roll, bank_row(roll))
    assert (again.pk, again.applied_at) == (first.pk, ANSWERED)
    assert (Entry.objects.count(), Letter.objects.count(), BankResult.objects.count()) == (entries, letters, 1)


@pytest.mark.slow
def test_the_same_answers_in_another_file_are_known():
    roll = issued(quick_payable())
    applied(roll, bank_row(roll))
    other = uploaded(roll, bank_row(roll, 金额="10,000.00"))
    assert [(row.is_known, row.fault) for row in look_through(other, on=ANSWERED.date())] == [(True, "")]
    apply_bank_result(result=other, by=staff("finance"), at=ANSWERED)
    assert Letter.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"批次号": "FF-2023-0099"}, "批次号不是这份花名册的。"),
        ({"序号": "3"}, "花名册上没有这个序号。"),
        ({"序号": "一"}, "花名册上没有这个序号。"),
        ({"账号": "6217001870009999999"}, "账号与花名册不一致。"),
        ({"账号": "6.217E+18"}, "账号与花名册不一致。"),
        ({"金额": "9999.99"}, "金额与花名册不一致。"),
        ({"金额": "一万"}, "金额与花名册不一致。"),
        ({"状态": "处理中"}, "状态只能是“成功”或“失败”。"),
        ({"状态": "失败"}, "失败的行要写明失败码：户名不符、账户未激活、销户、止付、限额。"),
        ({"状态": "失败", "失败码": "其他"}, "失败的行要写明失败码：户名不符、账户未激活、销户、止付、限额。"),
        ({"入账日": ""}, "成功的行要有入账日，写成 2026-11-20 的样子。"),
        ({"入账日": "2023-10-31"}, "入账日早于花名册的签发日。"),
        ({"入账日": "2023-11-07"}, "入账日还没有到。"),
    ],
)
@pytest.mark.slow
def test_one_wrong_row_and_nothing_is_applied(changes, fault):
    roll = issued(quick_payable(), quick_payable())
    result = uploaded(roll, bank_row(roll), bank_row(roll, 2) | changes)
    assert [row.fault for row in look_through(result, on=ANSWERED.date())] == ["", fault]
    with pytest.raises(StepRefused) as caught:
        apply_bank_result(result=result, by=staff("finance"), at=ANSWERED)
    assert str(caught.value) == f"第 3 行：{fault}整份文件没有导入，请改正后再传。"
    assert answers_of(roll) == [PENDING, PENDING]
    assert Letter.objects.count() == 0


@pytest.mark.slow
def test_a_file_that_came_before_its_posting_day_is_applied_on_that_day():
    roll = issued(quick_payable())
    content = csv_file(bank_row(roll, 入账日="2023-11-06"))
    early = ANSWERED - timedelta(days=1)
    result = upload_bank_result(roll=roll, content=content, by=staff("finance"), at=early)
    assert [row.fault for row in look_through(result, on=date(2023, 11, 5))] == ["入账日还没有到。"]
    with pytest.raises(StepRefused, match="入账日还没有到。"):
        apply_bank_result(result=result, by=staff("finance"), at=early)
    again = upload_bank_result(roll=roll, content=content, by=staff("finance"), at=ANSWERED)
    assert (again.pk, look_through(again, on=date(2023, 11, 6))[0].fault) == (result.pk, "")
    apply_bank_result(result=again, by=staff("finance"), at=ANSWERED)
    assert answers_of(roll) == [("paid", "", date(2023, 11, 6), True)]


@pytest.mark.slow
def test_a_position_that_stands_twice_is_a_fault():
    roll = issued(quick_payable())
    result = uploaded(roll, bank_row(roll), bank_row(roll) | rejected())
    assert [row.fault for row in look_through(result, on=ANSWERED.date())] == ["", "这个序号在文件里出现了两次。"]


@pytest.mark.slow
def test_an_answer_is_never_changed_by_a_later_file():
    roll = issued(quick_payable())
    applied(roll, bank_row(roll))
    for changes in (rejected(), {"入账日": "2023-11-04"}):
        with pytest.raises(StepRefused, match="这一行已有另一个结果，不能改。"):
            applied(roll, bank_row(roll) | changes)
    assert answers_of(roll) == [("paid", "", date(2023, 11, 3), True)]


@pytest.mark.slow
def test_a_file_may_answer_some_lines_now_and_others_later():
    roll = issued(quick_payable(), quick_payable())
    applied(roll, bank_row(roll))
    assert answers_of(roll)[1] == PENDING
    applied(roll, bank_row(roll), bank_row(roll, 2))
    assert [answer[0] for answer in answers_of(roll)] == ["paid", "paid"]
    assert Letter.objects.count() == 2


@pytest.mark.slow
def test_a_paid_payable_is_never_collected_again():
    payable = quick_payable()
    roll = issued(payable)
    applied(roll, bank_row(roll))
    assert codes(payable, at=ANSWERED) == ["on_a_roll"]


@pytest.mark.slow
def test_a_rejected_line_waits_for_another_account_that_a_reviewer_has_compared():
    payable = quick_payable()
    roll = issued(payable)
    applied(roll, bank_row(roll) | rejected("销户"))
    assert codes(payable, at=ANSWERED) == ["account_rejected"]
    account, paper = give_another_account(payable.application, at=ANSWERED)
    assert codes(payable, at=ANSWERED) == ["account_not_settled"]
    settle_payable_account(
        payable=payable, account_id=account.pk, paper_id=paper, by=staff("first_reviewer"), at=ANSWERED
    )
    again = collected(payable, at=ANSWERED)
    assert [line.roll.number for line in payable.roll_lines.order_by("roll__number")] == [roll.number, again.number]


@pytest.mark.slow
def test_a_limit_is_tried_again_with_the_same_account_and_asks_nothing_of_the_person():
    payable = quick_payable()
    roll = issued(payable)
    applied(roll, bank_row(roll) | rejected("限额"))
    assert codes(payable, at=ANSWERED) == []
    assert Letter.objects.count() == 0


def test_only_an_issued_roll_has_an_answer_and_only_finance_brings_it():
    payable = quick_payable()
    roll = collected(payable)
    with pytest.raises(StepRefused, match="花名册签发以后才有银行回盘。"):
        upload_bank_result(roll=roll, content=b"x", by=staff("finance"), at=ANSWERED)
    for role in ("auditor", "approver", "administrator"):
        with pytest.raises(StepRefused, match="您没有办理这一步的权限。"):
            upload_bank_result(roll=roll, content=b"x", by=staff(role), at=ANSWERED)


@pytest.mark.slow
def test_looking_through_costs_two_queries_however_long_the_file_is():
    def cost(lines: int) -> int:
        roll = issued(*[quick_payable() for _turn in range(lines)])
        pk = uploaded(roll, *[bank_row(roll, position + 1) for position in range(lines)]).pk
        result = BankResult.objects.select_related("roll").get(pk=pk)
        with CaptureQueriesContext(connection) as queries:
            look_through(result, on=ANSWERED.date())
        return len(queries)

    assert cost(1) == cost(4) == 1
