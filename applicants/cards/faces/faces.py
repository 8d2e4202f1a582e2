"""Both faces of a card as pictures. What all cards of a kind share is drawn once and copied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw

from applicants.cards.faces.art import sea, seal
from applicants.cards.faces.lettering import Style, fit, put, width
from applicants.cards.faces.sheet import SIZE, TRIM, pixels, place
from portal.city import CardColours, city
from portal.fonts import missing

MARGIN = 5.5  # mm from the edge of the card; a printer may cut a millimetre aside
PORTRAIT = (19.5, 24.02)  # mm, in the ratio of the identity photograph (358 to 441)
PORTRAIT_TOP = TRIM[1] - MARGIN - PORTRAIT[1]
TEXT_LEFT = MARGIN + PORTRAIT[0] + 4.0
SEAL = 8.6  # mm
ROUNDING, FRAME = pixels(1.0), 2  # pixels

BRAND = Style(5.4, tracking=0.14, weight=0.022)
SMALL = Style(2.45, tracking=0.05)
LATIN = Style(1.95, tracking=0.1)
KIND = Style(3.3, tracking=0.12, weight=0.02)
NAME = Style(5.8, tracking=0.06, weight=0.022)
SHORT_NAME = Style(5.8, tracking=0.4, weight=0.022)  # two characters stand apart, as on identity cards
TIER = Style(2.8, tracking=0.05)
NUMBER = Style(3.2, tracking=0.06, weight=0.012)
DATES = Style(2.5, tracking=0.03)
SMALLEST_ALONE, SMALLEST = 4.0, 2.4  # mm: letters of a name in one line, in two lines
NAME_STANDS = 36.0  # mm: where a name of one line stands

RULES_HEAD = Style(3.4, tracking=0.12, weight=0.02)
RULE = Style(2.45)
RULE_LEADING = 4.9  # mm
HOTLINE = Style(5.2, tracking=0.08, weight=0.02)


@dataclass(frozen=True)
class Face:
    """What is printed on one card. Words are those of the office, Chinese; ``portrait`` is a JPEG."""

    name: str
    kind: str
    kind_title: str
    tier_title: str
    number: str
    valid_from: date
    valid_to: date
    portrait: bytes
    rules: tuple[str, ...]


class NotPrintable(Exception):
    """A character of the name stands in no font: the card would have an empty box."""


def rules(*, change_report_days: int) -> tuple[str, ...]:
    """What stands on the back, in short; how soon a change of employer is reported is the policy's."""
    return (
        "本卡只由本人使用，不得转借、转让。",
        "使用时出示手机上的优才卡，以当场核验的结果为准。",
        "丢失后请马上在“我的优才卡”或来电挂失，原卡即刻失效。",
        f"更换工作单位，请在 {change_report_days} 日内报告。",
    )


def grouped(number: str) -> str:
    """A card number in fours, as it is read out."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def front(face: Face) -> Image.Image:
    """The front, with bleed. Raises NotPrintable."""
    if missing(face.name):
        raise NotPrintable
    picture = _front_of(face.kind, face.kind_title).copy()
    draw, colours = ImageDraw.Draw(picture), city().card_colours[face.kind]
    _put_portrait(picture, face.portrait)
    left, room = place(TEXT_LEFT), pixels(TRIM[0] - MARGIN - TEXT_LEFT)
    largest = SHORT_NAME if len(face.name) == 2 else NAME
    style, lines = fit(face.name, room, largest=largest, smallest_alone=SMALLEST_ALONE, smallest=SMALLEST)
    for back, line in enumerate(reversed(lines)):
        put(draw, (left, place(NAME_STANDS - back * style.size * 1.25)), line, style, colours.ink)
    put(draw, (left, place(40.8)), face.tier_title, TIER, colours.ink)
    put(draw, (left, place(45.1)), grouped(face.number), NUMBER, colours.ink)
    dates = f"有效期 {face.valid_from:%Y-%m-%d} 至 {face.valid_to:%Y-%m-%d}"
    put(draw, (left, place(48.4)), dates, DATES, colours.ink)
    return picture


def back(face: Face) -> Image.Image:
    """The back, with bleed: the rules in short, whom to call, the number."""
    picture = _back_of(face.kind, face.kind_title, face.rules).copy()
    colours = city().card_colours[face.kind]
    right = place(TRIM[0] - MARGIN)
    put(ImageDraw.Draw(picture), (right, place(48.4)), grouped(face.number), NUMBER, colours.ink, align="R")
    return picture


@lru_cache(maxsize=8)
def _ground(kind: str) -> Image.Image:
    colours = city().card_colours[kind]
    picture = Image.new("RGB", SIZE, colours.ground)
    picture.paste(colours.line, mask=sea())
    return picture


@lru_cache(maxsize=8)
def _front_of(kind: str, kind_title: str) -> Image.Image:
    picture, colours = _ground(kind).copy(), city().card_colours[kind]
    draw = ImageDraw.Draw(picture)
    left = place(MARGIN)
    put(draw, (left, place(10.6)), "优才卡", BRAND, colours.ink)
    put(draw, (left, place(14.8)), f"{city().name_zh}人才港湾", SMALL, colours.ink)
    put(draw, (left, place(18.2)), f"{city().name_en} Talent Card", LATIN, colours.ink)
    _put_kind(picture, kind_title, colours)
    frame = (pixels(PORTRAIT[0]) + 2 * FRAME, pixels(PORTRAIT[1]) + 2 * FRAME)
    corner = (place(MARGIN) - FRAME, place(PORTRAIT_TOP) - FRAME)
    picture.paste(colours.line, (*corner, corner[0] + frame[0], corner[1] + frame[1]), rounded(frame, ROUNDING + FRAME))
    side = pixels(SEAL)
    mark = seal(side)
    picture.paste(mark, (place(TRIM[0] - MARGIN) - side, place(TRIM[1] - MARGIN) - side), mask=mark)
    return picture


def _put_kind(picture: Image.Image, title: str, colours: CardColours) -> None:
    """The kind of the card in a pill, in the upper right corner."""
    right, top, height = place(TRIM[0] - MARGIN), place(5.6), pixels(5.8)
    left = right - round(width(title, KIND)) - pixels(5.2)
    line, outer = pixels(0.28), (right - left, height)
    inner = (outer[0] - 2 * line, outer[1] - 2 * line)
    picture.paste(colours.ink, (left, top, right, top + height), rounded(outer, height // 2))
    picture.paste(
        colours.ground, (left + line, top + line, right - line, top + height - line), rounded(inner, inner[1] // 2)
    )
    draw = ImageDraw.Draw(picture)
    put(draw, ((left + right) // 2, top + pixels(4.15)), title, KIND, colours.ink, align="C")


@lru_cache(maxsize=8)
def _back_of(kind: str, kind_title: str, rules: tuple[str, ...]) -> Image.Image:
    colours = city().card_colours[kind]
    picture = Image.new("RGB", SIZE, colours.ground)
    draw = ImageDraw.Draw(picture)
    left, right = place(MARGIN), place(TRIM[0] - MARGIN)
    put(draw, (left, place(10.0)), "使用须知", RULES_HEAD, colours.ink)
    put(draw, (right, place(10.0)), f"优才卡 · {kind_title}", SMALL, colours.ink, align="R")
    for number, rule in enumerate(rules):
        stands = place(16.2 + number * RULE_LEADING)
        put(draw, (left, stands), f"{number + 1}.", RULE, colours.ink)
        put(draw, (left + pixels(3.6), stands), rule, RULE, colours.ink)
    draw.line((left, place(38.0), right, place(38.0)), fill=colours.line, width=pixels(0.2))
    put(draw, (left, place(42.6)), "咨询、挂失", SMALL, colours.ink)
    put(draw, (left, place(48.4)), city().hotline, HOTLINE, colours.ink)
    put(draw, (right, place(42.6)), city().office_zh, SMALL, colours.ink, align="R")
    return picture


def _put_portrait(picture: Image.Image, jpeg: bytes) -> None:
    size = (pixels(PORTRAIT[0]), pixels(PORTRAIT[1]))
    with Image.open(BytesIO(jpeg)) as opened:
        opened.draft("RGB", (size[0] * 2, size[1] * 2))
        portrait = opened.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    picture.paste(portrait, (place(MARGIN), place(PORTRAIT_TOP)), mask=rounded(size, ROUNDING))


@lru_cache(maxsize=16)
def rounded(size: tuple[int, int], radius: int) -> Image.Image:
    """A mask with round corners, smooth."""
    fine = Image.new("L", (size[0] * 4, size[1] * 4))
    ImageDraw.Draw(fine).rounded_rectangle((0, 0, fine.width - 1, fine.height - 1), radius=radius * 4, fill=255)
    return fine.resize(size, Image.Resampling.BOX)
