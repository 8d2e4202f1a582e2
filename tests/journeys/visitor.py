"""One person at one browser: reads and presses what stands on the page, by its words, in the page's language."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, override, pgettext
from playwright.sync_api import Locator, Page, Response, expect

from portal.ui.figures import yuan_text

# Chinese words on the page that are not marked as Chinese: text, and what stands in for text.
CHINESE_UNMARKED = """() => {
    const said = [], chinese = /[\\u4e00-\\u9fff]/;
    const isMarked = element => element.closest("[lang]").lang.startsWith("zh");
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
        if (chinese.test(text) && !isMarked(element) && !["SCRIPT", "STYLE"].includes(element.tagName)) said.push(text);
    }
    for (const name of ["aria-label", "alt", "title", "placeholder"])
        for (const element of document.querySelectorAll(`[${name}]`))
            if (chinese.test(element.getAttribute(name)) && !isMarked(element)) said.push(element.getAttribute(name));
    return said;
}"""
PICTURES = Path(__file__).resolve().parent.parent.parent / "var" / "journeys"


@dataclass
class Visitor:
    """A browser profile of its own. Words are given in Chinese and looked for in ``language``."""

    page: Page
    language: str = "zh-hans"
    album: str = ""
    numbers: Any = field(default_factory=count)
    typed: tuple[str, ...] = ()  # Chinese that people wrote: it stands on English pages too
    untranslated: dict[str, list[str]] = field(default_factory=dict)

    # ── words ──

    def say(self, text: str, **values: Any) -> str:
        """``text`` (a msgid; ``context|msgid`` for one with a context) as the page says it."""
        context, _bar, msgid = text.rpartition("|")
        with override(self.language):
            said = pgettext(context, msgid) if context else gettext(msgid)
        return said % values if values else said

    def say_between(self, items: list[str]) -> str:
        """``items`` as the page lists them."""
        with override(self.language):
            return pgettext("between two items", "、").join(items)

    def yuan(self, fen: int) -> str:
        """``fen`` as the page says an amount."""
        with override(self.language):
            return yuan_text(fen)

    def pattern(self, text: str) -> re.Pattern[str]:
        """Matches ``text`` whatever stands in its places."""
        return re.compile(re.sub(r"%\\\(\w+\\\)[sd]", ".+", re.escape(self.say(text))))

    def begins(self, text: str) -> re.Pattern[str]:
        """Matches what begins with ``text``: labels and buttons carry hints and keys behind their words."""
        return re.compile("^" + re.escape(self.say(text)))

    # ── moving ──

    def go(self, name: str, *args: Any, query: str = "") -> Response | None:
        """Open the page called ``name``."""
        return self.page.goto(reverse(name, args=args) + query)

    def press(self, text: str, within: Locator | None = None) -> None:
        """Press the button ``text`` and wait for what comes."""
        (within or self.page).get_by_role("button", name=self.begins(text)).first.click()
        self.has_come()

    def follow(self, text: str, within: Locator | None = None) -> None:
        """Follow the first link ``text`` that can be seen."""
        found = (within or self.page).get_by_role("link", name=self.begins(text))
        found.filter(visible=True).first.click()
        self.has_come()

    def has_come(self) -> None:
        """Wait until the page is there to its foot: what is counted or read at once would else miss some of it."""
        self.page.wait_for_load_state("domcontentloaded")

    def unfold(self, label: str) -> Locator:
        """The part beside a desk page that is for one act, opened."""
        heading = self.page.locator("summary", has_text=self.say(label))
        part = self.page.locator(".th-side details").filter(has=heading).first
        if part.get_attribute("open") is None:
            part.locator("summary").click()
        return part

    # ── answering ──

    def control(self, label: str, within: Locator | None = None) -> Locator:
        """The control called ``label``, with or without a note in brackets that says when it may be left empty."""
        name = re.compile(rf"^\s*{re.escape(self.say(label))}\s*(（[^）]+）|\([^)]+\))?\s*$")
        return (within or self.page).get_by_label(name).first

    def fill(self, label: str, value: str, within: Locator | None = None) -> None:
        """Type into a line or a day."""
        self.control(label, within).fill(value)

    def choose(self, label: str, option: str) -> None:
        """Pick from a drop-down."""
        self.control(label).select_option(label=self.say(option))

    def pick(self, question: str, option: str) -> None:
        """Pick one of the answers that stand under a question."""
        group = self.page.get_by_role("group", name=self.begins(question)).last
        group.get_by_role("radio", name=self.say(option), exact=True).check()

    def tick(self, label: str, within: Locator | None = None) -> None:
        """Tick a box."""
        (within or self.page).get_by_role("checkbox", name=self.begins(label)).first.check()

    # ── looking ──

    def sees(self, text: str, **values: Any) -> None:
        """Fails unless the page says ``text``; without ``values`` anything may stand in its places."""
        said = self.say(text, **values) if values else self.pattern(text)
        expect(self.page.get_by_text(said).filter(visible=True).first).to_be_visible()

    def sees_exactly(self, text: str) -> None:
        """Fails unless the page shows ``text``, whatever the language."""
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def sees_heading(self, text: str, **values: Any) -> None:
        """Fails unless ``text`` begins a heading of the page."""
        name = re.compile("^" + re.escape(self.say(text, **values)))
        expect(self.page.get_by_role("heading", name=name).first).to_be_visible()

    def is_at(self, name: str, *args: Any) -> None:
        """Fails unless the page called ``name`` is open."""
        expect(self.page).to_have_url(re.compile(re.escape(reverse(name, args=args)) + r"([?#].*)?$"))

    def words(self) -> str:
        """Everything that the page shows."""
        self.has_come()
        return self.page.locator("body").inner_text()

    def look(self, name: str) -> None:
        """Look the page over: note Chinese on an English page; keep a picture where JOURNEY_PICTURES asks for them."""
        self.has_come()
        if self.language == "en":
            said = [text for text in self.page.evaluate(CHINESE_UNMARKED) if not self.is_typed(text)]
            if said:
                self.untranslated[name] = said
        if os.environ.get("JOURNEY_PICTURES"):
            folder = PICTURES / self.album
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{next(self.numbers):02d}-{name}.png", full_page=True)

    def is_typed(self, text: str) -> bool:
        """Whether all that is Chinese in ``text`` was written by people, or is the number of a document."""
        text = re.sub("[\u4e00-\u9fff]+〔\\d{4}〕 ?\\d+ ?号", "", text)
        for words in self.typed:
            text = text.replace(words, "")
        return not re.search("[\u4e00-\u9fff]", text)

    def leave(self) -> None:
        """Close the browser profile."""
        self.page.context.close()
