"""Faces as people looked at them, a third as large, in 64 colours. Kept anew by ``python -m tests.cards.golden``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from applicants.cards.faces.faces import Face, back, front, rules

FOLDER = Path(__file__).parent
LONG = "一二三四五六七八九十" * 4


@lru_cache(maxsize=1)
def portrait() -> bytes:
    """Nobody's portrait, in the size of a large one."""
    picture, written = Image.new("RGB", (716, 882), "#dfeaf1"), BytesIO()
    draw = ImageDraw.Draw(picture)
    draw.ellipse((180, 130, 536, 400), fill="#2b2320")
    draw.ellipse((220, 210, 496, 560), fill="#eed3b5")
    draw.ellipse((60, 600, 656, 1200), fill="#3c5a74")
    picture.save(written, "JPEG", quality=92)
    return written.getvalue()


def face(name: str, kind: str = "gold", kind_title: str = "金卡", tier_title: str = "第二层次人才") -> Face:
    """What is printed on the card of somebody called ``name``."""
    return Face(
        name=name,
        kind=kind,
        kind_title=kind_title,
        tier_title=tier_title,
        number="813505810000019",
        valid_from=date(2023, 10, 16),
        valid_to=date(2028, 10, 15),
        portrait=portrait(),
        rules=rules(change_report_days=10),
    )


def _front(*what: str) -> Callable[[], Image.Image]:
    return lambda: front(face(*what))


DRAWN: dict[str, Callable[[], Image.Image]] = {
    "chinese": _front("林晓航"),
    "two-characters": _front("欧阳", "silver", "银卡", "第四层次人才"),
    "latin": _front("Maximilian Alexander von Hohenberg-Weiss", "green", "绿卡", "本科层次"),
    "with-a-dot": _front("阿卜杜热合曼·艾力", "silver", "银卡", "博士层次"),
    "rare": _front("㛃\U0002cb4e\U0002cc56", "green", "绿卡", "实用型人才"),  # two of them beyond the basic plane
    "very-long": _front(LONG, "gold", "金卡", "第一层次人才"),
    "back": lambda: back(face("林晓航")),
    "back-green": lambda: back(face("林晓航", "green", "绿卡")),
}


def small(picture: Image.Image) -> Image.Image:
    """A face as it is compared: a third as large."""
    return picture.reduce(3)
