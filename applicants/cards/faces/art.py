"""The drawings of a card (the pagoda over the sea, the seal), from the very SVG files that the pages show."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse
from django.conf import settings
from fontTools.pens.basePen import BasePen
from fontTools.svgLib.path import parse_path
from PIL import Image, ImageChops, ImageColor, ImageDraw

from applicants.cards.faces.sheet import SIZE

FINER = 4  # times, so that the edges are smooth once it is reduced
CURVE = 12  # straight pieces for one curve
SVG = "{http://www.w3.org/2000/svg}"
Line = list[tuple[float, float]]


class _Lines(BasePen):  # type: ignore[misc]
    """Collects the contours of a path as lines of points, ``scale`` times as large and moved by ``left, top``."""

    def __init__(self, scale: float, left: float, top: float) -> None:
        super().__init__(None)
        self.lines: list[Line] = []
        self._scale, self._left, self._top = scale, left, top

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        return self._left + point[0] * self._scale, self._top + point[1] * self._scale

    def _moveTo(self, point: tuple[float, float]) -> None:
        self.lines.append([self._at(point)])

    def _lineTo(self, point: tuple[float, float]) -> None:
        self.lines[-1].append(self._at(point))

    def _curveToOne(self, one: tuple[float, float], two: tuple[float, float], end: tuple[float, float]) -> None:
        start = self._getCurrentPoint()
        for step in range(1, CURVE + 1):
            t = step / CURVE
            parts = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            given = list(zip(parts, (start, one, two, end), strict=True))
            x, y = (sum(part * point[axis] for part, point in given) for axis in (0, 1))
            self.lines[-1].append(self._at((x, y)))

    def _closePath(self) -> None:
        self.lines[-1].append(self.lines[-1][0])


def _paths(name: str) -> Iterator[Element]:
    file = Path(settings.BASE_DIR, "portal/ui/static/ui/img", name)
    yield from parse(file).getroot().iter(f"{SVG}path")


def _lines_of(path: Element, scale: float, left: float, top: float) -> list[Line]:
    pen = _Lines(scale, left, top)
    parse_path(path.get("d", ""), pen)
    return pen.lines


@lru_cache(maxsize=1)
def sea() -> Image.Image:
    """The pagoda over the sea across a whole sheet, as a mask: the lighter its line in the drawing, the stronger."""
    width, height = (side * FINER for side in SIZE)
    scale = width / 342  # the drawing is 342 by 216; it lies on the lower edge
    mask = Image.new("L", (width, height))
    draw = ImageDraw.Draw(mask)
    for path in _paths("card-sea.svg"):
        strength = ImageColor.getrgb(path.get("stroke", "#ffffff"))[1]
        for line in _lines_of(path, scale, 0, height - 216 * scale):
            draw.line(line, fill=strength, width=round(0.75 * scale), joint="curve")
    return mask.resize(SIZE, Image.Resampling.BOX)


@lru_cache(maxsize=4)
def seal(side: int) -> Image.Image:
    """The seal, ``side`` pixels wide, in its own colours on nothing."""
    fine = side * FINER
    drawn, outline = Image.new("RGB", (side, side)), Image.new("L", (side, side))
    for path in _paths("seal.svg"):
        mask = Image.new("1", (fine, fine))
        for line in _lines_of(path, fine / 100, 0, 0):
            piece = Image.new("1", (fine, fine))
            ImageDraw.Draw(piece).polygon(line, fill=1)
            mask = ImageChops.logical_xor(mask, piece)  # a contour inside another is a hole
        smooth = mask.convert("L").resize((side, side), Image.Resampling.BOX)
        outline = ImageChops.lighter(outline, smooth)
        drawn.paste(path.get("fill", "#000000"), (0, 0, side, side), smooth)
    drawn.putalpha(outline)
    return drawn
