"""The pages of rent: the tenant's, the operator's, the desk's; each as its user, as a stranger, and with nonsense."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from housing.apartments.models import DepositSettlement, LossReport, Payment, RenewalRequest, Violation
from housing.apartments.services.billing import make_bills
from housing.apartments.services.leaving import give_notice
from housing.apartments.services.losing import report_loss
from housing.apartments.services.receiving import receive
from portal.accounts.models import Role
from tests.apartments.lease_making import browser_of, device_of, furnish, read
from tests.apartments.making import FIRST
from tests.apartments.renting import hand_over, make_running, on, operator_of
from tests.browsing import page, send, signed_in
from tests.factories import make_user, move_clock, staff
from tests.traps import age_sign_in

pytestmark = pytest.mark.django_db
HOSTILE = ["", "\0", "x" * 5000, "9" * 40, "-1"]
OWN = [("own_bills",), ("own_notice",), ("own_renewal",), ("own_loss_report",), ("own_statement", "pdf")]


def living(day: date = FIRST):
    """A tenant in a furnished unit with the first bills, on ``day``."""
    lease = make_running()
    furnish(lease.unit)
    make_bills(at=on(FIRST))
    move_clock(on(day, 12))
    return lease


# ── the tenant ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tenant_sees_what_is_to_be_paid_and_takes_the_statement():
    lease = living()
    client = browser_of(lease)
    text = page(client, "own_bills", lease.pk)
    assert "还要付 2,000 元" in text
    assert lease.number in text
    receive(lease_id=lease.pk, bank_reference="B1", amount_fen=200_000, received_on=FIRST, by=staff(Role.FINANCE),
            at=on(FIRST, 12))  # fmt: skip
    assert "现在不用付款" in page(client, "own_bills", lease.pk)
    sheet = load_workbook(BytesIO(client.get(reverse("own_statement", args=[lease.pk, "xlsx"])).content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [row[1] for row in rows] == ["付款", "押金 2026-04", "租金 2026-04", "合计"]
    assert (rows[-1][3], rows[-1][4]) == (2000, 2000)
    assert client.get(reverse("own_statement", args=[lease.pk, "pdf"])).content[:5] == b"%PDF-"
    assert client.get(reverse("own_statement", args=[lease.pk, "exe"])).status_code == 404


def test_a_tenant_gives_notice_on_the_page():
    lease = living()
    client = browser_of(lease)
    assert (
        "退租要提前 30 天提出"
        in send(
            client, "own_notice", lease.pk, until="2026-04-02", agreed="on", version=read(lease).version
        ).content.decode()
    )
    send(client, "own_notice", lease.pk, until="2026-06-30", agreed="on", version=read(lease).version)
    assert read(lease).leave_by == date(2026, 6, 30)
    assert "租约已经在结束" in page(client, "own_notice", lease.pk)


def test_a_tenant_asks_for_a_renewal_and_an_approver_grants_it():
    lease = living(date(2027, 1, 4))
    client = browser_of(lease)
    answer = send(client, "own_renewal", lease.pk, in_post="yes", has_home="no", note="")
    assert answer.status_code == 302
    assert "申请已收到" in page(client, "own_renewal", lease.pk)
    row = RenewalRequest.objects.get()
    desk = signed_in(Role.APPROVER)
    assert lease.number in page(desk, "desk_renewals")
    assert "2028 年 3 月 31 日" in page(desk, "desk_renewal", row.pk)
    assert send(desk, "desk_renewal", row.pk, answer="grant", reason="条件没有变").status_code == 302
    assert "续租已同意" in page(client, "own_renewal", lease.pk)
    assert "已同意" in page(desk, "desk_renewals")


def test_a_tenant_says_that_a_home_was_bought_and_a_reviewer_decides():
    lease = living()
    client = browser_of(lease)
    send(client, "own_loss_report", lease.pk, kind="home", happened_on="2026-03-30", note="首付已交")
    row = LossReport.objects.get()
    desk = signed_in(Role.FIRST_REVIEWER)
    assert "首付已交" in page(desk, "desk_loss", row.pk)
    assert send(desk, "desk_loss", row.pk, answer="lost", reason="已核实购房").status_code == 302
    assert (read(lease).ending, read(lease).leave_by) == ("status_lost", FIRST + timedelta(days=90))
    assert "已核实购房" in page(desk, "desk_loss", row.pk)


@pytest.mark.parametrize("case", OWN, ids=lambda case: case[0])
def test_nobody_else_sees_a_tenants_pages(case):
    lease = living()
    name, *more = case
    page(browser_of(lease), name, lease.pk, *more)
    page(signed_in(make_user()), name, lease.pk, *more, status=404)
    page(Client(), name, lease.pk, *more, status=302)


def test_nonsense_from_a_tenant_is_answered_beside_the_field():
    lease = living(date(2027, 1, 4))
    client = browser_of(lease)
    for text in HOSTILE:
        notice = send(client, "own_notice", lease.pk, until=text, agreed=text, version=text)
        renewal = send(client, "own_renewal", lease.pk, in_post=text, has_home=text, note=text)
        loss = send(client, "own_loss_report", lease.pk, kind=text, happened_on=text, note=text)
        assert [notice.status_code, renewal.status_code, loss.status_code] == [422, 422, 422], text


# ── the operator ──────────────────────────────────────────────────────────────────────────────────────────────────


def leaving(day: date = date(2026, 5, 1)):
    """A tenant who has given notice on the first day, on the last one."""
    lease = living()
    version = read(lease).version
    give_notice(lease_id=lease.pk, until=day, expected_version=version, by=lease.person.user, at=on(FIRST, 12))
    move_clock(on(day, 12))
    return read(lease)


def test_an_operator_inspects_the_unit_and_the_tenant_signs():
    lease = leaving()
    phone = device_of(operator_of(lease), at=on(date(2026, 5, 1), 12))
    assert "登记验房" in page(phone, "partner_lease", lease.pk)
    form = {"on": "2026-05-01", "key_count": "2", "note": "", "condition_1": "damaged", "note_1": "断了一条腿",
            "deduction_1": "120", "condition_2": "good", "note_2": "", "deduction_2": ""}  # fmt: skip
    wrong = send(phone, "partner_inspection", lease.pk, **form | {"deduction_2": "5"})
    assert (wrong.status_code, "只有损坏或缺失的才扣款。" in wrong.content.decode()) == (422, True)
    assert send(phone, "partner_inspection", lease.pk, **form).status_code == 302
    assert "120" in page(browser_of(lease), "own_handover", lease.pk, "out")


def test_an_operator_sees_the_bills_and_reports_a_breach():
    lease = living()
    phone = device_of(operator_of(lease), at=on(FIRST, 12))
    assert "还要付 2,000 元" in page(phone, "partner_bills", lease.pk)
    page(phone, "partner_inspection", lease.pk, status=404)
    send(phone, "partner_violation", lease.pk, kind="0", happened_on="2026-04-01", note="住着别人")
    row = Violation.objects.get()
    desk = signed_in(Role.APPROVER)
    assert "转租" in page(desk, "desk_violations")
    assert send(desk, "desk_violation", row.pk, answer="end", reason="转租属实").status_code == 302
    assert read(lease).ending == "breach"
    for text in HOSTILE:
        answer = send(phone, "partner_violation", lease.pk, kind=text, happened_on=text, note=text)
        assert answer.status_code == 422


def test_an_operator_of_another_building_finds_nothing():
    lease = living()
    phone = device_of(operator_of(make_running()), at=on(FIRST, 12))
    for name in ("partner_bills", "partner_inspection", "partner_violation"):
        page(phone, name, lease.pk, status=404)


# ── the desk ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_desk_sees_bills_and_finance_enters_a_payment():
    lease = living()
    desk, clerk = signed_in(Role.FINANCE), signed_in(Role.CLERK)
    assert lease.number in page(clerk, "desk_bills")
    form = {"lease": lease.number, "bank_reference": "B1", "amount": "1,000.00", "received_on": "2026-04-01"}
    assert send(clerk, "desk_payments", **form).status_code == 404
    assert send(desk, "desk_payments", **form).status_code == 302
    assert Payment.objects.get().allotted_fen == 100_000
    unknown = send(desk, "desk_payments", **form | {"lease": "AR-1"})
    assert "没有这个编号的租约。" in unknown.content.decode()
    for text in HOSTILE:
        answer = send(desk, "desk_payments", lease=text, bank_reference=text, amount=text, received_on=text)
        assert answer.status_code == 422
    for text in ("x", "9" * 60):
        assert desk.get(reverse("desk_bills"), {"q": text}).status_code == 200
    assert desk.get(reverse("desk_bills"), {"view": "x"}).status_code == 404


def test_finance_imports_the_banks_list_after_looking_through_it():
    lease = living(date(2026, 4, 5))
    desk = signed_in(Role.FINANCE)
    content = f"流水号,入账日,金额,租约编号\nN1,2026-04-03,2000,{lease.number}\n".encode()
    sent = send(desk, "desk_payment_import", file=SimpleUploadedFile("a.csv", content))
    assert sent.status_code == 302
    assert "试读，还没有导入" in desk.get(sent.url).content.decode()
    file = sent.url.partition("file=")[2]
    assert send(desk, "desk_payment_enter", file=file).status_code == 302
    assert Payment.objects.get().bank_reference == "N1"
    wrong = send(desk, "desk_payment_import", file=SimpleUploadedFile("a.csv", b"\0\xff"))
    assert wrong.status_code == 422
    assert send(desk, "desk_payment_import").status_code == 422
    assert desk.get(reverse("desk_payment_import"), {"file": "x"}).status_code == 404
    assert page(signed_in(Role.CLERK), "desk_payment_import", status=404)


def test_who_enters_money_or_decides_about_a_price_says_again_who_they_are():
    lease = living()
    finance, reviewer = signed_in(Role.FINANCE), signed_in(Role.FIRST_REVIEWER)
    about = {"lease_id": lease.pk, "by": lease.person.user, "at": on(FIRST)}
    row = report_loss(kind="home", source="tenant", happened_on=FIRST, note="", **about)
    for client in (finance, reviewer):
        age_sign_in(client, 11)
    money = {"lease": lease.number, "bank_reference": "B9", "amount": "2000", "received_on": FIRST.isoformat()}
    asked = [
        send(finance, "desk_payments", **money),
        send(reviewer, "desk_loss", row.pk, answer="lost", reason="已核实购房"),
    ]
    assert ["reauthenticate" in answer.url for answer in asked] == [True, True]
    assert Payment.objects.count() == 0
    row.refresh_from_db()
    assert row.finding == "open"


def test_the_desk_sees_who_owes_and_who_stays_on():
    lease = leaving()
    move_clock(on(date(2026, 5, 20)))
    text = page(signed_in(Role.FIRST_REVIEWER), "desk_arrears")
    assert lease.number in text
    assert "到期没有搬出" in text


def test_an_approver_settles_the_deposit():
    lease = leaving()
    hand_over(lease, "out", day=date(2026, 4, 30), damage_fen=12_000)
    receive(lease_id=lease.pk, bank_reference="B1", amount_fen=200_000, received_on=FIRST, by=staff(Role.FINANCE),
            at=on(date(2026, 5, 1)))  # fmt: skip
    make_bills(at=on(date(2026, 5, 1)))
    desk, other = signed_in(Role.APPROVER), signed_in(Role.CLERK)
    assert lease.number in page(desk, "desk_deposits")
    assert "核对无误，结算" in page(desk, "desk_deposit", lease.pk)
    assert send(other, "desk_deposit", lease.pk, refund="88000").status_code == 404
    assert send(desk, "desk_deposit", lease.pk, refund="x").status_code == 302
    age_sign_in(desk, 11)
    assert "reauthenticate" in send(desk, "desk_deposit", lease.pk, refund="88000").url
    assert DepositSettlement.objects.count() == 0
    age_sign_in(desk, -11)
    send(desk, "desk_deposit", lease.pk, refund="88000")
    assert DepositSettlement.objects.get().refund_fen == 88_000
    assert "已转给财务" in page(other, "desk_deposit", lease.pk)
    text = page(browser_of(lease), "own_bills", lease.pk)
    assert "押金已结算" in text
    assert reverse("account_change", args=[lease.application_id]) in text
    assert "账户证明" in page(browser_of(lease), "account_change", lease.application_id)


def test_an_officer_reports_and_another_decides():
    lease = living()
    clerk = signed_in(Role.CLERK)
    send(clerk, "desk_lease_report", lease.pk, "loss", kind="post", happened_on="2026-03-31", note="已离职")
    send(clerk, "desk_lease_report", lease.pk, "violation", kind="1", happened_on="2026-03-31", note="开了店")
    row, other = LossReport.objects.get(), Violation.objects.get()
    assert send(clerk, "desk_loss", row.pk, answer="lost", reason="x").status_code == 404
    desk = signed_in(Role.FIRST_REVIEWER)
    assert send(desk, "desk_loss", row.pk, answer="dismiss", reason="换了石狮的单位").status_code == 302
    assert send(desk, "desk_violation", other.pk, answer="warn", reason="已停业").status_code == 302
    assert read(lease).state == "running"
    for text in HOSTILE:
        report = send(clerk, "desk_lease_report", lease.pk, "violation", kind=text, happened_on=text, note=text)
        assert report.status_code == 422
    page(clerk, "desk_lease_report", lease.pk, "other", status=404)


def test_a_decision_needs_an_answer_and_a_reason():
    lease = living()
    row = report_loss(lease_id=lease.pk, kind="home", source="staff", happened_on=FIRST, note="",
                      by=staff(Role.CLERK), at=on(FIRST, 12))  # fmt: skip
    desk = signed_in(Role.APPROVER)
    for text in ["", "x", "\0"]:
        answer = send(desk, "desk_loss", row.pk, answer=text, reason="")
        assert answer.status_code == 422
    row.refresh_from_db()
    assert row.finding == "open"
