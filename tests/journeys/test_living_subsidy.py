"""From sign-up to the bank's answer: one person's living subsidy through the real pages, worker and browser."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import expect

from portal.casework.models import Application
from portal.celery import app
from portal.notifications.models import Letter
from tests.factories import make_number
from tests.journeys import paying, people
from tests.journeys.visitor import Visitor
from tests.real_worker import Worker

NAME = "欧阳晓航"
ACCOUNT = "6217001890012345678"
LETTERS = ["receipt", "accepted", "correction_needed", "correction_received", "notice_started", "approved", "paid"]
PAID_ON = {"zh-hans": "2026 年 3 月 10 日", "en": "10 March 2026"}
SETTLED = {
    "LS-2": "diploma",
    "LS-3": "household_page",
    "LS-4": "contract_or_licence",
    "LS-5": "insurance_record",
    "LS-6": "insurance_record",
}


@pytest.mark.parametrize(
    ("language", "width"),
    [pytest.param("zh-hans", 390, marks=pytest.mark.journey_sqlite), ("en", 1280)],
    ids=["chinese-on-a-phone", "english-on-a-desktop"],
)
def test_a_living_subsidy_from_sign_up_to_the_banks_answer(
    visit: Callable[..., Visitor], worker: Worker, language: str, width: int
) -> None:
    number = make_number(born=date(2002, 9, 14), serial=842)
    applicant = visit(width=width, language=language)
    staff = {"language": language, "width": max(width, 1280)}

    people.sign_up(applicant, "xiaohang@example.test")
    reference = people.apply(applicant, name=NAME, number=number, account=ACCOUNT)
    applicant.sees_heading("已提交，编号 %(reference)s", reference=reference)
    assert list(Application.objects.values_list("reference", flat=True)) == [reference]
    wait_for(worker, lambda: Application.objects.get().state == "accept")

    clerk = people.sign_in_staff(visit(**staff), "clerk")
    clerk.look("desk")
    people.open_file(clerk, reference)
    clerk.look("desk-file")
    people.prove_number(clerk, number)
    clerk.press("act|受理")
    clerk.sees("%(reference)s 已受理。", reference=reference)
    clerk.leave()

    first = people.sign_in_staff(visit(**staff), "first")
    people.open_file(first, reference)
    people.settle(first, "LS-1", "diploma")
    first.look("desk-settled")
    people.return_for_correction(
        first,
        reason="单位名称和合同不一致，参保证明请换成最新的。",
        marks={"用人单位名称": "请填合同上的全称。", people.paper_titles(first)["insurance_record"]: "要有一月份。"},
    )
    first.sees("%(reference)s 已退回补正，通知已发给申请人。", reference=reference)

    employer = "石狮潮汐数据服务（福建）有限公司"
    people.correct(applicant, field="用人单位名称", value=employer, paper="insurance_record")
    wait_for(worker, lambda: Application.objects.get().assessments.filter(submission__number=2).exists())
    assert Application.objects.get().state == "first_review"

    people.open_file(first, reference)
    people.open_tab(first, "补正差异")
    first.sees_exactly(employer)
    first.look("desk-changes")
    people.open_tab(first, "审核")
    for clause, paper in SETTLED.items():
        people.settle(first, clause, paper)
    first.look("desk-all-settled")
    first.press("通过初审")
    first.sees("%(reference)s 已通过初审，转到下一环节。", reference=reference)
    first.leave()

    second = people.sign_in_staff(visit(**staff), "second")
    people.open_file(second, reference)
    second.press("通过复审")
    second.sees("%(reference)s 已通过复审，转到下一环节。", reference=reference)
    notice = people.collect_notice(second)
    second.sees("名单由您汇总，发布要由另一人办理。")
    second.look("notice-collected")
    second.leave()

    other = people.sign_in_staff(visit(**staff), "second2")
    people.release_notice(other, notice)
    other.look("notice-released")
    applicant.go("notice", notice)
    expect(applicant.page.get_by_role("table")).to_have_count(0)  # it begins tomorrow
    people.move_clock_by(other, 1)
    other.leave()
    the_public_sees_the_masked_line_and_no_more(visit(width=width, language=language), notice, number, employer)
    people.move_clock_by(applicant, 5)
    assert Application.objects.get().state == "final_approval"
    assert applicant.go("notice", notice).status == 404

    approver = people.sign_in_staff(visit(**staff), "approver")
    people.open_file(approver, reference)
    approver.follow("act|批准")
    approver.sees_exactly("10,000")
    approver.look("desk-approve")
    approver.press("act|批准")
    approver.sees("%(reference)s 已批准，决定书已发给申请人。", reference=reference)
    approver.leave()

    applicant.go("applications")
    applicant.look("mine-approved")
    applicant.go("application", Application.objects.get().pk)
    applicant.look("application-approved")
    applicant.follow("决定书")
    applicant.sees_heading("批准决定书")
    applicant.sees_exactly("10,000")
    applicant.look("decision")

    finance = people.sign_in_staff(visit(**staff), "finance")
    roll = paying.issue_roll(finance, reference)
    the_roll_says_what_is_paid(paying.download_roll(finance), number)
    paying.bring_bank_file(finance, roll, ACCOUNT, posted_on="2026-03-10")

    applicant.go("application", Application.objects.get().pk)
    applicant.sees("%(day)s已打到您的社会保障卡账户。", day=PAID_ON[language])
    applicant.look("application-paid")
    applicant.go("letters")
    applicant.look("letters")
    wait_for(worker, lambda: not Letter.objects.filter(emailed_at=None).exists())
    assert list(Letter.objects.order_by("created_at", "id").values_list("kind", flat=True)) == LETTERS
    assert applicant.untranslated == {}


def wait_for(worker: Worker, is_done: Callable[[], object]) -> None:
    """Wait for the worker. The sweeps are sent once, as the scheduler does: a nudge may get lost on a busy machine."""
    for sweep in ("casework.sweep_checks", "notifications.sweep"):
        app.send_task(sweep)
    worker.wait_until(is_done)


def the_roll_says_what_is_paid(rows: list[list[object]], number: str) -> None:
    """One person, the numbers as text, and totals that agree."""
    line, total = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
    assert (line["姓名"], line["证件号"], line["社保卡金融账号"]) == (NAME, number, ACCOUNT)
    assert (line["应发（元）"], line["税（元）"], line["实发（元）"]) == (10000, 0, 10000)
    assert (total["批次号"], total["序号"], total["实发（元）"]) == ("合计", 1, 10000)


def the_public_sees_the_masked_line_and_no_more(reader: Visitor, notice: str, number: str, employer: str) -> None:
    """Family name, last four of the number, school, education, employer, amount; nothing else of the person."""
    reader.go("notices")
    reader.look("notices")
    reader.page.get_by_role("main").get_by_role("link").filter(has_text=notice).click()
    reader.look("notice")
    row = reader.page.get_by_role("row").nth(1)
    shown = row.inner_text()
    assert "欧阳**" in shown
    assert re.findall(r"\d{4,}", shown.replace(",", "")) == [number[-4:], "10000"]
    assert "闽南示例大学" in shown
    assert employer in shown
    page = reader.page.content()
    for hidden in (NAME, "晓航", number, number[6:14], number[-5:], ACCOUNT, ACCOUNT[-4:], "13800006688", "6688"):
        assert hidden not in page
    assert 'name="robots" content="noindex' in page
    reader.leave()
