"""Pages of a PDF on which every character is drawn by a font that has it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple, cast

from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.fonts import TTFFont

from portal.fonts import Font, runs

POINT = 25.4 / 72  # millimetres
MOST_KEPT = 5_000  # layouts of texts that come again, as names of employers and banks do
# What may not begin a line, or end one.
_CLOSING = "，。；：、！？）】》〉”’〕％%,.;:!?)]}…"
_OPENING = "（【《〈“‘〔([{"
_ATOM = re.compile(
    rf"[{re.escape(_OPENING)}]*(?:[^\s\u2e80-\U0003ffff{re.escape(_OPENING + _CLOSING)}]+(?:[.,:][^\s\u2e80-\U0003ffff"
    rf"{re.escape(_OPENING + _CLOSING)}]+)*|[^\s{re.escape(_OPENING + _CLOSING)}])?[{re.escape(_CLOSING)}]*[ \t]*|\s"
)


class _Glyph(NamedTuple):
    family: str
    text: str  # the character, or its code point in brackets
    width: float  # in text sizes


class Paper(FPDF):  # type: ignore[misc]
    """An A4 document drawn at places in millimetres, sizes in points. ``is_landscape`` lies on its long side."""

    def __init__(self, *, title: str, language: str, at: datetime, is_landscape: bool = False) -> None:
        super().__init__(orientation="landscape" if is_landscape else "portrait", unit="mm", format="A4")
        self.set_auto_page_break(False)
        self.set_title(title)
        self.set_lang(language)
        self.set_creation_date(at)
        self._families: dict[Font, str] = {}
        self._glyphs: dict[str, tuple[_Glyph, ...]] = {}
        self._ems: dict[str, float] = {}
        self._fitted: dict[tuple[str, float, float, float], tuple[float, list[str]]] = {}

    def _glyph(self, character: str) -> tuple[_Glyph, ...]:
        """The character as it is drawn; one that no font has is several."""
        known = self._glyphs.get(character)
        if known is None:
            known = tuple(
                _Glyph(self._family(font), drawn, self._opened(font).cw[ord(drawn)] / 1000)
                for font, piece in runs(character)
                for drawn in piece
            )
            self._glyphs[character] = known
        return known

    def _family(self, font: Font) -> str:
        if font not in self._families:
            family = f"font{len(self._families)}"
            self.add_font(family, fname=font.path, collection_font_number=font.number)
            self._families[font] = family
        return self._families[font]

    def finish(self) -> bytes:
        """Give the file and let go of the fonts at once; they are large, and hold each other."""
        content = bytes(self.output())
        for font in map(self._opened, self._families):
            font.close()
            for part in ("subset", "ttfont", "cmap", "cw", "glyph_ids"):
                setattr(font, part, None)
        self.__dict__.clear()
        return content

    def go_to(self, page: int) -> None:
        """Draw on an earlier page from now on."""
        self.page = page
        self.font_family = ""  # what is set elsewhere is not set there

    def _opened(self, font: Font) -> TTFFont:
        return cast(TTFFont, self.fonts[self._family(font)])

    def _em(self, text: str) -> float:
        """The width of ``text`` in text sizes."""
        ems, total = self._ems, 0.0
        for character in text:
            if (em := ems.get(character)) is None:
                em = ems[character] = sum(glyph.width for glyph in self._glyph(character))
            total += em
        return total

    def width(self, text: str, size: float) -> float:
        """How wide ``text`` is in one line, in millimetres."""
        return self._em(text) * size * POINT

    def put(self, x: float, y: float, text: str, size: float, *, align: str = "L", is_bold: bool = False) -> None:
        """Draw one line; ``x`` is its left end (align L), middle (C) or right end (R), ``y`` the line it stands on."""
        if align != "L":
            x -= self.width(text, size) / (2 if align == "C" else 1)
        piece, family, start = "", "", x
        for character in text:
            for glyph in self._glyph(character):
                if glyph.family != family and piece:
                    self._draw(start, y, piece, family, size, is_bold)
                    piece, start = "", x
                family, piece = glyph.family, piece + glyph.text
                x += glyph.width * size * POINT
        if piece:
            self._draw(start, y, piece, family, size, is_bold)

    def _draw(self, x: float, y: float, piece: str, family: str, size: float, is_bold: bool) -> None:
        if self.font_family != family or self.font_size_pt != size:
            self.set_font(family, size=size)
        if not is_bold:
            self.text(x, y, piece)
            return
        with self.local_context(text_mode=TextMode.FILL_STROKE, line_width=size * 0.03):
            self.text(x, y, piece)

    def lines(self, text: str, width: float, size: float) -> list[str]:
        """``text`` in lines that are at most ``width`` wide; words and marks stay together where they fit at all."""
        return self._wrapped(text, width / (size * POINT))

    def _wrapped(self, text: str, ems: float) -> list[str]:
        found: list[str] = []
        for paragraph in text.split("\n"):
            line, filled = "", 0.0
            for atom in _ATOM.findall(paragraph):
                bare = self._em(atom.rstrip())
                for piece in atom if bare > ems else (atom,):
                    needed = bare if piece is atom else self._em(piece)
                    if line and filled + needed > ems:
                        found.append(line.rstrip())
                        line, filled = "", 0.0
                    line += piece
                    filled += self._em(piece)
            found.append(line.rstrip())
        return found

    def _fit(self, text: str, width: float, height: float, size: float) -> tuple[float, list[str]]:
        """The largest size up to ``size`` at which ``text`` fits into a box, and its lines there."""
        wanted = (text, width, height, size)
        if wanted not in self._fitted:
            lines = [text]
            if self.width(text, size) > width:
                while size > 1 and len(lines := self.lines(text, width, size)) * size * POINT * 1.15 > height:
                    size -= 0.5
            if len(self._fitted) > MOST_KEPT:
                self._fitted.clear()
            self._fitted[wanted] = size, lines
        return self._fitted[wanted]

    def box(self, x: float, y: float, width: float, height: float, text: str, size: float, *, align: str = "L") -> None:
        """Draw ``text`` in the middle of a box, in smaller letters and more lines where it does not fit: never cut."""
        size, lines = self._fit(text, width, height, size)
        leading = size * POINT * (1.15 if len(lines) > 1 else 1)
        place = {"L": x, "C": x + width / 2, "R": x + width}[align]
        baseline = y + (height - leading * len(lines)) / 2 + size * POINT * 0.88
        for number, line in enumerate(lines):
            self.put(place, baseline + number * leading, line, size, align=align)
