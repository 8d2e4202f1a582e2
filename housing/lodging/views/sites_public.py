"""What everybody sees of sites: where they are, how they look, which nights have free beds."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from housing.lodging.models import Site, SitePhoto
from housing.lodging.nights import Nights, night_of
from housing.lodging.programme import CODE
from housing.lodging.services.availability import free_beds
from housing.lodging.services.calendar import Month, weeks_of
from housing.lodging.services.showing import free_by_night, open_sites
from housing.views import photo_shown
from portal import clock
from portal.casework.programmes import programme

NEXT_NIGHTS = 14


@require_safe
def lodging_sites(request: HttpRequest) -> HttpResponse:
    """The open sites, each with its first photo and what is free tonight."""
    tonight = Nights(night_of(clock.now()), 1)
    free = free_by_night(open_sites(tonight), tonight)
    first: dict[UUID, SitePhoto] = {}
    for photo in SitePhoto.objects.filter(site__in=free).order_by("site", "position"):
        first.setdefault(photo.site_id, photo)
    rows = [{"site": site, "free": nights[0][1], "photo": first.get(site.pk)} for site, nights in free.items()]
    return render(request, "lodging/sites/list.html", {"rows": rows, "programme": programme(CODE)})


@require_safe
def lodging_site(request: HttpRequest, id: UUID) -> HttpResponse:
    """One open site, with a month of its calendar (``?month=2026-03``) and the next nights by sex."""
    today, tonight = clock.today(), night_of(clock.now())
    site = get_object_or_404(Site.objects.bookable(Nights(tonight, 1)).select_related("place__partner"), pk=id)
    month = Month.asked(request.GET.get("month", ""), today)
    context = {
        "programme": programme(CODE),
        "site": site,
        "photos": site.photos.all(),
        "month": month,
        "earlier": earlier if (earlier := month.moved(-1)).within(today, back=0) else None,
        "later": later if (later := month.moved(1)).within(today) else None,
        "weeks": weeks_of(site, month, tonight=tonight),
        "next_nights": free_beds(site, Nights(tonight, NEXT_NIGHTS)),
    }
    return render(request, "lodging/sites/one.html", context)


@require_safe
def lodging_photo(request: HttpRequest, id: UUID) -> HttpResponse:
    """The picture; of a site that is not open, to staff only."""
    photo = get_object_or_404(SitePhoto.objects.select_related("site"), pk=id)
    return photo_shown(request, photo, is_public=photo.site.is_open)
