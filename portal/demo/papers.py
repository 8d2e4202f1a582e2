"""Sample papers of invented people: plain pictures that say what they stand for."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

TITLES = {
    "id_card": "RESIDENT ID",
    "diploma": "DIPLOMA",
    "diploma_registration": "DIPLOMA REGISTRATION",
    "recognition": "RECOGNITION OF TALENT",
    "household_page": "HOUSEHOLD PAGE",
    "contract_or_licence": "LABOUR CONTRACT",
    "insurance_record": "INSURANCE RECORD",
    "employer_confirmation": "EMPLOYER CONFIRMATION",
    "account_proof": "SOCIAL SECURITY CARD",
    "in_post_proof": "INSURANCE RECORD",
    "grants_statement": "STATEMENT ABOUT GRANTS",
    "job_search_proof": "INVITATION TO AN INTERVIEW",
    "reconsideration_paper": "EMPLOYER'S STATEMENT",
}


def sample_paper(kind: str, lines: Sequence[str] = ()) -> SimpleUploadedFile:
    """A JPEG of ``kind``, as a browser would upload it; ``lines`` is what it says (no Chinese: no font is shipped)."""
    picture = Image.new("RGB", (720, 900), "#fffefb")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((24, 24, 696, 876), outline="#c9c2b2", width=2)
    draw.text((60, 70), TITLES.get(kind, kind.upper()), fill="#14222e", font_size=38)
    draw.text((60, 128), "SAMPLE - EVERYTHING IS INVENTED", fill="#5c6974", font_size=20)
    for place, line in enumerate(lines):
        top = 210 + place * 56
        draw.text((60, top), line, fill="#14222e", font_size=24)
        draw.line((60, top + 40, 660, top + 40), fill="#e5e0d5", width=2)
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=70)
    return SimpleUploadedFile(f"{kind}.jpg", target.getvalue(), content_type="image/jpeg")


def lines_for(kind: str, answers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What a sample of ``kind`` says of a person with these answers."""
    identity, education, employment = answers["identity"], answers["education"], answers["employment"]
    if kind == "id_card":
        return [f"NUMBER    {identity['number']}"]
    if kind == "household_page":
        return [f"NUMBER    {identity['number']}", f"COUNTY    {identity['household_code']}"]
    if kind in ("diploma", "diploma_registration"):
        return [
            f"LEVEL     {education['level']}",
            f"MODE      {education['study_mode']}",
            f"ISSUED    {education['diploma_on']}",
            f"NUMBER    {education['diploma_number']}",
        ]
    if kind == "insurance_record":
        first = [f"EMPLOYER  {employment['credit_code']}", f"FIRST     {employment['first_insured_on']}"]
        return first + [
            f"MONTHS    {item['from']} - {item['to']}   PAID IN TIME" for item in employment["insured_ranges"]
        ]
    return [f"EMPLOYER  {employment['credit_code']}", f"SINCE     {employment['started_on']}"]
