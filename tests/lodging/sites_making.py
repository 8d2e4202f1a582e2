"""Pictures and a site with something at every address of the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from housing.lodging.models import Site, SitePhoto
from housing.lodging.nights import Nights
from housing.lodging.services.closing import close_bed
from housing.lodging.services.photos import add_photo
from portal.accounts.models import Role
from tests.factories import staff
from tests.lodging.making import AT, beds_of, make_site


def picture(width: int = 900, height: int = 600, kind: str = "JPEG") -> SimpleUploadedFile:
    """An upload whose name and type say something else than its content."""
    target = BytesIO()
    Image.new("RGB", (width, height), "#88aacc").save(target, kind)
    return SimpleUploadedFile("a.txt", target.getvalue(), content_type="text/html")


def photo_of(site: Site, caption: str = "四人间", *, at: datetime = AT) -> SitePhoto:
    """A photo, added after those that are there."""
    by = staff(Role.ADMINISTRATOR)
    return add_photo(site=site, upload=picture(), caption_zh=caption, caption_en="", by=by, at=at)


def site_places(now: datetime) -> dict[str, tuple]:
    """What the addresses of a site are opened with: an open site, a photo, a room, a free bed and a closed one."""
    site = make_site(2)
    bed, other = beds_of(site)
    nights = Nights(now.date() + timedelta(days=1), 2)
    closure = close_bed(bed=other, nights=nights, reason="维修", by=staff(Role.ADMINISTRATOR), at=now)
    photo = (photo_of(site, at=now).pk,)
    of_site = ("desk_site", *(f"desk_site_{act}" for act in ("calendar", "edit", "rate", "photo_new", "room_new")))
    return {
        **dict.fromkeys(("lodging_site", *of_site), (site.pk,)),
        **dict.fromkeys(("lodging_photo", "desk_site_photo"), photo),
        **dict.fromkeys(("desk_site_bed", "desk_site_bed_close", "desk_site_bed_retire"), (bed.pk,)),
        "desk_site_room": (bed.room_id,),
        "desk_site_closure": (closure.pk,),
    }
