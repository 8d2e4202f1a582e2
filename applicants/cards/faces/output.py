"""The faces as files: PNG for the printer, PNG and WebP for a phone, PDF for paper."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pikepdf
from fpdf import FPDF
from PIL import Image

from applicants.cards.faces.faces import rounded
from applicants.cards.faces.sheet import BLEED, CORNER, CUT, DPI, SHEET, pixels

PNG_LEVEL = 6  # as Pillow does unasked
WEBP_QUALITY = 88
POINTS = 72 / 25.4  # in a millimetre


def print_png(picture: Image.Image) -> bytes:
    """A face with its bleed, and how many dots an inch has."""
    written = BytesIO()
    picture.save(written, "PNG", dpi=(DPI, DPI), compress_level=PNG_LEVEL)
    return written.getvalue()


def on_phone(picture: Image.Image) -> Image.Image:
    """A face as it is cut, with round corners on nothing."""
    card = picture.crop(CUT).convert("RGBA")
    card.putalpha(rounded(card.size, pixels(CORNER)))
    return card


def phone_png(card: Image.Image) -> bytes:
    """For whoever keeps the card among their pictures."""
    written = BytesIO()
    card.save(written, "PNG", dpi=(DPI, DPI), compress_level=9)
    return written.getvalue()


def phone_webp(card: Image.Image) -> bytes:
    """The same, smaller."""
    written = BytesIO()
    card.save(written, "WEBP", quality=WEBP_QUALITY, method=4)
    return written.getvalue()


def pdf(faces: list[Image.Image], *, title: str, at: datetime) -> bytes:
    """Each face on a page of exactly its size, bleed and all (91.60 by 59.98 mm), that says where it is cut."""
    document = FPDF(unit="mm", format=SHEET)
    document.set_margin(0)
    document.set_auto_page_break(False)
    document.set_title(title)
    document.set_lang("zh-CN")
    document.set_creation_date(at)
    for face in faces:
        document.add_page()
        document.image(face, x=0, y=0, w=SHEET[0], h=SHEET[1])
    left, right, top = (side * POINTS for side in (BLEED, SHEET[0] - BLEED, SHEET[1] - BLEED))
    written = BytesIO()
    with pikepdf.open(BytesIO(document.output())) as opened:
        for page in opened.pages:
            page.trimbox = pikepdf.Rectangle(left, left, right, top)
        opened.save(written, deterministic_id=True)
    return written.getvalue()
