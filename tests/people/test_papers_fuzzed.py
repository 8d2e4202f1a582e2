"""Good files with some bytes changed: each is kept whole or refused with a sentence, and nothing else happens."""

from io import BytesIO

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from applicants.people.papers import FORMATS, _made_safe, _sentence
from applicants.people.papers_pictures import content_type_of
from applicants.people.refusals import Unfit
from portal.policy.terms import PaperLimits
from tests.people.heic import heic
from tests.people.hostile import acting, exif, form, noise

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
LIMITS = PaperLimits()

Change = tuple[int, int, bytes]
changes = st.lists(
    st.tuples(st.integers(0, 1_000_000), st.integers(0, 40), st.binary(max_size=40)), min_size=1, max_size=12
)


def mutated(whole: bytes, edits: list[Change], head: int) -> bytes:
    """Pieces replaced by others; the first bytes stay, so that most of them are still taken for what they were."""
    data = bytearray(whole)
    for place, size, piece in edits:
        at = head + place % max(1, len(data) - head)
        data[at : at + size] = piece
    return bytes(data)


def is_kept_or_refused(data: bytes) -> None:
    content_type = content_type_of(data)
    if content_type not in FORMATS:
        return
    try:
        kept, kept_type, pages = _made_safe(data, content_type, LIMITS, LIMITS.max_bytes)
    except Unfit as unfit:
        assert _sentence(unfit).endswith("。")
        return
    if kept_type == "application/pdf":
        with pikepdf.open(BytesIO(kept)) as pdf:
            assert (len(pdf.pages), "/OpenAction" in pdf.Root) == (pages, False)
        return
    with Image.open(BytesIO(kept)) as picture:
        picture.load()
        assert (dict(picture.getexif()), picture.format) == ({}, "PNG" if kept_type == "image/png" else "JPEG")


quiet = {"deadline": None, "derandomize": True, "database": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=80, **quiet)
@given(st.sampled_from([noise("JPEG", exif=exif()), noise("PNG"), noise("JPEG", progressive=True)]), changes)
def test_a_changed_photograph(whole, edits):
    is_kept_or_refused(mutated(whole, edits, 12))


@settings(max_examples=20, **quiet)
@given(st.sampled_from([noise("WEBP"), noise("WEBP", lossless=True), heic(exif=exif())]), changes)
def test_a_changed_photograph_of_a_phone(whole, edits):
    is_kept_or_refused(mutated(whole, edits, 16))


@settings(max_examples=30, **quiet)
@given(st.sampled_from([acting(), form()]), changes)
def test_a_changed_pdf(whole, edits):
    is_kept_or_refused(mutated(whole, edits, 8))
