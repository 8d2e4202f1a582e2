"""What pages of lodging and of apartments have alike."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from housing.models import Photo
from housing.photos import open_photo
from portal.casework.doors import DESK_ROLES

A_DAY = 86_400  # seconds


def photo_shown(request: HttpRequest, photo: Photo, *, is_public: bool) -> HttpResponse:
    """The picture: to everybody, or of what is not public to staff only. Raises Http404."""
    if is_public:
        caching = f"public, max-age={A_DAY}, immutable"
    elif request.user.is_authenticated and request.user.has_role(*DESK_ROLES):
        caching = "private, no-store"
    else:
        raise Http404
    try:
        picture = open_photo(photo)
    except FileNotFoundError:
        raise Http404 from None
    return HttpResponse(picture, content_type="image/jpeg", headers={"Cache-Control": caching})
