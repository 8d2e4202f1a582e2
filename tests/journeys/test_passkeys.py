"""Adding a passkey, signing in with it, using it as the second step and to confirm, in a real browser."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from playwright.sync_api import expect

from tests.factories import TOTP_SECRET, make_user

pytestmark = [pytest.mark.slow]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def add_device(page):
    """A virtual authenticator in the browser of ``page``."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    return tools, tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]


def sign_in(page, email):
    page.goto("/accounts/login/")
    page.get_by_label("邮箱").fill(email)
    page.get_by_label("密码", exact=True).fill("harbour-2023")
    page.get_by_role("button", name="登录", exact=True).click()


def confirm(page):
    page.get_by_label("密码", exact=True).fill("harbour-2023")
    page.get_by_role("button", name="确认", exact=True).click()


@pytest.mark.journey_sqlite
def test_a_passkey_is_added_named_used_and_removed(open_page):
    user = make_user("person@example.test")
    page = open_page()
    add_device(page)
    sign_in(page, user.email)
    expect(page).to_have_url(re.compile("/applications/"))
    page.goto("/accounts/2fa/webauthn/add/")
    confirm(page)
    page.get_by_label(re.compile("名称")).fill("我的手机")
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("我的手机").first).to_be_visible()
    expect(page.get_by_text("代替密码")).to_be_visible()

    page.context.clear_cookies(name="sessionid")
    cache.clear()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page).to_have_url(re.compile("/applications/"))
    key = Authenticator.objects.get(user=user, type=Authenticator.Type.WEBAUTHN)
    assert key.last_used_at is not None

    page.goto(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/")
    confirm(page)
    page.get_by_role("button", name="删除").click()
    expect(page.get_by_text("还没有通行密钥。")).to_be_visible()
    assert not Authenticator.objects.filter(user=user).exists()


@pytest.mark.journey_sqlite
def test_a_passkey_takes_the_place_of_the_code(open_page):
    user = make_user("person@example.test")
    page = open_page(width=1280)
    add_device(page)
    sign_in(page, user.email)
    page.goto("/accounts/2fa/webauthn/add/")
    confirm(page)
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    TOTP.activate(user, TOTP_SECRET)

    page.context.clear_cookies(name="sessionid")
    cache.clear()
    sign_in(page, user.email)
    expect(page.get_by_role("heading", name="两步验证", level=1)).to_be_visible()
    page.get_by_role("button", name="用通行密钥").click()
    expect(page).to_have_url(re.compile("/applications/"))


@pytest.mark.journey_sqlite
def test_who_gives_up_is_told_and_can_go_another_way(open_page):
    make_user("person@example.test")
    page = open_page()
    tools, device = add_device(page)
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto("/accounts/login/")
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_text("没有用上通行密钥")).to_be_visible()
    expect(page.get_by_label("密码", exact=True)).to_be_visible()


@pytest.mark.journey_sqlite
def test_without_javascript_nothing_is_offered_that_does_not_work(open_page):
    page = open_page(javascript=False)
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="用通行密钥登录")).to_be_hidden()
