"""The own applications: start, read, submit, correct, withdraw, discard."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal import clock
from portal.api.calls import CURSOR, ApiView, page_of, paged
from portal.api.keys import KEY, answered_once
from portal.api.problems import Invalid, Refused, told_as_refused
from portal.casework.api.applicant.reading import listed, whole
from portal.casework.api.applicant.serializers import (
    ApplicationFileSerializer,
    ApplicationSerializer,
    StartSerializer,
    VersionSerializer,
)
from portal.casework.doors import open_own, own_applications
from portal.casework.models import Application
from portal.casework.programmes import all_programmes
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import (
    discard_draft,
    resubmit_application,
    start_application,
    submit_application,
    withdraw_application,
)
from portal.casework.services.holding import NOTHING, held_by
from portal.casework.states import ENDED, State


class ApplicationsView(ApiView):
    """GET and POST: the own applications."""

    refusals = (404, 409)

    @extend_schema(
        operation_id="applications",
        summary=gettext_lazy("本人的申请，新的在前"),
        parameters=[CURSOR],
        responses=page_of(ApplicationSerializer),
    )
    def get(self, request: Request) -> Response:
        """Answer 200 with a page."""
        rows = own_applications(request.user).select_related("policy_version__policy")
        return paged(self, rows, lambda found: ApplicationSerializer(listed(found), many=True).data)

    @extend_schema(
        operation_id="application_start",
        summary=gettext_lazy("开始一份申请；已有没办结的，就得到那一件"),
        request=StartSerializer,
        responses={200: ApplicationFileSerializer, 201: ApplicationFileSerializer},
    )
    def post(self, request: Request) -> Response:
        """Answer 201 with a draft, or 200 with the application that is open already."""
        sent = StartSerializer.read(request.data)
        code, on = sent["programme"], clock.today()
        if code not in {item.code for item in all_programmes() if item.is_open}:
            raise Invalid({"programme": [_("没有这个正在受理的项目。")]})
        held = held_by(request.user, on).get(code, NOTHING)
        if held.open is None and held.granted is not None:
            raise Refused(_("您已经享受这一项，不用再申请。"))
        if held.open:
            return Response(_file(request, held.open.pk))
        if not sent["is_privacy_read"]:
            raise Invalid({"is_privacy_read": [_("请先阅读这个项目的隐私告知。")]})
        now = clock.now()
        with told_as_refused(StepRefused):
            row = start_application(
                user=request.user,
                programme_code=code,
                policy_code=sent["policy"],
                privacy_read_at=now,
                at=now,
            )
        return Response(_file(request, row.pk), status=201)


class ApplicationView(ApiView):
    """GET and DELETE: one application."""

    refusals = (409,)

    @extend_schema(
        operation_id="application", summary=gettext_lazy("一件申请的全部内容"), responses=ApplicationFileSerializer
    )
    def get(self, request: Request, id: UUID) -> Response:
        """Answer 200 with everything its page shows."""
        return Response(_file(request, id))

    @extend_schema(
        operation_id="application_discard", summary=gettext_lazy("删除一份草稿"), request=None, responses={204: None}
    )
    def delete(self, request: Request, id: UUID) -> Response:
        """Answer 204; 409 for what was submitted."""
        with told_as_refused(StepRefused):
            discard_draft(application=open_own(request.user, id), by=request.user, at=clock.now())
        return Response(status=204)


class SubmitView(ApiView):
    """POST: send a draft, or a correction once more."""

    refusals = (409,)

    @extend_schema(
        operation_id="application_submit",
        summary=gettext_lazy("提交草稿，或者补正以后再次提交"),
        parameters=[KEY],
        request=VersionSerializer,
        responses={200: ApplicationFileSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 200 with the application, the same for the same Idempotency-Key."""
        application = open_own(request.user, id)
        version = _version(request)

        def act() -> Any:
            send = resubmit_application if application.state == State.CORRECTION else submit_application
            sent = send(application=application, by=request.user, at=clock.now(), expected_version=version)
            if sent.state in ENDED or sent.version <= version:  # not what this call, or one like it, has sent
                raise StepRefused(_("这件申请现在不能这样办理。"))
            return _plain(_file(request, id))

        with told_as_refused(StepRefused):
            return answered_once(request, act)


class WithdrawView(ApiView):
    """POST: withdraw what is not decided."""

    refusals = (409,)

    @extend_schema(
        operation_id="application_withdraw",
        summary=gettext_lazy("撤回还没办结的申请"),
        request=VersionSerializer,
        responses={200: ApplicationFileSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 200 with the application; withdrawing twice is once."""
        application = open_own(request.user, id)
        with told_as_refused(StepRefused):
            withdraw_application(
                application=application, by=request.user, at=clock.now(), expected_version=_version(request)
            )
        return Response(_file(request, id))


def _version(request: Request) -> int:
    return VersionSerializer.read(request.data)["version"]


def _file(request: Request, pk: UUID) -> Any:
    row: Application = open_own(request.user, pk)
    return ApplicationFileSerializer(whole(row)).data


def _plain(body: Any) -> Any:
    """As it goes over the wire: days and ids as text."""
    return json.loads(JSONRenderer().render(body))
