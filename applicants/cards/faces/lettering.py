"""Letters on a picture: each drawn by a font that has it, and as large as its place allows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageDraw, ImageFont

from applicants.cards.faces.sheet import pixels
from portal.fonts import Font, runs

BREAKS = " ·•・-"  # where a name may go on in the next line; a space is left out there


@dataclass(frozen=True)
class Style:
    """How letters look: ``size`` in mm, ``tracking`` between letters and ``weight`` (stroke) in sizes."""

    size: float
    tracking: float = 0.0
    weight: float = 0.0


@lru_cache(maxsize=64)
def _opened(font: Font, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font.path), size, index=font.number, layout_engine=ImageFont.Layout.BASIC)


def _pieces(text: str, style: Style) -> list[tuple[ImageFont.FreeTypeFont, str, float]]:
    """``text`` as it is drawn: by which font, which letters, and how far to the next ones, in pixels."""
    size = pixels(style.size)
    found = []
    for font, run in runs(text):
        opened = _opened(font, size)
        for piece in run if style.tracking else (run,):
            found.append((opened, piece, opened.getlength(piece) + style.tracking * size))
    return found


def width(text: str, style: Style) -> float:
    """How wide ``text`` is in one line, in pixels."""
    return sum(advance for _font, _piece, advance in _pieces(text, style)) - style.tracking * pixels(style.size)


def put(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, style: Style, colour: str, *, align: str = "L"
) -> None:
    """Draw one line that stands on ``at`` (pixels): its left end (align L), its middle (C) or its right end (R)."""
    x, y = float(at[0]), at[1]
    if align != "L":
        x -= width(text, style) / (2 if align == "C" else 1)
    for font, piece, advance in _pieces(text, style):
        draw.text((x, y), piece, font=font, fill=colour, anchor="ls", stroke_width=style.weight * pixels(style.size))
        x += advance


def fit(text: str, room: int, *, largest: Style, smallest_alone: float, smallest: float) -> tuple[Style, list[str]]:
    """The largest letters in which ``text`` fits into ``room`` pixels, and its lines: one, or two where one is too few.

    One line shrinks to ``smallest_alone`` mm, two to ``smallest``; what is wider even then shrinks on in two lines.
    """
    for tenth in range(round(largest.size * 10), round(smallest_alone * 10) - 1, -2):
        style = Style(tenth / 10, largest.tracking, largest.weight)
        if width(text, style) <= room:
            return style, [text]
    size = smallest_alone
    while True:
        style = Style(size, 0.0, largest.weight)
        lines = two_lines(text, style)
        if size <= 0.5 or all(width(line, style) <= room for line in lines):
            return style, lines
        size = round(size - (0.2 if size > smallest else 0.1), 1)


def two_lines(text: str, style: Style) -> list[str]:
    """``text`` in two lines, as even as its spaces, dots and hyphens allow; without any of them between two letters."""
    marks = [place for place, letter in enumerate(text) if letter in BREAKS and 0 < place < len(text) - 1]
    cuts = [place + 1 for place in marks] or range(1, len(text))

    def widest(cut: int) -> float:
        return max(width(text[:cut].rstrip(), style), width(text[cut:].lstrip(), style))

    best = min(cuts, key=widest, default=len(text))
    return [line for line in (text[:best].rstrip(), text[best:].lstrip()) if line]
