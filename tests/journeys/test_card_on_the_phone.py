"""A holder shows the card, a merchant checks it; the phone loses its network, and its owner signs out."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from applicants.cards.models import Card, CardCheck
from portal.partners.doors import COOKIE
from portal.partners.models import PartnerMember
from tests.cards.checking_making import NOON, card_at_noon, code_at, make_verifier
from tests.factories import move_clock
from tests.partners.making import PIN, link_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PASSWORD, MINUTE = "harbour-2023", timedelta(minutes=1)
KEPT = "localStorage.getItem('card-codes')"
CACHED = "caches.keys().then(names => names.length)"
# The phone's own clock, as far ahead of the machine's as the session says.
CLOCK = "{ const real = Date.now.bind(Date); Date.now = () => real() + Number(sessionStorage.getItem('ahead')); }"
KEEPS = "async () => { while (!(await caches.match('/card/'))) await new Promise(go => setTimeout(go, 50)); }"


class Network:
    """A wire between the browser and the portal that can be cut, for the page and its service worker alike."""

    def __init__(self, port: int) -> None:
        self.port, self.is_up = port, True
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self.is_up = False
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._listening.accept()
                if not self.is_up:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.port))
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while (data := source.recv(65536)) and self.is_up:
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def network(live_server: LiveServer) -> Iterator[Network]:
    """The wire, whole."""
    wire = Network(live_server.thread.port)
    yield wire
    wire.close()


def sign_in(page: Page, card: Card, network: Network) -> None:
    """Over the sign-in page."""
    page.goto(f"{network.url}/card/")
    page.locator("#id_login").fill(card.person.user.email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).first.click()
    expect(page).to_have_url(f"{network.url}/card/")


def wait_until_kept(page: Page) -> None:
    """The codes are on the phone, and so is what the page is drawn with."""
    page.wait_for_function(f"() => {KEPT} !== null")
    page.evaluate(KEEPS)


def put_ahead(page: Page, **time: float) -> None:
    """Move the phone's own clock that far from the machine's."""
    page.evaluate(f"sessionStorage.setItem('ahead', {timedelta(**time).total_seconds() * 1000})")


def shows_code_of(page: Page, card: Card, at: datetime) -> None:
    """Fails unless the page shows the code of that minute; the test itself may have taken part of the next one."""
    right = [spaced(code_at(card, at + late * MINUTE).digits) for late in (0, 1)]
    expect(page.locator("[data-part=digits]")).to_have_text(re.compile("|".join(right)))


def digits_on(page: Page) -> str:
    """The typed code that the page shows."""
    return page.locator("[data-part=digits]").inner_text().replace(" ", "")


def test_the_phone_shows_the_code_of_each_minute_without_a_network_and_then_says_that_it_needs_one(open_page, network):
    card = card_at_noon()
    page = open_page()
    page.add_init_script(CLOCK)
    page.goto(f"{network.url}/robots.txt")
    put_ahead(page, minutes=-7)  # this phone's clock is slow
    sign_in(page, card, network)
    wait_until_kept(page)
    shows_code_of(page, card, NOON)
    first = page.locator("[data-part=qr] path").get_attribute("d")

    network.is_up = False
    page.context.set_offline(True)
    put_ahead(page, minutes=-6)
    shows_code_of(page, card, NOON + MINUTE)
    assert page.locator("[data-part=qr] path").get_attribute("d") != first
    expect(page.get_by_text("没有网络。手机里存的码可以用到")).to_be_visible()
    assert page.locator("[data-part=until]").inner_text() in ("13:00", "13:01")  # signing in may take its minute

    page.reload()  # closed and opened again, without a network
    expect(page.get_by_role("heading", name="我的优才卡")).to_be_visible()
    expect(page.locator(".th-idcard img").first).to_have_js_property("complete", True)
    assert page.evaluate("document.querySelector('.th-idcard img').naturalWidth") > 0
    assert page.evaluate("getComputedStyle(document.querySelector('.th-idcard')).position") == "relative"
    put_ahead(page, minutes=51)
    shows_code_of(page, card, NOON + 58 * MINUTE)
    put_ahead(page, minutes=53)
    expect(page.get_by_text("请连上网络")).to_be_visible()
    expect(page.locator("[data-part=code]")).to_be_hidden()

    move_clock(NOON + 61 * MINUTE)
    network.is_up = True
    page.context.set_offline(False)
    expect(page.locator("[data-part=code]")).to_be_visible()


def spaced(digits: str) -> str:
    """As the page shows them."""
    return f"{digits[:3]} {digits[3:]}"


@pytest.mark.parametrize("how", ["sign-out", "loss", "elsewhere"])
def test_signing_out_or_a_loss_leaves_no_code_on_the_phone(open_page, network, how):
    card = card_at_noon()
    page = open_page(width=1280)
    sign_in(page, card, network)
    wait_until_kept(page)
    if how == "sign-out":
        page.locator(".th-menu:visible summary").first.click()
        page.get_by_role("button", name="退出登录").filter(visible=True).first.click()
        expect(page).to_have_url(f"{network.url}/")
    elif how == "loss":
        page.get_by_role("link", name="卡丢了，要挂失").click()
        page.get_by_role("button", name="确认挂失").click()
        expect(page.get_by_role("heading", name="补办优才卡")).to_be_visible()
    else:
        page.context.clear_cookies()  # the session has ended
        page.reload()
        expect(page).to_have_url(re.compile("/accounts/login/"))
    page.wait_for_function(f"() => {KEPT} === null")
    page.wait_for_function(f"() => {CACHED}.then(count => count === 0)")
    network.is_up = False
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_"):
        page.goto(f"{network.url}/card/")


def test_the_page_works_without_a_script(open_page, network):
    card = card_at_noon()
    page = open_page(javascript=False)
    sign_in(page, card, network)
    shows_code_of(page, card, NOON)
    expect(page.get_by_role("img", name="核验二维码")).to_be_visible()
    expect(page.get_by_role("link", name="换新码")).to_be_visible()


def test_holder_and_merchant_at_the_counter(open_page, network):
    card, verifier = card_at_noon(), make_verifier()
    phone, till, camera = open_page(), open_page(), open_page()
    enrol(till, verifier, network)
    move_clock(NOON)
    sign_in(phone, card, network)
    wait_until_kept(phone)
    shows_code_of(phone, card, NOON)
    shown = min(code_at(card), code_at(card, NOON + MINUTE), key=lambda code: code.digits != digits_on(phone))

    till.goto(f"{network.url}/v/{shown.token}")
    expect(till.get_by_role("heading", name="有效", exact=True)).to_be_visible()
    expect(till.get_by_text("林**")).to_be_visible()
    till.wait_for_function("() => document.querySelector('.th-holder img').naturalWidth > 0")
    camera.goto(f"{network.url}/v/{shown.token}")  # anybody's camera, after that: used
    expect(camera.get_by_role("heading", name="无效")).to_be_visible()

    move_clock(NOON + 2 * MINUTE)
    typed = code_at(card, NOON + 2 * MINUTE)
    till.get_by_role("link", name="核验下一位").click()
    till.get_by_label("卡号").fill(card.number)
    till.get_by_label("核验码").fill(typed.digits)
    till.get_by_role("button", name="核验", exact=True).click()
    expect(till.get_by_role("heading", name="有效", exact=True)).to_be_visible()

    phone.goto(f"{network.url}/card/checks/")
    expect(phone.get_by_role("cell", name="小林")).to_have_count(2)
    assert CardCheck.objects.filter(card=card, result="valid").count() == 2


def enrol(till: Page, verifier: PartnerMember, network: Network) -> None:
    """Let the till's browser in, over the page of the link, and type the PIN of today."""
    till.goto(f"{network.url}/partner/enrol/{link_for(verifier, at=NOON)}/")
    till.get_by_label("设一个 6 位数字的 PIN").fill(PIN)
    till.get_by_label("再输入一次 PIN").fill(PIN)
    till.get_by_role("button", name="登记这部设备").click()
    expect(till).to_have_url(f"{network.url}/partner/")
    assert COOKIE in {cookie["name"] for cookie in till.context.cookies()}
