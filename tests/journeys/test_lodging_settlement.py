"""A hotel's month: its manager agrees, the office agrees, finance pays it on a roll."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from housing.lodging.models import Settlement
from housing.lodging.services.settling import make_statements
from tests.factories import move_clock
from tests.journeys import paying, people
from tests.journeys.visitor import Visitor
from tests.lodging.settling import APRIL, NUMBER, arrived, make_hotel, reception

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NAMES = ("石狮海港酒店", "施海平", "陈前台", "石狮农商银行", "2026 年合同第 3 页")


def test_the_months_nights_become_a_payment_on_a_roll(visit: Callable[..., Visitor]) -> None:
    site, manager = make_hotel()
    arrived(site, reception(site, manager), first=date(2026, 3, 9), nights=3)
    move_clock(APRIL)
    assert make_statements(at=APRIL) == 1
    row = Settlement.objects.get()

    hotel = visit(width=390)
    hotel.typed = (*hotel.typed, *NAMES)
    hotel.go("partner_settlements")
    hotel.fill("邮箱", manager.user.email)
    hotel.fill("密码", "harbour-2023")
    hotel.press("登录")
    hotel.is_at("partner_settlements")
    hotel.look("months")
    hotel.follow("给出账户")
    hotel.fill("银行账号", NUMBER)
    hotel.fill("开户银行", "石狮农商银行")
    hotel.look("account")
    hotel.press("保存")
    hotel.sees("已收到。人社局核对以后，款项付到这个账户。")
    hotel.go("partner_settlement", row.pk)
    hotel.look("statement")
    hotel.press("核对无误，确认")
    hotel.sees("已确认。人社局核对以后安排付款。")

    office = people.sign_in_staff(visit(), "approver")
    office.typed = (*office.typed, *NAMES)
    office.go("desk_settlements")
    office.look("statements")
    office.page.get_by_role("link", name=row.number).click()
    office.look("statement")
    office.press("核对无误，确认")
    office.sees("已确认，款项已转给财务汇总发放。")

    admin = people.sign_in_staff(visit(), "admin")
    admin.typed = (*admin.typed, *NAMES)
    admin.go("desk_partner", manager.partner.pk)
    admin.follow("核对账户")
    admin.fill("和哪份材料核对", "2026 年合同第 3 页")
    admin.look("compare-account")
    admin.press("一致，核对通过")
    admin.sees("账户已核对，可以付款。")

    finance = people.sign_in_staff(visit(), "finance")
    finance.typed = (*finance.typed, *NAMES)
    paying.issue_roll(finance, row.number)
    head, line, total = paying.download_roll(finance)
    cells = dict(zip(head, line, strict=True))
    assert (cells["姓名"], cells["社保卡金融账号"], cells["实发（元）"]) == ("石狮海港酒店", NUMBER, 384)
    assert cells["备注"] == f"结算 {row.number}"
    assert total[0] == "合计"
    finance.leave()
