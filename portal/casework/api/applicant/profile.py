"""The own profile, and the answers of an application, which are the same but for the declaration."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from applicants.people.answers import answers_of
from applicants.people.labels import masked_answers
from applicants.people.models import Person
from portal import clock
from portal.accounts.models import User
from portal.api.calls import ApiView, StrictSerializer
from portal.api.problems import Invalid, Refused
from portal.casework.api.applicant.reading import answers_shown
from portal.casework.api.applicant.sections import change_answers
from portal.casework.api.applicant.serializers import (
    AnswersChangeSerializer,
    AnswersSerializer,
    ProfileChangeSerializer,
    ProfileSerializer,
)
from portal.casework.doors import open_own, own_applications
from portal.casework.programmes import programme
from portal.casework.states import State


class ProfileView(ApiView):
    """GET and PATCH: the own profile."""

    refusals = (409,)

    @extend_schema(operation_id="profile", summary=gettext_lazy("本人的资料"), responses=ProfileSerializer)
    def get(self, request: Request) -> Response:
        """Answer 200 with every section, masked."""
        return Response(_profile(request.user))

    @extend_schema(
        operation_id="profile_change",
        summary=gettext_lazy("改本人资料的一个部分；要有一份没提交的草稿"),
        request=ProfileChangeSerializer,
        responses={200: ProfileSerializer},
    )
    def patch(self, request: Request) -> Response:
        """Answer 200 with the profile. As on the pages, it is a draft that lets it be changed."""
        section, given = _one_section(ProfileChangeSerializer, request)
        drafts = list(
            own_applications(request.user)
            .filter(state=State.DRAFT)
            .select_related("applicant", "policy_version__policy")
        )
        if not drafts:
            raise Refused(_("资料在草稿里改。请先开始一份申请。"))
        asking = (draft for draft in drafts if section in programme(draft.programme).sections)
        found = next(asking, drafts[0])
        change_answers(found, section, given, by=request.user, at=clock.now())
        return Response(_profile(request.user))


class AnswersView(ApiView):
    """GET and PATCH: the answers of one application."""

    refusals = (409,)

    @extend_schema(operation_id="answers", summary=gettext_lazy("一件申请填写的内容"), responses=AnswersSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Answer 200 with every section, masked."""
        return Response(AnswersSerializer(answers_shown(open_own(request.user, id))).data)

    @extend_schema(
        operation_id="answers_change",
        summary=gettext_lazy("改草稿的一个部分，或者补正里标出的地方"),
        request=AnswersChangeSerializer,
        responses={200: AnswersSerializer},
    )
    def patch(self, request: Request, id: UUID) -> Response:
        """Answer 200 with the answers as they stand now."""
        application = open_own(request.user, id)
        section, given = _one_section(AnswersChangeSerializer, request)
        change_answers(application, section, given, by=request.user, at=clock.now())
        return Response(AnswersSerializer(answers_shown(open_own(request.user, id))).data)


def _one_section(kind: type[StrictSerializer], request: Request) -> tuple[str, dict[str, Any]]:
    sent = kind.read(request.data)
    if len(sent) != 1:
        raise Invalid([_("一次改一个部分。")])
    section, given = next(iter(sent.items()))
    return section, dict(given)


def _profile(user: User) -> dict[str, Any]:
    person = Person.objects.filter(user=user).first()
    shown = masked_answers(answers_of(person)) if person else {}
    sections = {name: shown.get(name) or None for name in ("identity", "education", "employment", "account")}
    return ProfileSerializer({"is_number_proven": bool(person and person.is_proven), **sections}).data
