"""Pages as pictures, with who is looking and when drawn across them. Runs in the workshop's process only."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageFont

from applicants.people.refusals import Unfit

JPEG_QUALITY = 82
POINTS = (18, 14_400)  # least and most of a page's side: a quarter of an inch, and the 200 inches of the standard
MOST_SLENDER = 30  # a side may be so many times the other
CHECKED_AT = 96  # pixels of the longer side when a page is drawn to see whether it can be
INK, LIGHT = (16, 52, 96), (255, 255, 255)
STRENGTH = 0.30  # of the mark: read across print and photographs, and they stay readable under it


Line = Sequence[tuple[str, int, str]]  # pieces of a line: a font's path, its face, and the words it draws


def page_picture(data: bytes, *, content_type: str, number: int, longest: int, mark: Sequence[Line]) -> bytes:
    """Page ``number`` (from 1) of a stored paper as a JPEG, ``longest`` pixels at most, with ``mark`` all over it.

    Raises Unfit where there is no such page or it cannot be drawn.
    """
    try:
        picture = _pdf_page(data, number, longest) if content_type == "application/pdf" else _picture(data, longest)
        written = BytesIO()
        _marked(picture.convert("RGB"), mark).save(written, "JPEG", quality=JPEG_QUALITY)
    except (pypdfium2.PdfiumError, OSError, ValueError, IndexError):
        raise Unfit("broken_pdf") from None
    return written.getvalue()


def drawn_pages(data: bytes) -> int:
    """Draw every page of a PDF small, and count them: what cannot be shown to staff is not taken. Raises Unfit."""
    try:
        with pypdfium2.PdfDocument(data) as pdf:
            for number in range(len(pdf)):
                page = pdf[number]
                sides = sorted(page.get_size())
                if not (POINTS[0] <= sides[0] and sides[1] <= min(POINTS[1], MOST_SLENDER * sides[0])):
                    raise Unfit("page_size")
                page.render(scale=CHECKED_AT / sides[1], draw_annots=False).close()
                page.close()
            return len(pdf)
    except pypdfium2.PdfiumError:
        raise Unfit("broken_pdf") from None


def _pdf_page(data: bytes, number: int, longest: int) -> Image.Image:
    with pypdfium2.PdfDocument(data) as pdf:
        page = pdf[number - 1]
        bitmap = page.render(scale=longest / max(page.get_size()), draw_annots=False)
        picture: Image.Image = bitmap.to_pil().copy()
        bitmap.close()
        page.close()
    return picture


def _picture(data: bytes, longest: int) -> Image.Image:
    picture = Image.open(BytesIO(data), formats=["JPEG", "PNG"])
    picture.draft("RGB", (longest, longest))  # a JPEG is decoded no larger than needed
    picture.thumbnail((longest, longest))
    return picture


def _marked(picture: Image.Image, mark: Sequence[Line]) -> Image.Image:
    """The mark aslant, in rows that are shifted against each other; dark with a light edge, so any ground shows it."""
    size = max(13, max(picture.size) // 58)
    stamp = _stamp(mark, size).rotate(24, Image.Resampling.BICUBIC, expand=True)
    across, down = stamp.width + size * 2, stamp.height + size
    mask = Image.new("L", picture.size)
    for row, top in enumerate(range(-stamp.height // 3, picture.height, down)):
        for left in range(-stamp.width // 3 - (row % 2) * across // 2, picture.width, across):
            mask.paste(stamp, (left, top))
    mask = mask.point(lambda value: int(value * STRENGTH))
    picture.paste(LIGHT, mask=ImageChops.offset(mask, 1, 1))
    picture.paste(INK, mask=mask)
    return picture


def _stamp(mark: Sequence[Line], size: int) -> Image.Image:
    """The lines of the mark under each other, each in the middle."""
    lines = [[(ImageFont.truetype(path, size, index=face), words) for path, face, words in line] for line in mark]
    widths = [sum(int(font.getlength(words)) + 1 for font, words in line) for line in lines]
    step = size * 4 // 3
    stamp = Image.new("L", (max(widths, default=1) + 4, step * len(lines) + size // 2))
    draw = ImageDraw.Draw(stamp)
    for row, (line, width) in enumerate(zip(lines, widths, strict=True), 1):
        left = (stamp.width - width) / 2
        for font, words in line:
            draw.text((left, row * step), words, font=font, fill=255, anchor="ls")
            left += font.getlength(words)
    return stamp
