"""The applicant's pages after approval: the apartment, entering a round and leaving it, answering an offer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from applicants.people.refusals import Refused
from housing.apartments.forms.entering import AnswerForm, EnterForm
from housing.apartments.models import STANDING, Entrant, LeaseState, Offer, OfferState, Round, RoundState
from housing.apartments.programme import CODE
from housing.apartments.services.applying import detail_of, requested_types
from housing.apartments.services.entering import enter_round, is_used_up, leave_round, rounds_to_enter, types_in
from housing.apartments.services.leasing import own_leases
from housing.apartments.services.offering import accept_offer, end_offer
from housing.apartments.services.outlook import places_of_application, terms_of_offer
from housing.apartments.views.lease_words import lease_tag
from housing.apartments.views.own_words import place_tag, place_text
from portal import clock
from portal.casework.doors import counter_applications, open_own
from portal.casework.services.advancing import StepRefused
from portal.casework.states import State
from portal.ui.telling import form_page, told_above, told_beside


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def own_apartment(request: HttpRequest, id: UUID) -> HttpResponse:
    """Where it stands: an offer to answer, leases, places in rounds, rounds to enter."""
    if counter_applications(request.user).filter(pk=id, programme=CODE).exists():
        return redirect("counter_apartment", id=id)  # a clerk, for somebody without an account
    application, at = open_own(request.user, id, programme=CODE), clock.now()
    if application.state != State.APPROVED:
        return redirect("application", id=application.pk)
    places = places_of_application(application)
    leases = [lease for lease in own_leases(request.user) if lease.application_id == application.pk]
    is_free = not is_used_up(application) and not any(place.state in STANDING for place in places)
    context = {
        "application": application,
        "offer": next((it for place in places for it in place.offers.all() if it.state == OfferState.OPEN), None),
        "leases": [{"lease": it, "tag": lease_tag(it)} for it in leases if it.state != LeaseState.CANCELLED],
        "places": [
            {"place": it, "tag": place_tag(it), "text": place_text(it), "may_leave": it.state in STANDING}
            for it in places
        ],
        "rounds": list(rounds_to_enter(application, at=at)) if is_free else [],
        "is_free": is_free,
    }
    return render(request, "apartments/applying/own.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_apartment_enter(request: HttpRequest, id: UUID, round: UUID) -> HttpResponse:
    """Enter an open round: which kinds of unit, in which order."""
    application, at = open_own(request.user, id, programme=CODE), clock.now()
    row = get_object_or_404(Round, pk=round, state=RoundState.OPEN)
    if application.state != State.APPROVED or row not in rounds_to_enter(application, at=at):
        return redirect("own_apartment", id=application.pk)
    request_row = detail_of(application)
    form = EnterForm(
        request.POST if request.method == "POST" else None,
        types=types_in(row),
        liked=requested_types(application),
        household_size=request_row.household_size or 1,
    )
    if form.is_bound and form.is_valid():
        with told_beside(form, None, Refused, StepRefused):
            enter_round(round_id=row.pk, application_id=application.pk, types=form.chosen(), by=request.user, at=at)
            messages.success(request, _("已报名。名单锁定以后，结果会写信告诉您。"))
            return redirect("own_apartment", id=application.pk)
    context = {"application": application, "round": row, "request_row": request_row}
    return form_page(request, "apartments/applying/enter.html", form, **context)


@login_required
@require_POST
def own_apartment_leave(request: HttpRequest, id: UUID) -> HttpResponse:
    """Leave a round."""
    entrant = get_object_or_404(Entrant, pk=id, application__applicant__user=request.user)
    with told_above(request, Refused):
        leave_round(entrant_id=entrant.pk, by=request.user, at=clock.now())
        messages.success(request, _("已退出这个批次。"))
    return redirect("own_apartment", id=entrant.application_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_offer(request: HttpRequest, id: UUID) -> HttpResponse:
    """An offer with what it would cost, to accept or to refuse; answered ones are told as they are."""
    offer, at = _offer(request, id), clock.now()
    terms = terms_of_offer(offer)
    form = AnswerForm(request.POST if request.method == "POST" else None, units=terms.units)
    if form.is_bound and form.is_valid():
        with told_beside(form, None, Refused):
            return _answer(request, offer, form, at=at)
        offer = _offer(request, id)
        terms = terms_of_offer(offer)
    context = {
        "offer": offer,
        "terms": terms,
        "area_m2": offer.unit.area_dm2 / 100 if offer.unit else None,
        "is_open": offer.state == OfferState.OPEN and at < offer.expires_at,
        "lease": getattr(offer, "lease", None),
    }
    return form_page(request, "apartments/applying/offer.html", form, **context)


def _answer(request: HttpRequest, offer: Offer, form: AnswerForm, *, at: Any) -> HttpResponse:
    """Take the answer. Raises Refused."""
    act = request.POST.get("act", "")
    if act == "accept":
        picked = form.cleaned_data["unit"]
        lease = accept_offer(offer_id=offer.pk, by=request.user, at=at, unit_id=UUID(picked) if picked else None)
        messages.success(request, _("选好了。合同做好以后写信给您，请按时签约。"))
        return redirect("own_lease", id=lease.pk)
    if act == "refuse":
        end_offer(offer_id=offer.pk, state=OfferState.REFUSED, by=request.user, at=at)
        messages.success(request, _("已放弃这套房源。"))
        return redirect("own_apartment", id=offer.entrant.application_id)
    raise Refused(_("请选择接受还是放弃。"))


def _offer(request: HttpRequest, id: UUID) -> Offer:
    """An offer made to oneself. Raises Http404."""
    rows = Offer.objects.select_related(
        "type", "unit__building__place", "round__policy_version", "entrant__application__applicant",
        "entrant__round__policy_version", "lease",
    )  # fmt: skip
    return get_object_or_404(rows, pk=id, entrant__application__applicant__user=request.user)
