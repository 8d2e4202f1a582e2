"""Lodging's own pages of the task list: the bed, and the line for one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applicants.people.refusals import Refused
from housing.lodging.forms.applying import BookingForm
from housing.lodging.models import StayState
from housing.lodging.programme import CODE
from housing.lodging.services.applying import BOOKING, booking_is_open, choose_bed, kept_stay, waiting_place
from housing.lodging.services.holding import NoBedFree
from housing.lodging.services.showing import other_sites
from housing.lodging.services.waiting import accept_offer, join_line, leave, place_in_line
from portal import clock
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.casework.views.applicant_door import own_application
from portal.casework.views.applicant_sections import following, part_frame, turn_away
from portal.ui.telling import told_above


@require_http_methods(["GET", "POST"])
@own_application
def lodging_booking(request: HttpRequest, application: Application) -> HttpResponse:
    """Choose a site and nights: a bed is held at once, or the way into the line is shown."""
    if (away := _closed(request, application)) is not None:
        return away
    data = request.POST if request.method == "POST" else None
    form = BookingForm(data, application=application, at=clock.now(), initial=_asked(request))
    context: dict[str, object] = {}
    if form.is_bound and form.is_valid():
        wish = form.wish()
        about = {"by": request.user, "at": clock.now()}
        try:
            if request.POST.get("act") == "wait":
                join_line(application, wish, **about)
                return redirect("lodging_waiting", id=application.pk)
            choose_bed(application, wish, **about)
            return redirect(following(application, BOOKING))
        except NoBedFree as refusal:
            form.add_error(None, refusal.sentence)
            context = {"is_full": True, "others": other_sites(wish)}
        except (Refused, StepRefused) as refusal:
            form.add_error(None, str(refusal))
    held = kept_stay(application)
    context |= {
        **part_frame(application, BOOKING),
        "form": form,
        "held": held if held and held.state == StayState.HELD else None,
        "waiting": waiting_place(application),
        "following": following(application, BOOKING),
    }
    return render(request, "lodging/applying/booking.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@own_application
def lodging_waiting(request: HttpRequest, application: Application) -> HttpResponse:
    """How the wait stands: the place in the line, or an offer to take up; and the way out."""
    if (away := _closed(request, application)) is not None:
        return away
    act, about = request.POST.get("act", ""), {"by": request.user, "at": clock.now()}
    if request.method == "POST":
        with told_above(request, Refused, StepRefused):
            if act == "accept":
                accept_offer(application, **about)
                return redirect(following(application, BOOKING))
            if act == "leave":
                leave(application, **about)
                messages.success(request, _("已退出候补。"))
                return redirect("lodging_booking", id=application.pk)
        return redirect("lodging_waiting", id=application.pk)
    place = waiting_place(application)
    if place is None:
        return redirect("lodging_booking", id=application.pk)
    context = {**part_frame(application, BOOKING), "waiting": place, "number": place_in_line(place)}
    return render(request, "lodging/applying/waiting.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    """What the public pages hand over: the site looked at."""
    site = request.GET.get("site", "")
    return {"site": site} if site else {}


def _closed(request: HttpRequest, application: Application) -> HttpResponse | None:
    if application.programme != CODE:
        raise Http404
    return None if booking_is_open(application) else turn_away(request, application)
