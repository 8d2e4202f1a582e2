"""Rounds, offers and leases of one's own application: the same services as the pages call."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from applicants.people.refusals import Refused as Forbidden
from housing.apartments.api.serializers import AnswerSerializer, EnterSerializer, LeaseSerializer, PlaceSerializer
from housing.apartments.models import STANDING, Entrant, Offer, OfferState, Round, RoundState, UnitType
from housing.apartments.programme import CODE
from housing.apartments.services.entering import enter_round, leave_round
from housing.apartments.services.leasing import own_leases
from housing.apartments.services.offering import accept_offer, end_offer
from housing.apartments.services.outlook import places_of_application
from portal import clock
from portal.api.calls import ApiView
from portal.api.problems import Invalid, Refused, told_as_refused
from portal.casework.doors import open_own
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused


class EntryView(ApiView):
    """GET, POST and DELETE: the places in rounds."""

    refusals = (409,)

    @extend_schema(
        operation_id="apartment_entry",
        summary=gettext_lazy("人才公寓：参加的批次、编号、排位和房源"),
        responses=PlaceSerializer(many=True),
    )
    def get(self, request: Request, id: UUID) -> Response:
        """Answer 200, the newest place first."""
        return _places(open_own(request.user, id, programme=CODE))

    @extend_schema(
        operation_id="apartment_entry_enter",
        summary=gettext_lazy("报名参加一个批次"),
        request=EnterSerializer,
        responses={200: PlaceSerializer(many=True)},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 200 with the places; the very same again changes nothing, 409 where it cannot be entered."""
        application = open_own(request.user, id, programme=CODE)
        sent = EnterSerializer.read(request.data)
        row = Round.objects.filter(number=sent["round"], state=RoundState.OPEN).first()
        if row is None:
            raise Invalid({"round": [_("没有这个正在报名的批次。")]})
        known = {it.code: it for it in UnitType.objects.filter(code__in=sent["types"])}
        if not set(sent["types"]) <= set(known):
            raise Invalid({"types": [_("请从这个批次的房型里选。")]})
        asked = {"application_id": application.pk, "types": [known[code] for code in sent["types"]]}
        with told_as_refused(Forbidden, StepRefused):
            enter_round(round_id=row.pk, **asked, by=request.user, at=clock.now())
        return _places(application)

    @extend_schema(
        operation_id="apartment_entry_leave",
        summary=gettext_lazy("退出正在参加的批次"),
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, id: UUID) -> Response:
        """Answer 204, also where nobody stands in a round."""
        application = open_own(request.user, id, programme=CODE)
        for entrant in Entrant.objects.filter(application=application, state__in=STANDING):
            with told_as_refused(Forbidden, StepRefused):
                leave_round(entrant_id=entrant.pk, by=request.user, at=clock.now())
        return Response(status=204)


class OfferView(ApiView):
    """POST: answer the open offer."""

    refusals = (409,)

    @extend_schema(
        operation_id="apartment_offer_answer",
        summary=gettext_lazy("答复房源：接受或者放弃"),
        request=AnswerSerializer,
        responses={200: PlaceSerializer(many=True)},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 200 with the places; 409 where nothing is offered any more, or somebody was quicker."""
        application = open_own(request.user, id, programme=CODE)
        sent = AnswerSerializer.read(request.data)
        offer = Offer.objects.filter(entrant__application=application, state=OfferState.OPEN).first()
        if offer is None:
            raise Refused(_("现在没有等您答复的房源。"))
        about = {"offer_id": offer.pk, "by": request.user, "at": clock.now()}
        with told_as_refused(Forbidden, StepRefused):
            if sent["act"] == "accept":
                accept_offer(unit_id=sent["unit"], **about)
            else:
                end_offer(state=OfferState.REFUSED, **about)
        return _places(application)


class LeasesView(ApiView):
    """GET: the leases that came of the application."""

    @extend_schema(
        operation_id="apartment_leases",
        summary=gettext_lazy("人才公寓：租约"),
        responses=LeaseSerializer(many=True),
    )
    def get(self, request: Request, id: UUID) -> Response:
        """Answer 200, the newest first."""
        application = open_own(request.user, id, programme=CODE)
        leases = own_leases(request.user).filter(application=application)
        return Response(LeaseSerializer(leases, many=True).data)


def _places(application: Application) -> Response:
    return Response(PlaceSerializer(places_of_application(application), many=True).data)
