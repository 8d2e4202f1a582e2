"""Sample papers of invented people: plain pictures that say what they stand for."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

TITLES = {
    "id_card": "RESIDENT ID",
    "diploma": "DIPLOMA",
    "diploma_registration": "DIPLOMA REGISTRATION",
    "household_page": "HOUSEHOLD PAGE",
    "contract_or_licence": "LABOUR CONTRACT",
    "insurance_record": "INSURANCE RECORD",
    "employer_confirmation": "EMPLOYER CONFIRMATION",
    "account_proof": "SOCIAL SECURITY CARD",
    "in_post_proof": "INSURANCE RECORD",
}


def sample_paper(kind: str, number: int = 0) -> SimpleUploadedFile:
    """A JPEG of ``kind`` for invented person ``number``, as a browser would upload it."""
    picture = Image.new("RGB", (720, 900), "#fffefb")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((24, 24, 696, 876), outline="#c9c2b2", width=2)
    draw.text((60, 70), TITLES.get(kind, kind.upper()), fill="#14222e", font_size=40)
    draw.text((60, 130), "SAMPLE - EVERYTHING IS INVENTED", fill="#5c6974", font_size=22)
    for line in range(8):
        top = 220 + line * 70
        draw.line((60, top, 660, top), fill="#e5e0d5", width=2)
        draw.rectangle((60, top - 34, 180 + (number * 37 + line * 61) % 400, top - 18), fill="#d5e6f0")
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=70)
    return SimpleUploadedFile(f"{kind}.jpg", target.getvalue(), content_type="image/jpeg")
