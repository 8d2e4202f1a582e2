"""Where beds are free: for anybody, as on the public page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from housing.lodging.api.public_serializers import NightsSerializer, SiteSerializer
from housing.lodging.nights import Nights
from housing.lodging.services.showing import free_by_night, open_sites
from portal import clock
from portal.casework.api.public.views import PublicView
from portal.policy.calendar import add_years

NIGHTS = 14
AHEAD_YEARS = 2


class SitesView(PublicView):
    """GET: the open sites with their free beds."""

    refusals = (422,)

    @extend_schema(
        operation_id="lodging_sites",
        summary=gettext_lazy("免费住宿的驿站，以及每晚的空床数"),
        parameters=[NightsSerializer],
        responses=SiteSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer 200 with a list of sites; nights that are over, or years ahead, are brought near."""
        sent = NightsSerializer.read(request.query_params)
        today = clock.today()
        first = min(max(sent.get("first_on", today), today), add_years(today, AHEAD_YEARS))
        nights = Nights(first, sent.get("night_count", NIGHTS))
        found = free_by_night(open_sites(Nights(today, 1)), nights)
        for site, rows in found.items():
            site.nights = [{"on": on, "free": free} for on, free in rows]
        return Response(SiteSerializer(list(found), many=True).data)
