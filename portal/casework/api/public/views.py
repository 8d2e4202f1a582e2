"""Answers for anybody, under the same rules as the public pages."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from portal import clock
from portal.api.calls import PUBLIC, ApiView
from portal.api.problems import Invalid
from portal.casework.api.public.serializers import (
    EligibilityRequestSerializer,
    EligibilitySerializer,
    PolicySerializer,
    ProgrammeSerializer,
)
from portal.casework.programmes import all_programmes
from portal.casework.services.entitling import policies_in_force
from portal.policy.assessing import assess
from portal.policy.explanations import explain
from portal.policy.facts import Facts, Provenance
from portal.policy.models import PolicyVersion
from portal.policy.services import stored_calendar


class PublicView(ApiView):
    """No sign-in, no session."""

    audience = PUBLIC
    authentication_classes = ()
    permission_classes = ()


class ProgrammesView(PublicView):
    """GET: the programmes, each with the policies in force today; titles in the language of the request."""

    @extend_schema(
        operation_id="programmes",
        summary=gettext_lazy("待遇项目，以及每个项目现行的政策"),
        responses=ProgrammeSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer 200 with a list of programmes."""
        in_force: dict[str, list[PolicyVersion]] = {}
        for programme, version in policies_in_force(clock.today()):
            if programme.is_open:
                in_force.setdefault(programme.code, []).append(version)
        return Response(ProgrammeSerializer(all_programmes(), many=True, context={"in_force": in_force}).data)


class PoliciesView(PublicView):
    """GET: every policy in force today."""

    @extend_schema(
        operation_id="policies", summary=gettext_lazy("现行的全部政策"), responses=PolicySerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Answer 200 with a list of policies."""
        found = [version for _programme, version in policies_in_force(clock.today())]
        return Response(PolicySerializer(found, many=True).data)


class PolicyView(PublicView):
    """GET: one policy in force today."""

    @extend_schema(operation_id="policy", summary=gettext_lazy("一项现行政策"), responses=PolicySerializer)
    def get(self, request: Request, code: str) -> Response:
        """Answer 200, or 404 where it is not in force today."""
        for _programme, version in policies_in_force(clock.today()):
            if version.policy.code == code:
                return Response(PolicySerializer(version).data)
        raise Http404


class EligibilityView(PublicView):
    """POST: facts in, an answer for every policy in force out. No row, no session, no cookie and no log has them."""

    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "eligibility"

    @extend_schema(
        operation_id="eligibility",
        summary=gettext_lazy("按给出的事实看看是否符合；什么都不保存"),
        request=EligibilityRequestSerializer,
        responses={200: EligibilitySerializer(many=True)},
    )
    def post(self, request: Request) -> Response:
        """Answer 200 with an answer per policy."""
        asked = EligibilityRequestSerializer.read(request.data)
        code, on = asked.get("policy"), clock.today()
        versions = [version for _programme, version in policies_in_force(on) if code in (None, version.policy.code)]
        if code is not None and not versions:
            raise Invalid({"policy": [_("没有这项现行政策。")]})
        facts = Facts.of(on, asked["facts"], Provenance.DECLARED, "api")
        calendar = stored_calendar()
        rows = [_answer(version, facts, calendar) for version in versions]
        return Response(EligibilitySerializer(rows, many=True).data)


def _answer(version: PolicyVersion, facts: Facts, calendar: Any) -> dict[str, Any]:
    result = assess(version.parsed, facts, calendar, trust_declared=True)
    return {
        "programme": version.policy.programme,
        "policy": version.policy.code,
        "version": version.label,
        "verdict": result.verdict.value,
        "amount_fen": result.amount_fen,
        "instalments": result.instalments,
        "findings": [
            {"clause": finding.clause, "answer": finding.answer.value, "sentence": explain(finding)}
            for finding in result.findings
        ],
    }
