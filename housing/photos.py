"""Pictures of what people live in: made anew without what cameras wrote, and kept in an order. Most are public.

A photo is a row of a model with a foreign key ``owner`` ("site", "unit"), which also names its folder and its audit
entries, and the columns position, stored_as, sha256, width, height, size, added_by and added_at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from PIL import Image

from applicants.people.papers_pictures import content_type_of, made_anew
from applicants.people.refusals import PaperRefused, Unfit
from portal.accounts.models import User
from portal.audit.services import record
from portal.vault.files import delete_sealed, read_sealed, stored_with_row

ACCEPT = "image/jpeg,image/png"
MOST_PHOTOS = 12  # of one place
MOST_BYTES = 10 * 1024 * 1024
MOST_MEGAPIXELS = 40
LONGEST = 1280  # pixels of the longer side
LEAST = (640, 400)
QUALITY = 80


def add(
    photo: Any,
    owner: str,
    *,
    upload: UploadedFile[Any],
    by: User,
    at: datetime,
    most: int = MOST_PHOTOS,
    allowed: Callable[[], object] = lambda: None,
) -> None:
    """Judge, shrink and keep a picture as the last of at most ``most``. Raises PaperRefused with the sentence.

    No transaction is open while the picture is worked on; ``allowed`` is called first in the one that keeps it, and
    raises where the owner takes none now.
    """
    written, photo.width, photo.height = _shrunk(upload)
    photo.sha256, photo.size = sha256(written).hexdigest(), len(written)
    photo.added_by, photo.added_at = by, at
    photo.stored_as = f"{owner}s/{photo.pk.hex[:2]}/{uuid4().hex}"
    with stored_with_row(photo.stored_as, written):  # sealed as every file here is
        allowed()
        found = _locked(photo, owner)
        if found.count() >= most:
            raise PaperRefused(_("最多放 %(count)s 张照片。请先删掉不用的。") % {"count": most})
        photo.position = (found.aggregate(last=Max("position"))["last"] or 0) + 1
        photo.save(force_insert=True)
        record(action=f"{owner}.add_photo", actor=by, target=getattr(photo, owner), at=at, digest=photo.sha256)


def move_up(photo: Any, owner: str, *, by: User, at: datetime) -> None:
    """Show the photo one place earlier; the first one stays where it is. Raises the model's DoesNotExist."""
    with transaction.atomic():
        found = _locked(photo, owner)
        photo.refresh_from_db()
        before = found.filter(position__lt=photo.position).order_by("-position").first()
        if before is None:
            return
        mine, theirs = photo.position, before.position
        # The position is unique at every moment: by way of one that nobody has.
        for row, position in ((photo, 0), (before, mine), (photo, theirs)):
            row.position = position
            row.save(update_fields=["position"])
        record(action=f"{owner}.move_photo", actor=by, target=getattr(photo, owner), at=at)


def remove(photo: Any, owner: str, *, by: User, at: datetime) -> None:
    """Take the photo away; the file goes once the row is gone."""
    with transaction.atomic():
        record(action=f"{owner}.remove_photo", actor=by, target=getattr(photo, owner), at=at, digest=photo.sha256)
        photo.delete()
        transaction.on_commit(lambda: delete_sealed(photo.stored_as))


def open_photo(photo: Any) -> bytes:
    """The JPEG. Raises FileNotFoundError and SealBroken where the store was damaged."""
    return read_sealed(photo.stored_as)


def _locked(photo: Any, owner: str) -> Any:
    """All photos of the owner, whose row is locked for the running transaction."""
    of = getattr(photo, owner)
    type(of).objects.select_for_update(no_key=True).values_list("pk").get(pk=of.pk)
    return type(photo).objects.filter(**{owner: of})


def _shrunk(upload: UploadedFile[Any]) -> tuple[bytes, int, int]:
    """The picture as JPEG with its width and height. Raises PaperRefused."""
    if (upload.size or 0) > MOST_BYTES:
        raise PaperRefused(_("照片超过 10 MB。请换一张小一些的。"))
    data = upload.read(MOST_BYTES + 1)
    content_type = content_type_of(data)
    if content_type not in ACCEPT.split(","):
        raise PaperRefused(_("照片只收 JPEG 和 PNG。请换成这些格式再传，只改文件名不行。"))
    try:
        data = made_anew(data, content_type, MOST_MEGAPIXELS)
    except Unfit:
        raise PaperRefused(_("这张照片打不开，或者太大。请换一张。")) from None
    with Image.open(BytesIO(data)) as picture:
        if picture.width < LEAST[0] or picture.height < LEAST[1]:
            least = {"width": LEAST[0], "height": LEAST[1]}
            raise PaperRefused(_("这张照片太小，至少要 %(width)s×%(height)s 像素。请换一张更清楚的。") % least)
        small = picture.convert("RGB")
    small.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    written = BytesIO()
    small.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return written.getvalue(), small.width, small.height
