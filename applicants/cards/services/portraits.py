"""Portraits: an uploaded picture, cut to the ratio of an identity photograph and kept sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image

from applicants.cards.models import CardApplication, Portrait
from applicants.cards.services.applying import detail_of, keep
from applicants.people.models import Paper
from applicants.people.papers import accept_paper, open_paper
from applicants.people.refusals import PaperRefused
from portal.accounts.models import User
from portal.casework.models import Application
from portal.policy.terms import PaperLimits
from portal.vault.files import read_sealed, stored_with_row
from portal.vault.sealing import keyed_hash

KIND = "portrait"
LIMITS = PaperLimits(formats=("jpeg", "png"))
# GA/T 1011: the photograph of a resident identity card is 358 by 441 pixels. Twice that is kept where there is as much.
LEAST = (358, 441)
MOST = (716, 882)
QUALITY = 92


@dataclass(frozen=True)
class Cut:
    """Where the portrait is cut out, in pixels of the upright picture; the height follows from the ratio."""

    left: int
    top: int
    width: int

    @property
    def height(self) -> int:
        """In the ratio of LEAST."""
        return round(self.width * LEAST[1] / LEAST[0])


def add_picture(*, application: Application, upload: UploadedFile[Any], by: User, at: datetime) -> Paper:
    """Keep an uploaded picture that a portrait can be cut out of. Raises PaperRefused with the sentence."""
    paper = accept_paper(person=application.applicant, kind=KIND, upload=upload, limits=LIMITS, by=by, at=at)
    with Image.open(BytesIO(open_paper(paper))) as picture:
        size = picture.size
    if widest_cut(size).width < LEAST[0]:
        raise PaperRefused(
            _("这张照片太小，至少要 %(width)s×%(height)s 像素。请换一张更清楚的。")
            % {"width": LEAST[0], "height": LEAST[1]}
        )
    return paper


def widest_cut(size: tuple[int, int]) -> Cut:
    """The largest cut in the middle of a picture of ``size``, a little above it, where heads are."""
    width, height = size
    cut_width = min(width, int(height * LEAST[0] / LEAST[1]))
    cut = Cut((width - cut_width) // 2, 0, cut_width)
    return Cut(cut.left, max(0, (height - cut.height) // 3), cut_width)


def picture_of(paper: Paper) -> tuple[bytes, tuple[int, int]]:
    """The stored picture with its width and height."""
    data = open_paper(paper)
    with Image.open(BytesIO(data)) as picture:
        return data, picture.size


def set_portrait(*, application: Application, paper: Paper, cut: Cut | None, by: User, at: datetime) -> CardApplication:
    """Cut the portrait out and make it the application's; without ``cut`` the widest. The same cut changes nothing.

    No transaction is open while the picture is worked on. Raises PaperRefused where the cut lies outside the picture or
    is too small, StepRefused where the portrait may not be changed now.
    """
    data, size = picture_of(paper)
    cut = cut or widest_cut(size)
    if cut.left + cut.width > size[0] or cut.top + cut.height > size[1]:
        raise PaperRefused(_("选的范围超出了照片。请重新选一次。"))
    if cut.width < LEAST[0]:
        raise PaperRefused(_("选的范围太小，打印出来会不清楚。请选大一些，或换一张照片。"))
    now = detail_of(application).portrait
    if now and (now.source_id, now.left, now.top, now.cut_width) == (paper.pk, cut.left, cut.top, cut.width):
        return detail_of(application)
    written, width, height = _cut_out(data, cut)
    portrait = Portrait(
        person=application.applicant,
        source=paper,
        left=cut.left,
        top=cut.top,
        cut_width=cut.width,
        width=width,
        height=height,
        size=len(written),
        sha256=keyed_hash("portrait", sha256(written).hexdigest()),
        made_at=at,
        made_by=by,
    )
    portrait.stored_as = f"portraits/{portrait.pk.hex[:2]}/{uuid4().hex}"
    with stored_with_row(portrait.stored_as, written):
        portrait.save()
        return keep(application, "portrait", {"portrait": portrait}, by=by, at=at)


def open_portrait(portrait: Portrait) -> bytes:
    """The JPEG. Raises FileNotFoundError and SealBroken where the store was damaged."""
    return read_sealed(portrait.stored_as)


def _cut_out(data: bytes, cut: Cut) -> tuple[bytes, int, int]:
    with Image.open(BytesIO(data)) as picture:
        colour = picture.convert("RGB")
    portrait = colour.crop((cut.left, cut.top, cut.left + cut.width, cut.top + cut.height))
    portrait = portrait.resize(MOST if cut.width >= MOST[0] else LEAST, Image.Resampling.LANCZOS)
    written = BytesIO()
    portrait.save(written, "JPEG", quality=QUALITY)
    return written.getvalue(), portrait.width, portrait.height
