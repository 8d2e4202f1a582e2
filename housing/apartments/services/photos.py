"""Photos of units: uploaded by administrators, shown to everybody (housing/photos.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from housing import photos
from housing.apartments.models import Unit, UnitPhoto
from portal.accounts.models import User


def add_photo(
    *, unit: Unit, upload: UploadedFile[Any], caption_zh: str, caption_en: str, by: User, at: datetime
) -> UnitPhoto:
    """Keep a picture as the unit's last one. Raises PaperRefused with the sentence."""
    photo = UnitPhoto(unit=unit, caption_zh=caption_zh, caption_en=caption_en)
    photos.add(photo, "unit", upload=upload, by=by, at=at)
    return photo


def move_up(*, photo: UnitPhoto, by: User, at: datetime) -> None:
    """Show the photo one place earlier; the first one stays where it is."""
    photos.move_up(photo, "unit", by=by, at=at)


def remove_photo(*, photo: UnitPhoto, by: User, at: datetime) -> None:
    """Take the photo away."""
    photos.remove(photo, "unit", by=by, at=at)
