"""A letter as PDF, made from the very HTML that its page shows: what is read on paper cannot differ from the screen."""

from __future__ import annotations

from datetime import datetime
from html.parser import HTMLParser
from typing import NamedTuple

from portal.printing.paper import POINT, Paper

LEFT, TOP, BOTTOM, FOOT, WIDTH = 25.0, 25.0, 270.0, 284.0, 160.0  # millimetres
LABEL_WIDTH, GAP = 36.0, 4.0
SIZE, LEADING = 11.0, 1.65  # points; distance of lines in text sizes
BLOCKS = {"h1", "h2", "p", "dt", "dd", "li"}
SPACE_BEFORE = {"h1": 0.0, "h2": 5.0, "p": 2.5, "dt": 2.0, "dd": 0.0, "li": 1.0}  # millimetres
SIZES = {"h1": 18.0, "h2": 13.0}
KEPT_TOGETHER = {"h2": 3, "dt": 2}  # lines: a heading does not stand alone at the end of a page
STRAIGHT = str.maketrans("“”‘’", "\"\"''")
SHORT = 4  # lines that are not torn apart
SILENT = {"svg", "style", "script"}


class Block(NamedTuple):
    """A piece of a letter: which element it was, its text with ``\\n`` for line ends, and whether it signs."""

    kind: str
    text: str
    is_signing: bool = False


class _Reader(HTMLParser):
    """Reads blocks of text out of a page's letter. An image is its alternative text, in brackets: the seal."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._open: list[tuple[str, bool, bool]] = []  # element, is it silent, does it sign
        self._kind, self._text = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br":
            self._text += "\n"
        elif tag == "img":
            self._end()
            self.blocks.append(Block("p", f"[{given.get('alt') or ''}]", self._is_signing()))
        else:
            classes = (given.get("class") or "").split()
            is_silent = tag in SILENT or "visually-hidden" in classes or "th-noprint" in classes
            self._open.append((tag, is_silent or self._is_silent(), "th-sign" in classes or self._is_signing()))
            if tag in BLOCKS:
                self._end()
                self._kind = tag

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._end()
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._kind and not self._is_silent():
            self._text += data.replace("\n", " ")

    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _is_signing(self) -> bool:
        return bool(self._open) and self._open[-1][2]

    def _end(self) -> None:
        lines = [" ".join(line.split()) for line in self._text.split("\n")]
        if text := "\n".join(line for line in lines if line):
            self.blocks.append(Block(self._kind, text, self._is_signing()))
        self._kind, self._text = "", ""


def blocks_of(html: str) -> list[Block]:
    """The headings, paragraphs, and labels with their values of a letter, in their order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.blocks


def letter_pdf(html: str, *, title: str, foot: str, language: str, at: datetime) -> bytes:
    """Draw a letter on A4. ``foot`` (the office, the number) stands at the bottom of each page, before its number."""
    letter = _Letter(Paper(title=title, language=language, at=at))
    for block in blocks_of(html):
        # The font's curly quotation marks are as wide as a Chinese character.
        letter.draw(block if language.startswith("zh") else block._replace(text=block.text.translate(STRAIGHT)))
    return letter.finish(foot)


class _Letter:
    def __init__(self, paper: Paper) -> None:
        self.paper, self.y = paper, TOP
        self.label_end = (1, 0.0)  # page and place where the label of the next value ends
        paper.add_page()

    def draw(self, block: Block) -> None:
        """Put a block below what is there, on a new page where it has to be; a value stands beside its label."""
        size = SIZES.get(block.kind, SIZE)
        left, width = LEFT, LABEL_WIDTH if block.kind == "dt" else WIDTH
        if block.kind == "dd":
            left, width = LEFT + LABEL_WIDTH + GAP, WIDTH - LABEL_WIDTH - GAP
        leading = size * POINT * LEADING
        self.y += SPACE_BEFORE[block.kind] if self.y > TOP else 0.0
        lines = self.paper.lines(block.text, width, size)
        self._make_room(leading * KEPT_TOGETHER.get(block.kind, min(len(lines), SHORT)))
        start = self.y
        for line in lines:
            self._make_room(leading)
            baseline = self.y + leading * 0.7
            if block.kind == "h1":
                self.paper.put(LEFT + WIDTH / 2, baseline, line, size, align="C", is_bold=True)
            elif block.is_signing:
                self.paper.put(LEFT + WIDTH, baseline, line, size, align="R")
            else:
                self.paper.put(left, baseline, line, size, is_bold=block.kind == "h2")
            self.y += leading
        if block.kind == "dt":
            self.label_end, self.y = (self.paper.page, self.y), start
        elif block.kind == "dd" and self.label_end[0] == self.paper.page:
            self.y = max(self.y, self.label_end[1])

    def _make_room(self, height: float) -> None:
        if self.y + height > BOTTOM:
            self.paper.add_page()
            self.y = TOP

    def finish(self, foot: str) -> bytes:
        """Number the pages and give the file."""
        pages = self.paper.page
        for page in range(1, pages + 1):
            self.paper.go_to(page)
            self.paper.put(LEFT, FOOT, foot, 8)
            self.paper.put(LEFT + WIDTH, FOOT, f"{page} / {pages}", 8, align="R")
        return self.paper.finish()
