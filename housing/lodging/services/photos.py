"""Photos of sites: uploaded by administrators, shown to everybody (housing/photos.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from housing import photos
from housing.lodging.models import Site, SitePhoto
from portal.accounts.models import User


def add_photo(
    *, site: Site, upload: UploadedFile[Any], caption_zh: str, caption_en: str, by: User, at: datetime
) -> SitePhoto:
    """Keep a picture as the site's last one. Raises PaperRefused with the sentence."""
    photo = SitePhoto(site=site, caption_zh=caption_zh, caption_en=caption_en)
    photos.add(photo, "site", upload=upload, by=by, at=at)
    return photo


def move_up(*, photo_id: UUID, by: User, at: datetime) -> None:
    """Show the photo one place earlier; the first one stays where it is. Raises SitePhoto.DoesNotExist."""
    photos.move_up(SitePhoto.objects.get(pk=photo_id), "site", by=by, at=at)


def remove_photo(*, photo_id: UUID, by: User, at: datetime) -> None:
    """Take the photo away. Raises SitePhoto.DoesNotExist."""
    photos.remove(SitePhoto.objects.select_related("site").get(pk=photo_id), "site", by=by, at=at)
