"""A font of our own that has one character: what a fall-back for rare names is tried with."""

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen


def build_font(character: str, path: Path) -> Path:
    """Write a font to ``path`` in which ``character`` is a filled square of 700 by 700 in 1000."""
    pen = TTGlyphPen(None)
    for step, place in enumerate(((0, 0), (0, 700), (700, 700), (700, 0))):
        (pen.lineTo if step else pen.moveTo)(place)
    pen.closePath()
    box = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "rare"])
    builder.setupCharacterMap({ord(character): "rare"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "rare": box})
    builder.setupHorizontalMetrics({".notdef": (500, 0), "rare": (800, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Rare", "styleName": "Regular", "fullName": "Rare Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path
