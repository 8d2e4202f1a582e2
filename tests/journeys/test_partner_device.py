"""A hotel's manager lets a phone in, the phone works for a day, and the manager throws it out."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.demo.accounts import PASSWORD
from portal.demo.partners import seed_partners
from tests.factories import move_clock
from tests.journeys.conftest import MONDAY
from tests.journeys.visitor import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PIN = "402917"
NAMES = ("施海平", "陈前台", "黄前台", "石狮海港酒店有限公司", "海港酒店狮城店", "邱安居", "卢书港")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_phone_is_let_in_asked_for_its_pin_and_thrown_out(visit, language):
    seed_partners(by=User.objects.get(email="admin@shishi.example"), at=MONDAY)
    manager, phone = visit(language=language), visit(width=390, language=language)
    manager.typed = phone.typed = (*manager.typed, *NAMES)

    manager.go("partner_team")
    manager.fill("邮箱", "hotel@shishi.example")
    manager.fill("密码", PASSWORD)
    manager.press("登录")
    manager.is_at("partner_team")
    manager.follow("添加成员")
    manager.fill("称呼", "黄前台")
    manager.pick("角色", "partner|住宿经办")
    manager.page.get_by_role("checkbox").first.check()
    manager.look("new-member")
    manager.press("保存")
    manager.press("生成登记链接")
    manager.look("link")
    link = manager.page.locator(".th-code").inner_text()

    address = "/partner/enrol/" + link.rstrip("/").rpartition("/")[2] + "/"
    phone.page.goto(address)
    phone.sees_heading("登记这部设备")
    phone.look("enrol")
    phone.fill("设一个 6 位数字的 PIN", "123456")
    phone.fill("再输入一次 PIN", "123456")
    phone.press("登记这部设备")
    phone.sees("这个 PIN 太容易猜到。请不要用连续、重复的数字。")
    phone.fill("设一个 6 位数字的 PIN", PIN)
    phone.fill("再输入一次 PIN", PIN)
    phone.press("登记这部设备")
    phone.is_at("partner")
    phone.look("device")

    move_clock(MONDAY + timedelta(minutes=20))
    enter_pin(phone)
    move_clock(MONDAY + timedelta(days=1))
    enter_pin(phone)

    second = visit(width=390, language=language)
    second.page.goto(address)
    second.sees_heading("这个链接不能用了")

    manager.go("partner_team")
    manager.page.get_by_role("link", name="黄前台").click()
    manager.look("member")
    manager.press("停用")
    phone.go("partner")
    phone.is_at("partner_how")
    phone.sees_heading("这部设备还没有登记")
    assert (manager.untranslated, phone.untranslated) == ({}, {})


def enter_pin(phone: Visitor) -> None:
    """The page asks again; the person types the PIN and goes on."""
    phone.go("partner")
    phone.is_at("partner_pin")
    phone.fill("PIN", PIN)
    phone.press("继续")
    phone.is_at("partner")
    expect(phone.page.get_by_role("heading", level=1)).to_be_visible()
