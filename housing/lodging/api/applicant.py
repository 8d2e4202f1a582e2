"""The booking of one's own application for lodging: the same services as the pages call."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from applicants.people.refusals import Refused as Forbidden
from housing.lodging.api.applicant_serializers import BookingSerializer, WishSerializer, wished
from housing.lodging.forms.applying import BookingForm
from housing.lodging.models import WaitingState
from housing.lodging.programme import CODE
from housing.lodging.services.applying import booking_is_open, choose_bed, detail_of, kept_stay, waiting_place
from housing.lodging.services.waiting import accept_offer, join_line, leave, place_in_line
from portal import clock
from portal.api.calls import ApiView
from portal.api.problems import Invalid, Refused, told_as_refused
from portal.casework.doors import open_own
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused


class BookingView(ApiView):
    """GET and POST: what is asked for, and the bed held for it."""

    refusals = (409,)

    @extend_schema(
        operation_id="lodging_booking",
        summary=gettext_lazy("免费住宿申请的床位：要什么、留了什么、排到哪里"),
        responses=BookingSerializer,
    )
    def get(self, request: Request, id: UUID) -> Response:
        """Answer 200."""
        return Response(_booking(open_own(request.user, id, programme=CODE)))

    @extend_schema(
        operation_id="lodging_booking_choose",
        summary=gettext_lazy("选床位：当即保留；没有床位的得到 409，可以排队候补"),
        request=WishSerializer,
        responses={200: BookingSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 200 with the bed held; the very same again changes nothing, 409 where no bed is free."""
        application = open_own(request.user, id, programme=CODE)
        form = _form(request, application)
        with told_as_refused(Forbidden, StepRefused):
            choose_bed(application, form.wish(), by=request.user, at=clock.now())
        return Response(_booking(application))


class WaitingView(ApiView):
    """POST and DELETE: the place in the line."""

    refusals = (409,)

    @extend_schema(
        operation_id="lodging_waiting_join",
        summary=gettext_lazy("排队候补；有空床的当即留给您，等您确认"),
        request=WishSerializer,
        responses={200: BookingSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 200 with the place; the very same again keeps it."""
        application = open_own(request.user, id, programme=CODE)
        form = _form(request, application)
        with told_as_refused(Forbidden, StepRefused):
            join_line(application, form.wish(), by=request.user, at=clock.now())
        return Response(_booking(application))

    @extend_schema(
        operation_id="lodging_waiting_leave", summary=gettext_lazy("退出候补"), request=None, responses={204: None}
    )
    def delete(self, request: Request, id: UUID) -> Response:
        """Answer 204, also where nobody waits."""
        application = open_own(request.user, id, programme=CODE)
        with told_as_refused(Forbidden, StepRefused):
            leave(application, by=request.user, at=clock.now())
        return Response(status=204)


class OfferView(ApiView):
    """POST: take the bed that is offered."""

    refusals = (409,)

    @extend_schema(
        operation_id="lodging_offer_accept",
        summary=gettext_lazy("确认要候补到的床位"),
        request=None,
        responses={200: BookingSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Answer 200 with the bed; 409 where nothing is offered any more."""
        application = open_own(request.user, id, programme=CODE)
        with told_as_refused(Forbidden, StepRefused):
            accept_offer(application, by=request.user, at=clock.now())
        return Response(_booking(application))


def _form(request: Request, application: Application) -> BookingForm:
    """What was sent, judged as on the page. Raises ValidationError, Invalid, Refused."""
    if not booking_is_open(application):
        raise Refused(_("这一部分现在不能再改。"))
    sent = WishSerializer.read(request.data)
    form = BookingForm(sent, application=application, at=clock.now())
    if not form.is_valid():
        raise Invalid.of(form)
    return form


def _booking(application: Application) -> dict[str, object]:
    place = waiting_place(application)
    waiting = None
    if place is not None:
        is_offered = place.state == WaitingState.OFFERED
        waiting = {
            "state": place.state,
            "since": place.since,
            "number": None if is_offered else place_in_line(place),
            "offered_until": place.stay.held_until if is_offered else None,
        }
    about = {"asked": wished(detail_of(application)), "stay": kept_stay(application), "waiting": waiting}
    return BookingSerializer(about).data
