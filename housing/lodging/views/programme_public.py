"""The public page of free lodging: where beds are free, night by night."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from housing.lodging.nights import ONE_DAY, Nights
from housing.lodging.programme import CODE
from housing.lodging.services.showing import free_by_night, open_sites
from portal import clock
from portal.casework.programmes import programme

NIGHTS = 14
MOST_WEEKS = 26  # ahead


@require_safe
def lodging(request: HttpRequest) -> HttpResponse:
    """Every open site with its free beds on two weeks of nights; ``?weeks=2`` begins two weeks later."""
    weeks = _weeks(request.GET.get("weeks", ""))
    today = clock.today()
    nights = Nights(today + 7 * weeks * ONE_DAY, NIGHTS)
    sites = free_by_night(open_sites(Nights(today, 1)), nights)
    context = {
        "programme": programme(CODE),
        "nights": nights,
        "sites": [{"site": it, "nights": rows, "most": max(free for _on, free in rows)} for it, rows in sites.items()],
        "earlier": max(weeks - 2, 0) if weeks else None,
        "later": weeks + 2 if weeks + 2 <= MOST_WEEKS else None,
    }
    return render(request, "lodging/applying/public.html", context)


def _weeks(text: str) -> int:
    return min(int(text), MOST_WEEKS) if text.isdecimal() and len(text) < 4 else 0
