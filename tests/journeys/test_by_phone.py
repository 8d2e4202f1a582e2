"""Somebody with a phone and no e-mail: signs up by a message and stands before the first task."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from portal.accounts.models import User
from tests.journeys.people import begin
from tests.journeys.visitor import Visitor
from tests.real_sms import Gateway

PHONE = "138 0013 8000"


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False])
def test_signing_up_by_phone_leads_to_the_task_list(visit: Callable[..., Visitor], sms: Gateway, javascript: bool):
    visitor = visit(width=390, javascript=javascript)
    visitor.go("account_signup")
    visitor.follow("手机号", visitor.page.get_by_role("navigation", name=visitor.say("登录方式"), exact=True))
    visitor.sees_heading("登录或注册")
    visitor.look("phone")
    visitor.fill("手机号码", PHONE)
    visitor.press("获取验证码")
    visitor.sees_heading("输入短信验证码")
    visitor.look("phone-code")
    visitor.fill("验证码", code_shown(visitor))
    visitor.press("确认")
    visitor.is_at("applications")
    begin(visitor)
    visitor.sees_heading("身份信息")
    user = User.objects.get(phone__isnull=False)
    assert (user.email, user.phone.number) == (None, "+8613800138000")


def code_shown(visitor: Visitor) -> str:
    """The code as the demo page shows the message, read in a tab beside."""
    tab = visitor.page.context.new_page()
    tab.goto("/demo/")
    panel = tab.get_by_role("region", name=re.compile("最近的短信")).first
    expect(panel).to_contain_text("+8613800138000")
    found = re.search(r"\b\d{6}\b", panel.inner_text().partition("验证码是")[2])
    tab.close()
    assert found
    return found.group()
