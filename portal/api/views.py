"""The description of the API for programs and for people, and the answer to addresses that are not there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.calls import PUBLIC, ApiView
from portal.api.reading import groups_of, kinds_of_problem
from portal.api.schema import document


class SchemaView(ApiView):
    """GET: the OpenAPI 3.1 description, its words in the caller's language."""

    audience = PUBLIC
    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (JSONRenderer, OpenApiJsonRenderer)

    @extend_schema(exclude=True, responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Answer 200 with the description."""
        return Response(document(get_language() or ""))


class UnknownView(ApiView):
    """Any address under /api/ that stands nowhere else."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(exclude=True)
    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Answer 404 whatever is asked."""
        raise NotFound


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page, made on the server: one section per call."""
    described = document(get_language() or "")
    context = {"described": described, "groups": groups_of(described), "kinds": kinds_of_problem()}
    return render(request, "api/docs.html", context)
