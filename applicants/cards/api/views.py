"""Recognitions and portrait of an application for a card: the same services as the pages call."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from applicants.cards.api.serializers import (
    PortraitSerializer,
    PortraitUploadSerializer,
    RecognitionSerializer,
    RecognitionsSerializer,
)
from applicants.cards.forms.applying import RecognitionForm
from applicants.cards.models import Recognition
from applicants.cards.programme import CODE
from applicants.cards.services.applying import (
    claim_no_recognition,
    claim_recognition,
    detail_of,
    recognitions_of,
    remove_recognition,
)
from applicants.cards.services.portraits import Cut, add_picture, set_portrait
from applicants.people.refusals import PaperRefused
from portal import clock
from portal.api.calls import ApiView
from portal.api.problems import Invalid, Refused, told_as_refused
from portal.casework.completeness import editable_fields
from portal.casework.doors import open_own
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused


class RecognitionsView(ApiView):
    """GET and POST: the recognitions that an application claims."""

    refusals = (409,)

    @extend_schema(
        operation_id="recognitions",
        summary=gettext_lazy("优才卡申请填写的人才认定"),
        responses=RecognitionsSerializer,
    )
    def get(self, request: Request, id: UUID) -> Response:
        """Answer 200 with all of them."""
        return Response(_claimed(open_own(request.user, id, programme=CODE)))

    @extend_schema(
        operation_id="recognition_add",
        summary=gettext_lazy("填一项人才认定"),
        request=RecognitionSerializer,
        responses={201: RecognitionsSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 201 with all of them; the very same again changes nothing."""
        application = open_own(request.user, id, programme=CODE)
        sent = RecognitionSerializer.read(request.data)
        form = RecognitionForm(sent, application=application, on=clock.today())
        if not form.is_valid():
            raise Invalid.of(form)
        with told_as_refused(StepRefused):
            claim_recognition(application=application, by=request.user, at=clock.now(), **form.cleaned_data)
        return Response(_claimed(application), status=201)


class NoRecognitionView(ApiView):
    """POST: answer that there is none."""

    refusals = (409,)

    @extend_schema(
        operation_id="recognitions_none",
        summary=gettext_lazy("答：没有人才认定，按学历办卡"),
        request=None,
        responses={200: RecognitionsSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 200; 409 where some are claimed."""
        application = open_own(request.user, id, programme=CODE)
        with told_as_refused(StepRefused):
            claim_no_recognition(application=application, by=request.user, at=clock.now())
        return Response(_claimed(application))


class RecognitionView(ApiView):
    """DELETE: take a claim back."""

    refusals = (409,)

    @extend_schema(
        operation_id="recognition_remove",
        summary=gettext_lazy("删去一项人才认定"),
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, id: UUID, recognition: UUID) -> Response:
        """Answer 204; a second time 404."""
        application = open_own(request.user, id, programme=CODE)
        row = Recognition.objects.filter(pk=recognition, person=application.applicant, removed_at=None).first()
        if row is None:
            raise Http404
        with told_as_refused(StepRefused):
            remove_recognition(application=application, recognition=row, by=request.user, at=clock.now())
        return Response(status=204)


class PortraitView(ApiView):
    """POST: the portrait of an application."""

    parser_classes = (MultiPartParser,)
    refusals = (409,)

    @extend_schema(
        operation_id="portrait_set",
        summary=gettext_lazy("上传证件照，裁成卡上的样子"),
        request=PortraitUploadSerializer,
        responses={200: PortraitSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 200 with what became of it."""
        application = open_own(request.user, id, programme=CODE)
        if editable_fields(application, "portrait") == set():
            raise Refused(_("这一部分现在不能再改。"))
        cut = PortraitUploadSerializer.read(request.data)
        upload = cut.pop("file")
        about = {"application": application, "by": request.user, "at": clock.now()}
        try:
            paper = add_picture(upload=upload, **about)
            detail = set_portrait(paper=paper, cut=Cut(**cut) if cut else None, **about)
        except PaperRefused as refusal:
            raise Invalid({"file": [refusal.sentence]}) from refusal
        except StepRefused as refusal:
            raise Refused(str(refusal)) from refusal
        return Response(PortraitSerializer(detail.portrait).data)


def _claimed(application: Application) -> dict[str, object]:
    answer, rows = detail_of(application).has_recognitions, recognitions_of(application.applicant)
    return RecognitionsSerializer({"has_recognitions": answer, "recognitions": rows}).data
