"""Which font draws which character. Names hold characters that the first font lacks; every glyph is asked for.

The first font comes with the portal (Noto Sans SC); then those of ``FONT_FALLBACKS``, then what the machine has. A file
is opened only for a character that no font before it has. What no font has is spelled out, so that nothing is ever
printed as an empty box.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from fontTools.ttLib import TTFont

# Where Debian keeps the fonts that help; the number is the face for mainland China in a collection.
_DEBIAN = Path("/usr/share/fonts")
KNOWN_PLACES = (
    (_DEBIAN / "opentype/noto/NotoSansCJK-Regular.ttc", 2),
    (_DEBIAN / "truetype/hanazono/HanaMinA.ttf", 0),
    (_DEBIAN / "truetype/hanazono/HanaMinB.ttf", 0),
    (_DEBIAN / "truetype/dejavu/DejaVuSans.ttf", 0),
)


@dataclass(frozen=True)
class Font:
    """A font file; ``number`` is the face in a collection."""

    path: Path
    number: int = 0


@lru_cache(maxsize=8)
def _chain(fallbacks: tuple[str, ...]) -> tuple[Font, ...]:
    own = Font(Path(str(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf")))
    if absent := [place for place in fallbacks if not Path(place).is_file()]:
        raise ImproperlyConfigured(f"FONT_FALLBACKS names files that are not there: {', '.join(absent)}.")
    named = [Font(Path(place), dict(KNOWN_PLACES).get(Path(place), 0)) for place in fallbacks]
    known = [Font(path, number) for path, number in KNOWN_PLACES if path.is_file()]
    return tuple(dict.fromkeys((own, *named, *known)))


def fonts() -> tuple[Font, ...]:
    """The fonts in the order in which they are asked, the portal's own first.

    Raises ImproperlyConfigured where FONT_FALLBACKS names a file that is not there.
    """
    return _chain(tuple(settings.FONT_FALLBACKS))


@lru_cache(maxsize=32)
def _characters(font: Font) -> frozenset[int]:
    with TTFont(font.path, fontNumber=font.number, lazy=True) as opened:
        return frozenset(opened.getBestCmap())


@lru_cache(maxsize=20_000)
def _font_of(character: str, chain: tuple[Font, ...]) -> Font | None:
    return next((font for font in chain if ord(character) in _characters(font)), None)


def font_of(character: str) -> Font | None:
    """The first font that has the character; None where no font has it."""
    return _font_of(character, fonts())


def missing(text: str) -> str:
    """The characters of ``text`` that no font has, each once, in their order."""
    return "".join(dict.fromkeys(character for character in text if font_of(character) is None))


def spelled(text: str) -> str:
    """``text`` with every character that no font has as its code point in brackets: [U+3106C]."""
    return "".join(character if font_of(character) else f"[U+{ord(character):04X}]" for character in text)


def runs(text: str) -> list[tuple[Font, str]]:
    """``text`` in pieces, each with the font that draws all of it; characters that no font has are spelled out.

    >>> [piece for _font, piece in runs("林晓航")]
    ['林晓航']
    """
    pieces: Iterable[tuple[Font | None, Iterable[str]]] = groupby(spelled(text), key=font_of)
    return [(font, "".join(piece)) for font, piece in pieces if font is not None]
