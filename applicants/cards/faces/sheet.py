"""The measure of a printed card, in millimetres and pixels.

ISO/IEC 7810 ID-1 (CR80) is 85.60 by 53.98 mm, its corners 3.18 mm round; printers cut, so the ground goes on for 3 mm
on every side. Places on a face are millimetres from the upper left corner of the finished card.
"""

from __future__ import annotations

DPI = 300
TRIM = (85.60, 53.98)  # mm
BLEED = 3.0  # mm
CORNER = 3.18  # mm
SHEET = (TRIM[0] + 2 * BLEED, TRIM[1] + 2 * BLEED)  # mm


def pixels(millimetres: float) -> int:
    """A length in whole pixels.

    >>> pixels(25.4)
    300
    """
    return round(millimetres * DPI / 25.4)


def place(millimetres: float) -> int:
    """Where a place on the card lies on the sheet, in pixels."""
    return pixels(BLEED + millimetres)


SIZE = (pixels(SHEET[0]), pixels(SHEET[1]))  # 1082 by 708
CUT = (pixels(BLEED), pixels(BLEED), SIZE[0] - pixels(BLEED), SIZE[1] - pixels(BLEED))  # where the printer cuts
