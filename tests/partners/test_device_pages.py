"""A phone at the counter: enrolling, the PIN, and what is open to whom."""

from datetime import timedelta

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.translation import gettext_lazy

from portal.accounts.models import Role, User
from portal.audit.models import Entry
from portal.partners import tools
from portal.partners.choices import MemberRole
from portal.partners.doors import COOKIE, MATTERS, partner_only
from portal.partners.models import PartnerDevice
from portal.partners.scopes import places_of
from portal.partners.services.devices import revoke_device
from portal.partners.services.partners import save_place
from tests.factories import make_user, staff
from tests.partners.making import (
    MORNING,
    PIN,
    a_hotel,
    enrolled,
    later,
    link_for,
    make_manager,
    make_operator,
    make_partner,
    make_place,
    phone_of,
    signed_in,
)

pytestmark = pytest.mark.django_db
HOME, HOW, ASK = "/partner/", "/partner/how/", "/partner/pin/?next=%2Fpartner%2F"
CHANGE = "/partner/pin/change/"


def goes_to(browser: Client, address: str) -> str:
    """Where a page sends on to; "" where it does not."""
    return browser.get(address).headers.get("Location", "")


def test_a_preview_of_the_link_does_not_use_it_up():
    _manager, operator = a_hotel()
    address = reverse("partner_enrol", args=[link_for(operator)])
    for _preview in range(2):
        assert Client().head(address).status_code == 200
        page = Client().get(address)
        assert page.status_code == 200
        assert "狮城店" in page.content.decode()
        assert "陈前台" in page.content.decode()
    phone = Client()
    answer = phone.post(address, {"pin": PIN, "again": PIN})
    assert (answer.status_code, answer.headers["Location"]) == (302, HOME)
    assert phone.get(HOME).status_code == 200
    assert Client().get(address).status_code == 404


def test_the_cookie_is_for_the_server_only():
    _manager, operator = a_hotel()
    cookie = phone_of(operator).cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_the_cookie_goes_over_https_only_where_the_portal_does(settings):
    settings.SESSION_COOKIE_SECURE = True
    _manager, operator = a_hotel()
    assert phone_of(operator).cookies[COOKIE]["secure"] is True


@pytest.mark.parametrize(
    ("pin", "again"),
    [("", ""), ("123456", "123456"), (PIN, "402918"), ("40291", "40291"), ("\0" * 6, PIN), ("9" * 9000, PIN)],
)
def test_a_pin_that_is_not_taken_leaves_the_link_good(pin, again):
    _manager, operator = a_hotel()
    address = reverse("partner_enrol", args=[link_for(operator)])
    assert Client().post(address, {"pin": pin, "again": again}).status_code == 422
    assert Client().post(address).status_code == 422
    assert PartnerDevice.objects.count() == 0
    assert Client().get(address).status_code == 200


@pytest.mark.parametrize("token", ["x", "a" * 5000, "..%2f", "令牌", "%F0%9F%98%80"])
def test_a_link_that_nobody_made_opens_nothing(token):
    a_hotel()
    for name in ("partner_enrol", "partner_invited"):
        address = reverse(name, args=["x"]).replace("/x/", f"/{token}/")
        assert Client().get(address).status_code == 404
        assert Client().post(address, {"pin": PIN, "again": PIN, "password": "x"}).status_code == 404


def test_the_pin_is_asked_again_after_a_quarter_of_an_hour():
    _manager, operator = a_hotel()
    phone = phone_of(operator)
    later(minutes=14)
    assert phone.get(HOME).status_code == 200
    later(minutes=28)
    assert phone.get(HOME).status_code == 200  # used all the time
    later(minutes=43)
    assert goes_to(phone, HOME) == ASK
    assert goes_to(phone, HOME) == ASK  # looking at the question does not answer it
    answer = phone.post("/partner/pin/", {"pin": PIN, "next": HOME})
    assert (answer.status_code, answer.headers["Location"]) == (302, HOME)
    assert phone.get(HOME).status_code == 200


@pytest.mark.slow
def test_the_pin_is_asked_at_the_start_of_each_day():
    _manager, operator = a_hotel()
    phone = phone_of(operator)
    for minute in range(10, 15 * 60, 10):
        later(minutes=minute)
        assert phone.get(HOME).status_code == 200  # until ten minutes to midnight without a pause
    later(hours=15, minutes=1)
    assert goes_to(phone, HOME) == ASK


def test_a_phone_that_is_put_away_asks_at_once():
    _manager, operator = a_hotel()
    phone = phone_of(operator)
    assert phone.post(reverse("partner_put_away")).headers["Location"] == "/partner/pin/"
    assert goes_to(phone, HOME) == ASK


def test_an_act_that_matters_asks_for_a_pin_just_typed():
    _manager, operator = a_hotel()
    _device, token = enrolled(operator)

    @partner_only(MemberRole.SITE_OPERATOR, pin_within=MATTERS)
    def act(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.partner_member.display_name)

    def ask(method: str, **headers: str) -> HttpResponse:
        request = getattr(RequestFactory(), method)("/partner/act/?x=1", headers=headers)
        request.COOKIES[COOKIE], request.user = token, User()
        return act(request)

    later(minutes=1)
    assert ask("get").content.decode() == "陈前台"
    later(minutes=3)
    assert ask("get").headers["Location"] == "/partner/pin/?next=%2Fpartner%2Fact%2F%3Fx%3D1"
    assert (
        ask("post", referer="http://testserver/partner/page/").headers["Location"].endswith("next=%2Fpartner%2Fpage%2F")
    )
    assert ask("post", referer="http://elsewhere/x/").headers["Location"].endswith("next=%2Fpartner%2F")


@pytest.mark.parametrize("place", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "", "x" * 3000])
def test_the_pin_page_goes_on_to_our_own_pages_only(place):
    _manager, operator = a_hotel()
    answer = phone_of(operator).post("/partner/pin/", {"pin": PIN, "next": place})
    assert answer.headers["Location"] == HOME


def test_five_wrong_pins_lock_until_the_manager_unlocks():
    manager, operator = a_hotel()
    phone = phone_of(operator)
    codes = [phone.post("/partner/pin/", {"pin": "999998"}).status_code for _try in range(5)]
    assert codes == [422] * 5
    assert phone.post("/partner/pin/", {"pin": PIN}).status_code == 422
    assert goes_to(phone, HOME) == ASK
    assert "已锁定" in phone.get("/partner/pin/").content.decode()
    device = PartnerDevice.objects.get()
    signed_in(manager).post(reverse("partner_device", args=[device.pk]), {"act": "unlock"})
    assert phone.post("/partner/pin/", {"pin": PIN}).status_code == 302
    assert phone.get(HOME).status_code == 200


@pytest.mark.slow
def test_too_many_tries_from_one_address_are_told_to_wait():
    _manager, operator = a_hotel()
    phone = phone_of(operator)
    codes = [phone.post("/partner/pin/", {"pin": ""}).status_code for _try in range(21)]
    assert codes == [422] * 20 + [429]
    assert phone.get("/partner/pin/").status_code == 200
    codes = {Client().get(reverse("partner_enrol", args=["x"])).status_code for _try in range(31)}
    assert codes == {404, 429}


def test_a_revoked_phone_is_out_with_its_next_page():
    manager, operator = a_hotel()
    phone = phone_of(operator)
    revoke_device(device=PartnerDevice.objects.get(), by=manager.user, at=MORNING)
    assert goes_to(phone, HOME) == HOW
    assert phone.post("/partner/pin/", {"pin": PIN}).headers["Location"] == HOW


def test_a_partner_whose_contract_is_over_is_out():
    manager, operator = a_hotel()
    phone = phone_of(operator)
    operator.partner.active_to = (MORNING + timedelta(days=1)).date()
    operator.partner.save()
    browser = signed_in(manager)
    assert browser.get("/partner/team/").status_code == 200
    later(days=2)
    assert goes_to(phone, HOME) == HOW
    assert browser.get("/partner/team/new/").status_code == 404
    assert "合作已到期" in browser.get("/partner/team/").content.decode()  # what is left to settle


@pytest.mark.parametrize("cookie", ["", "x", "a" * 4000, "\x01"])
def test_a_cookie_that_nobody_gave_out_opens_nothing(cookie):
    a_hotel()
    browser = Client()
    browser.cookies[COOKIE] = cookie
    assert goes_to(browser, HOME) == HOW


def test_visitors_are_told_how_and_others_find_nothing():
    _manager, _operator = a_hotel()
    assert goes_to(Client(), HOME) == HOW
    assert Client().get(HOW).status_code == 200
    assert goes_to(Client(), "/partner/team/") == "/accounts/login/?next=/partner/team/"
    applicant, clerk = Client(), Client()
    applicant.force_login(make_user())
    clerk.force_login(staff(Role.CLERK))
    for browser in (applicant, clerk):
        assert [browser.get(address).status_code for address in (HOME, "/partner/team/")] == [404, 404]


def test_a_device_is_nobodys_session():
    _manager, operator = a_hotel()
    phone = phone_of(operator)
    page = phone.get(HOME)
    assert page.wsgi_request.user.is_authenticated is False
    assert page.wsgi_request.partner_member == operator
    assert "sessionid" not in phone.cookies
    assert page.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert goes_to(phone, "/messages/") == "/accounts/login/?next=/messages/"
    assert goes_to(phone, "/partner/team/") == "/accounts/login/?next=/partner/team/"


def test_a_phone_is_a_device_and_its_managers_account_side_by_side():
    manager, operator = a_hotel()
    phone = phone_of(operator)
    phone.force_login(manager.user)
    assert phone.get(HOME).wsgi_request.partner_member == operator
    assert phone.get("/partner/team/").wsgi_request.partner_member == manager


def test_an_operator_sees_the_places_given_to_them_and_the_manager_all():
    manager, operator = a_hotel()
    other, closed = make_place(manager.partner, "八七路店"), make_place(manager.partner, "旧店")
    make_operator(manager, other, closed, name="黄前台")
    elsewhere = make_place(make_partner(), "别家店")
    values = {name: getattr(closed, name) for name in ("name_zh", "name_en", "address", "town")}
    save_place(
        partner=manager.partner,
        place=closed,
        values=values | {"is_closed": True},
        by=staff(Role.ADMINISTRATOR),
        at=MORNING,
    )
    assert [place.name for place in places_of(operator)] == ["狮城店"]
    assert sorted(place.name for place in places_of(manager)) == ["八七路店", "狮城店"]
    assert elsewhere not in places_of(manager)


def test_the_page_offers_the_tools_of_the_role(monkeypatch):
    monkeypatch.setattr(tools, "_tools", {})
    _manager, operator = a_hotel()
    phone = phone_of(operator)
    assert "还没有可以办的事" in phone.get(HOME).content.decode()
    title = gettext_lazy("帮助")
    tools.register_tool(tools.Tool("help", title, title, "key", (MemberRole.SITE_OPERATOR,)))
    tools.register_tool(tools.Tool("privacy", title, title, "scan", (MemberRole.CARD_VERIFIER,)))
    assert [tool.name for tool in tools.tools_for(operator)] == ["help"]
    assert 'class="th-tile" href="/help/"' in phone.get(HOME).content.decode()


def test_a_manager_of_another_partner_finds_nothing():
    _manager, operator = a_hotel()
    phone_of(operator)
    stranger = signed_in(make_manager(make_partner()))
    device = PartnerDevice.objects.get()
    addresses = [
        reverse(name, args=[operator.pk])
        for name in ("partner_member", "partner_member_edit", "partner_member_link", "partner_member_leave")
    ]
    assert {stranger.post(address, {"act": "revoke"}).status_code for address in addresses[1:]} == {404}
    assert {stranger.get(address).status_code for address in (addresses[0], addresses[1], addresses[3])} == {404}
    assert stranger.post(reverse("partner_device", args=[device.pk]), {"act": "revoke"}).status_code == 404
    device.refresh_from_db()
    assert device.revoked_at is None


def test_whoever_knows_the_pin_may_choose_another():
    _manager, operator = a_hotel()
    phone = phone_of(operator)
    before = phone.cookies[COOKIE].value
    assert phone.get(CHANGE).status_code == 200
    answer = phone.post(CHANGE, {"old": PIN, "pin": "730214", "again": "730214"})
    assert (answer.status_code, answer.headers["Location"]) == (302, HOME)
    assert phone.cookies[COOKIE].value != before
    assert Entry.objects.filter(action="partner.change_pin", actor=operator.user).count() == 1
    phone.post("/partner/put-away/")
    assert phone.post("/partner/pin/", {"pin": PIN}).status_code == 422
    assert phone.post("/partner/pin/", {"pin": "730214"}).status_code == 302
    assert phone.get(HOME).status_code == 200


@pytest.mark.parametrize(
    ("old", "pin", "again"),
    [
        ("", "730214", "730214"),
        (PIN, "", ""),
        (PIN, PIN, PIN),
        (PIN, "111111", "111111"),
        (PIN, "730214", "730215"),
        ("\0" * 6, "9" * 9000, "730214"),
    ],
)
def test_a_new_pin_that_is_not_taken_changes_nothing_and_costs_no_try(old, pin, again):
    _manager, operator = a_hotel()
    phone = phone_of(operator)
    assert phone.post(CHANGE, {"old": old, "pin": pin, "again": again}).status_code == 422
    assert PartnerDevice.objects.get().wrong_pins == 0
    phone.post("/partner/put-away/")
    assert phone.post("/partner/pin/", {"pin": PIN}).status_code == 302


def test_guessing_the_old_pin_locks_the_device_as_it_does_elsewhere():
    _manager, operator = a_hotel()
    phone = phone_of(operator)
    said = {"old": "999998", "pin": "730214", "again": "730214"}
    assert "PIN 不对。还可以试 4 次。" in phone.post(CHANGE, said).content.decode()
    answers = [phone.post(CHANGE, said) for _guess in range(4)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 302]
    assert answers[-1].headers["Location"] == "/partner/pin/"
    assert goes_to(phone, CHANGE) == "/partner/pin/?next=%2Fpartner%2Fpin%2Fchange%2F"


def test_a_manager_without_a_device_has_no_pin_to_change():
    manager, _operator = a_hotel()
    assert goes_to(signed_in(manager), CHANGE) == HOME
