"""The guest's own pages: the stay with its code of arrival, and the way back from a bar."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from applicants.cards.forms.life import WhyForm
from housing.lodging.forms.stay import bed_text
from housing.lodging.models import Bar, BarReconsideration, BarState, Stay, StayState
from housing.lodging.nights import night_of
from housing.lodging.services.arriving import kept_through, may_arrive
from housing.lodging.services.barring import BarRefused, ask_reconsideration, last_day, may_ask
from housing.lodging.services.changing import change_stay, terms_of
from housing.lodging.services.codes import code_of
from housing.lodging.services.holding import StayRefused
from housing.lodging.views.stay_words import state_tag
from portal import clock
from portal.casework.views.versions import version_sent
from portal.ui.telling import told_beside

QR = {"error": "m", "boost_error": False, "mask": 2, "micro": False}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_stay(request: HttpRequest, id: UUID) -> HttpResponse:
    """The stay of an own application: where, how long, on the evening of arrival its code, and what came of it.

    A POST cancels it, as long as it is only booked.
    """
    stay, at, refusal = _own(request, id), clock.now(), ""
    if request.method == "POST":
        try:
            change_stay(stay.pk, "cancel", by=request.user, at=at, expected_version=version_sent(request))
        except StayRefused as error:
            refusal, stay = error.sentence, _own(request, id)
        else:
            messages.success(request, _("已取消，床位给需要的人。"))
            return redirect("own_stay", id)
    bar = Bar.objects.filter(stay=stay).first()
    context: dict[str, Any] = {
        "stay": stay,
        "refusal": refusal,
        "state": state_tag(stay),
        "nights": stay.planned,
        "bed": bed_text(stay.bed),
        "house_rules": dict.fromkeys([*stay.site.house_rules, *(str(rule) for rule in terms_of(stay).house_rules)]),
        "kept": kept_through(stay) if stay.state == StayState.BOOKED else None,
        "is_early": stay.state == StayState.BOOKED and night_of(at) < stay.first_on,
        "bar": bar,
        "may_ask": bar is not None and may_ask(bar, at=at),
        "asked": BarReconsideration.objects.filter(bar=bar).first() if bar else None,
    }
    if may_arrive(stay, at=at):
        code = code_of(stay, at=at)
        matrix = segno.make(f"{settings.PORTAL_URL}{reverse('partner_arrival', args=[code.token])}", **QR).matrix
        context |= {"digits": code.digits, "path": _path(matrix), "size": len(matrix), "seconds": 60 - at.second}
    return render(request, "lodging/stay/own.html", context, status=422 if refusal else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bar_reconsideration(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask that the bar that came of an own stay be looked at once more, or read what came of it."""
    at = clock.now()
    bar = Bar.objects.filter(stay=_own(request, id)).exclude(state__in=[BarState.PROPOSED, BarState.DISMISSED]).first()
    if bar is None:
        raise Http404
    form = WhyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, BarRefused):
            ask_reconsideration(bar.pk, reason=form.cleaned_data["reason"], by=request.user, at=at)
            messages.success(request, _("复核申请已提交。"))
            return redirect("bar_reconsideration", id)
    context = {
        "application": id,
        "bar": bar,
        "form": form,
        "asked": BarReconsideration.objects.filter(bar=bar).first(),
        "may_ask": may_ask(bar, at=at),
        "ask_by": last_day(bar),
        "rule": bar.stay.booking.application.policy_version.parsed.reconsideration_rule,
        "is_over": bar.until_on is not None and bar.until_on < timezone.localdate(at),
    }
    return render(request, "lodging/stay/reconsideration.html", context, status=422 if form.errors else 200)


def _own(request: HttpRequest, application: UUID) -> Stay:
    """The newest stay of an own application. Raises Http404."""
    rows = Stay.objects.filter(booking=application, person__user=request.user)
    rows = rows.select_related("site__place", "bed__room", "booking__application__policy_version__policy", "person")
    stay = rows.order_by("-state_at").first()
    if stay is None:
        raise Http404
    return stay


def _path(matrix: Any) -> str:
    """The dark modules as an SVG path, one unit each."""
    return "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, module in enumerate(row) if module)
