"""Free beds of several sites at once, for pages that list them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from housing.lodging.models import LIVE, Bed, BedNight, Site, Stay
from housing.lodging.nights import Nights
from housing.lodging.services.applying import Wish
from housing.lodging.services.availability import fitting_beds, takes_guests

MOST_OTHERS = 5


def open_sites(nights: Nights) -> list[Site]:
    """The sites that take bookings for all of these nights, town by town."""
    rows = Site.objects.bookable(nights).select_related("place__partner")
    return list(rows.order_by("place__town", "place__name_zh", "pk"))


def without_a_site(stays: QuerySet[Stay]) -> list[Stay]:
    """Those that are to come or go on at a site that takes guests no longer on their last night, the soonest first."""
    partner = "site__place__partner__"
    ends = Q(**{f"{partner}active_to__lt": F("leaves_on")}) | Q(**{f"{partner}closed_at__isnull": False})
    rows = stays.filter(ends | Q(site__place__closed_at__isnull=False), state__in=LIVE).order_by("first_on", "id")
    rows = rows.select_related("site__place__partner", "booking__application")
    return [stay for stay in rows if not takes_guests(stay.site, stay.planned.last)]


def free_by_night(sites: Iterable[Site], nights: Nights) -> dict[Site, list[tuple[date, int]]]:
    """The free beds of each site on each night, whoever may have them; two queries for any number of sites.

    Their places and partners are loaded.
    """
    sites = list(sites)
    beds = Bed.objects.filter(room__site__in=sites, retired_at=None).order_by()
    totals = dict(beds.values_list("room__site").annotate(count=Count("id")))
    taken = BedNight.objects.filter(bed__in=beds, on__gte=nights.first, on__lte=nights.last).order_by()
    used = Counter[tuple[object, date]]()
    for site, on, count in taken.values_list("bed__room__site", "on").annotate(count=Count("id")):
        used[site, on] = count
    return {
        site: [(on, totals.get(site.pk, 0) - used[site.pk, on] if takes_guests(site, on) else 0) for on in nights.dates]
        for site in sites
    }


def other_sites(wish: Wish) -> list[Site]:
    """Other sites with a bed for all of the nights wished, five at most; a query for each site."""
    others = [site for site in open_sites(wish.nights) if site.pk != wish.site.pk]
    about = {"needs_accessible": wish.needs_accessible}
    found = (site for site in others if fitting_beds(site, wish.nights, wish.sex, **about).exists())
    return [site for _number, site in zip(range(MOST_OTHERS), found, strict=False)]
