"""The own papers, and those that stand with an application."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from applicants.people.models import Paper
from applicants.people.papers_shown import paper_response
from applicants.people.refusals import PaperRefused
from portal import clock
from portal.api.calls import CURSOR, ApiView, page_of, paged
from portal.api.problems import Invalid, Refused, told_as_refused
from portal.casework.api.applicant.reading import shelf_shown
from portal.casework.api.applicant.serializers import PaperSerializer, ShelvedSerializer, UploadSerializer
from portal.casework.doors import open_own
from portal.casework.services.advancing import StepRefused
from portal.casework.services.supplying import hand_in_paper, take_back_paper

FILES = {(200, kind): OpenApiTypes.BINARY for kind in ("image/jpeg", "image/png", "application/pdf")}


class PapersView(ApiView):
    """GET: every paper of one's own."""

    refusals = (404,)

    @extend_schema(
        operation_id="papers",
        summary=gettext_lazy("本人上传过的材料"),
        parameters=[CURSOR],
        responses=page_of(PaperSerializer),
    )
    def get(self, request: Request) -> Response:
        """Answer 200 with a page, the oldest first."""
        rows = Paper.objects.filter(person__user=request.user).order_by("uploaded_at", "id")
        return paged(self, rows, lambda found: PaperSerializer(found, many=True).data)


class AnyFormat(DefaultContentNegotiation):
    """The file is of the format it is of."""

    def select_renderer(self, request: Request, renderers: list, format_suffix: str | None = None) -> tuple:
        """The first, which only a problem is written with."""
        return renderers[0], renderers[0].media_type


class PaperContentView(ApiView):
    """GET: the file of one of one's own papers."""

    content_negotiation_class = AnyFormat

    @extend_schema(operation_id="paper_content", summary=gettext_lazy("下载一份材料"), responses=FILES)
    def get(self, request: Request, id: UUID) -> HttpResponse:
        """Answer 200 with the bytes, as an attachment; 404 for a paper of anybody else."""
        found = Paper.objects.filter(pk=id, person__user=request.user).first()
        if found is None:
            raise Http404
        return paper_response(found)


class ShelfView(ApiView):
    """GET and POST: the papers of one application."""

    parser_classes = (MultiPartParser,)
    refusals = (409,)

    @extend_schema(
        operation_id="application_papers",
        summary=gettext_lazy("一件申请的材料"),
        responses=ShelvedSerializer(many=True),
    )
    def get(self, request: Request, id: UUID) -> Response:
        """Answer 200 with a list."""
        return Response(ShelvedSerializer(shelf_shown(open_own(request.user, id)), many=True).data)

    @extend_schema(
        operation_id="application_paper_add",
        summary=gettext_lazy("给草稿或补正上传一份材料"),
        request=UploadSerializer,
        responses={201: ShelvedSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 201 with the paper in its place."""
        application = open_own(request.user, id)
        sent = UploadSerializer.read(request.data)
        kind, upload = sent["kind"], sent["file"]
        try:
            row = hand_in_paper(application=application, kind=kind, upload=upload, by=request.user, at=clock.now())
        except PaperRefused as refusal:
            raise Invalid({"file": [refusal.sentence]}) from refusal
        except StepRefused as refusal:
            raise Refused(str(refusal)) from refusal
        shown = next(item for item in shelf_shown(application) if item["id"] == row.pk)
        return Response(ShelvedSerializer(shown).data, status=201)


class ShelvedView(ApiView):
    """DELETE: take a paper back, as long as the application lets it be."""

    refusals = (409,)

    @extend_schema(
        operation_id="application_paper_remove",
        summary=gettext_lazy("从草稿或补正里拿走一份材料"),
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, id: UUID, shelved: UUID) -> Response:
        """Answer 204; a second time 404."""
        application = open_own(request.user, id)
        row = application.shelf.filter(pk=shelved, removed_at__isnull=True).select_related("paper__person").first()
        if row is None:
            raise Http404
        with told_as_refused(StepRefused):
            take_back_paper(application=application, shelved=row, by=request.user, at=clock.now())
        return Response(status=204)
