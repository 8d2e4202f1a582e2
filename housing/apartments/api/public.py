"""Rounds for anybody, as on the public pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from housing.apartments.api.serializers import RoundSerializer
from housing.apartments.models import PUBLIC_ROUNDS, Round
from housing.apartments.services.entering import types_by_round
from portal.casework.api.public.views import PublicView

NEWEST = 50


class RoundsView(PublicView):
    """GET: the newest rounds."""

    @extend_schema(
        operation_id="apartment_rounds",
        summary=gettext_lazy("人才公寓的批次：时间、办法、房型和公布的哈希值"),
        responses=RoundSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer 200 with the newest fifty."""
        rounds = list(Round.objects.filter(state__in=PUBLIC_ROUNDS).order_by("-opens_at", "-pk")[:NEWEST])
        types = types_by_round(rounds)
        for row in rounds:
            row.types = types[row.pk]
        return Response(RoundSerializer(rounds, many=True).data)
