"""A real headless Chromium, driven through Playwright."""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from deploy.browser import FLAGS, find_chromium

PATIENCE = 60_000  # milliseconds; a machine that checks may be busy with the other half of the suite
LOCALES = {"zh-hans": "zh-CN", "en": "en-GB"}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for the session; fails with what to install where there is none."""
    # Playwright keeps an event loop in this thread, so Django would take every query of a test for an async one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    path = find_chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(path), args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """``open_page(width=390, language="zh-hans")`` gives a page in a browser profile of its own.

    The test fails when a page raised a script error or broke the content security policy.
    Relative addresses go to the live server.
    """
    base_url = live_server.url
    contexts, troubles = [], []

    def note_console(text: str) -> None:
        if re.search("Content Security Policy|Refused to", text):
            troubles.append(text)

    def make(*, width: int = 390, height: int = 844, language: str = "zh-hans", javascript: bool = True) -> Page:
        context = chromium.new_context(
            base_url=base_url,
            viewport={"width": width, "height": height},
            locale=LOCALES[language],
            timezone_id="Asia/Shanghai",
            has_touch=width < 600,
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        context.add_cookies([{"name": "language", "value": language, "url": base_url}])
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note_console(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A phone, 390 px wide, in Chinese."""
    return open_page()
