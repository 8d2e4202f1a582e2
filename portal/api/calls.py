"""What every endpoint is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

PUBLIC = pgettext_lazy("api", "公开")
APPLICANT = pgettext_lazy("api", "申请人")
STAFF = pgettext_lazy("api", "工作人员")

CURSOR = OpenApiParameter("cursor", str, description=gettext_lazy("上一次回答里 next 或 previous 给出的位置。"))


class ApiView(APIView):
    """An endpoint of one audience; ``refusals`` are the problems it answers beyond those of every call."""

    audience: Any = APPLICANT
    refusals: Sequence[int] = ()
    http_method_names = ("get", "head", "post", "patch", "delete")  # what may be called is said by the schema alone

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let no cache keep an answer that is one person's."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.permission_classes or request.method not in ("GET", "HEAD", "OPTIONS"):
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


class StrictSerializer(serializers.Serializer):
    """What is sent, refused where it has names that nobody knows: a misspelt answer is not an answer left out."""

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """What was sent, checked. Raises ValidationError."""
        sent = cls(data=data)
        sent.is_valid(raise_exception=True)
        return sent.validated_data

    def to_internal_value(self, data: Any) -> Any:
        """Read and check. Raises ValidationError; names of the caller's own are not repeated to them."""
        if isinstance(data, dict) and not set(data) <= set(self.fields):
            known = ", ".join(self.fields)
            sentence = _("有不认识的栏目。可以用的是：%(known)s。") % {"known": known}
            raise exceptions.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [sentence]})
        return super().to_internal_value(data)


class Pages(CursorPagination):
    """Fifty rows a page, by the place of the last one; the order is the queryset's, and ends in a unique column."""

    page_size = 50

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        """The order that the door gave the rows."""
        return tuple(queryset.query.order_by)

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any] | None:
        """One page. Raises NotFound for a cursor that nobody was given."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, OverflowError):
            raise exceptions.NotFound from None


def paged(view: ApiView, rows: QuerySet[Model], show: Callable[[list[Any]], Iterable[Any]]) -> Response:
    """One page of ``rows``; ``show`` turns its rows into plain values together, fetching once for all."""
    pages = Pages()
    return pages.get_paginated_response(show(pages.paginate_queryset(rows, view.request, view) or []))


@lru_cache(maxsize=32)
def page_of(item: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """How a page of ``item`` is described."""
    return type(
        f"{item.__name__.removesuffix('Serializer')}PageSerializer",
        (serializers.Serializer,),
        {
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": item(many=True),
            "__doc__": "",
        },
    )


def query(name: str, words: Any, choices: Sequence[str] = ()) -> OpenApiParameter:
    """An optional text in the address."""
    return OpenApiParameter(name, OpenApiTypes.STR, description=words, enum=list(choices) or None)
