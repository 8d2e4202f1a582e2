"""Every page, as the visitor who may see it, in both languages: for everybody, at any width, light, and our own.

axe looks for breaches of WCAG 2.2 AA and of its own good practice, in light and in dark. At 320 px, and at 1280 px
enlarged to 200 % (which leaves 640), nothing scrolls sideways but a table in a region of its own. No page asks another
origin for anything, raises an error on the console, or weighs more than 100 kB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from playwright.sync_api import ConsoleMessage, Page, Response
from pytest_django.live_server_helper import LiveServer

from portal import clock
from tests.factories import move_clock
from tests.journeys.pages import Stop, all_stops, stops_in_the_middle
from tests.real_sms import Gateway

ALL_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# What colours decide: all that the other theme can change.
COLOUR_RULES = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# What the width decides, where the menu folds and tables become cards.
WIDTH_RULES = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable", "region"]}
}
LONGER_WORDS = "en"  # so what the width decides is looked at there
# Colours of the Django admin fade from theme to theme: look when they have arrived.
VIOLATIONS = """async options => {
    await Promise.all(document.getAnimations().map(running => running.finished));
    const {violations} = await axe.run(document, {resultTypes: ["violations"], preload: false, ...options});
    return violations.flatMap(({id, nodes}) => nodes.map(({target, html}) => `${id}: ${target.join(" ")} ${html}`));
}"""
TOO_WIDE = """() => {
    const {scrollWidth, clientWidth} = document.scrollingElement;
    if (scrollWidth <= clientWidth) return [];
    const sticksOut = element => element.getBoundingClientRect().right > clientWidth + 1;
    const names = [...document.querySelectorAll("body *")].filter(sticksOut).map(({tagName, className}) =>
        `${tagName.toLowerCase()}.${className.baseVal ?? className}`);
    return [`${scrollWidth} px wide: ${names.slice(0, 8).join(", ")}`];
}"""
LOADED = "performance.getEntriesByType('resource').map(({name, encodedBodySize}) => [name, encodedBodySize])"
SEND_EMPTY = """form => {
    for (const control of form.querySelectorAll("input:not([type=hidden]), select, textarea"))
        if (["radio", "checkbox"].includes(control.type)) control.checked = false; else control.value = "";
    form.requestSubmit(form.querySelector("button.btn-primary") ?? form.querySelector("button"));
}"""
MOST_BYTES = 100_000
LONG = {"/api/docs/"}  # the whole description of the interface on one page, for those who write programs
HEADERS = 900  # of the answer with the page itself; those of a file with a fixed name are fewer


@pytest.fixture
def static_sizes(tmp_path: Path) -> Mapping[str, int]:
    """What each file of ours weighs as the web server sends it, by its address: made smaller beforehand."""
    product = {**settings.STORAGES, "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=product):
        call_command("collectstatic", interactive=False, verbosity=0)
    sizes = {}
    # Sorted: a.css comes before a.css.br, which is what is sent.
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        if path.suffix != ".gz":
            sizes[settings.STATIC_URL + path.relative_to(tmp_path).as_posix().removesuffix(".br")] = path.stat().st_size
    return sizes


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])  # whoever signed in longer than ten minutes ago is asked again
def test_every_page_is_for_everybody(
    open_page: Callable[..., Page],
    live_server: LiveServer,
    static_sizes: Mapping[str, int],
    sms: Gateway,
    language: str,
) -> None:
    everywhere, day = all_stops(), clock.now()
    walk = Walk(live_server.url, static_sizes)
    for going in (lambda: everywhere, stops_in_the_middle):  # a hotel has a morning of its own
        move_clock(day)
        browsers, stops = going()
        for visitor, browser in browsers.items():
            walk.page = open_page(width=1280, height=900, language=language)
            walk.prepare(browser)
            for stop in stops:
                if stop.visitor == visitor:
                    walk.look_over(stop, language)
            walk.page.context.close()
    assert not walk.found, "\n".join(walk.found)


class Walk:
    """Goes from page to page in one browser and notes what it finds."""

    def __init__(self, origin: str, static_sizes: Mapping[str, int]) -> None:
        self.origin, self.static_sizes = origin, static_sizes
        self.page: Page = None  # type: ignore[assignment]
        self.where = ""
        self.found: list[str] = []

    def prepare(self, browser: Client) -> None:
        """Listen to a new browser profile, with the cookies of its visitor."""
        page = self.page
        page.context.add_init_script(AXE_SCRIPT)
        page.on("console", self.hear)
        page.on("request", lambda asked: self.is_foreign(asked.url) and self.note("asked elsewhere", [asked.url]))
        known = [{"name": name, "value": kept.value, "url": self.origin} for name, kept in browser.cookies.items()]
        page.context.add_cookies(known)

    def hear(self, said: ConsoleMessage) -> None:
        """Note an error of the console; that a page itself answered 4xx is none."""
        if said.type == "error" and said.location["url"] != self.page.url:
            self.note("console", [said.text])

    def note(self, what: str, troubles: list[str]) -> None:
        """Remember troubles with the page they are on."""
        self.found += [f"{self.where}, {what}: {trouble[:400]}" for trouble in troubles]

    def is_foreign(self, address: str) -> bool:
        """Whether an address is neither ours nor written into the page."""
        return not address.startswith((self.origin + "/", "data:", "blob:"))

    def look_over(self, stop: Stop, language: str) -> None:
        """Open one page and look at it from all sides."""
        page, self.where = self.page, f"{stop.address}{' sent empty' * stop.is_emptied} as {stop.visitor} in {language}"
        response = page.goto(stop.address)
        if response.status != stop.status or urlsplit(page.url).path != urlsplit(stop.address).path:
            self.note("opened", [f"{response.status} at {page.url}"])
            return
        if stop.is_emptied:
            forms = page.locator("main form[method=post]:has(.th-field)")
            if not forms.count():
                self.note("form", ["there is none"])
                return
            with page.expect_navigation():
                forms.last.evaluate(SEND_EMPTY)
            said = page.locator(".th-errors, .invalid-feedback, .alert").count()
            self.note("errors", [] if said else ["none is shown"])
        else:
            self.note("weight", self.weigh(response))
        self.note("light", page.evaluate(VIOLATIONS, ALL_RULES))
        page.emulate_media(color_scheme="dark")
        self.note("dark", page.evaluate(VIOLATIONS, COLOUR_RULES))
        page.emulate_media(color_scheme="light")
        for width in (640, 320):
            page.set_viewport_size({"width": width, "height": 900})
            self.note(f"{width} px", page.evaluate(TOO_WIDE))
        if language == LONGER_WORDS:
            # As high as the page, so that the bar at the foot of a phone's screen covers nothing.
            page.set_viewport_size({"width": 320, "height": page.evaluate("document.scrollingElement.scrollHeight")})
            self.note("320 px", page.evaluate(VIOLATIONS, WIDTH_RULES))
        page.set_viewport_size({"width": 1280, "height": 900})

    def weigh(self, response: Response) -> list[str]:
        """Add up the page and everything that it asked for, as if nothing were in the browser yet."""
        total = len(response.body()) + HEADERS
        for address, size in dict(self.page.evaluate(LOADED)).items():
            total += self.static_sizes.get(urlsplit(address).path, size) + HEADERS // 2
        is_heavy = total > MOST_BYTES and urlsplit(response.url).path not in LONG
        return [f"{total} bytes"] if is_heavy else []
