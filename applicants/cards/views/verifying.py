"""Verification: a code's own address, a typed code, and what an outlet is told.

An outlet's verifier works on an enrolled device; anybody else learns only whether the code is of a valid card.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from allauth.core.internal.ratelimit import consume
from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from applicants.cards.forms.verifying import PlaceForm, TypedCodeForm
from applicants.cards.kinds import kind_title
from applicants.cards.models import CardCheck, CheckResult
from applicants.cards.services.checking import check_card, is_valid, read_typed
from applicants.cards.services.codes import Code, CodeRefused, Fault, read_code
from applicants.cards.services.portraits import open_portrait
from applicants.cards.services.using import Standing, benefits_for
from applicants.cards.verdicts import GOOD, NOT_GOOD, VERDICTS, Verdict, minutes_off
from portal import clock
from portal.city import city
from portal.partners.choices import MemberRole
from portal.partners.doors import partner_only, safe_next
from portal.partners.models import PartnerMember, PartnerPlace
from portal.partners.scopes import places_of
from portal.policy.facts import TIERS
from portal.prepared import Prepared
from portal.ui.context_processors import Frame

PLACE_COOKIE = "verify_place"  # which of several outlets the device stands at
SHOWN_FOR = timedelta(minutes=10)  # how long a check can be looked at again by who made it
RATES = {"code": "60/m/ip", "typed": "20/m/ip"}  # of visitors; what they see of a card would not be worth more


@never_cache
def _code_for_anybody(request: HttpRequest, token: str) -> HttpResponse:
    if not consume(request, app="cards", action="code", config=RATES, limit_get=True):
        return _answer(request, VERDICTS[Fault.TOO_OFTEN])
    try:
        return _tell_anybody(request, read_code(token, at=clock.now()))
    except CodeRefused as refusal:
        return _refuse(request, refusal)


@require_GET
@partner_only(MemberRole.CARD_VERIFIER, otherwise=_code_for_anybody)
def verify_code(request: HttpRequest, token: str) -> HttpResponse:
    """What a phone's camera opens: the check of a card at this outlet. The same minute gives the same answer again."""
    place = _place(request)
    if place is None:
        return _ask_place(request)
    at = clock.now()
    try:
        check = check_card(read_code(token, at=at), place=place, member=request.partner_member, at=at)
    except CodeRefused as refusal:
        return _refuse(request, refusal)
    check.place = place
    return _show(request, check)


@never_cache
def _typed_by_anybody(request: HttpRequest) -> HttpResponse:
    form = TypedCodeForm(request.POST if request.method == "POST" else None)
    code = _typed_code(request, form)
    if isinstance(code, HttpResponse):
        return code
    return _tell_anybody(request, code) if code else _form_page(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_only(MemberRole.CARD_VERIFIER, otherwise=_typed_by_anybody)
def verify(request: HttpRequest) -> HttpResponse:
    """Number and one-time code, typed where the camera does not help; and how the camera does."""
    place = _place(request)
    if place is None:
        return _ask_place(request)
    form = TypedCodeForm(request.POST if request.method == "POST" else None)
    code = _typed_code(request, form)
    if isinstance(code, HttpResponse):
        return code
    if code is None:
        return _form_page(request, form, place=place)
    check = check_card(code, place=place, member=request.partner_member, at=clock.now())
    if request.headers.get("accept") == "application/json":
        return _show(request, check)
    return redirect("card_check", id=check.pk)


@require_POST
@partner_only(MemberRole.CARD_VERIFIER)
def verify_place(request: HttpRequest) -> HttpResponse:
    """Keep which of several outlets this device stands at, and go on."""
    form = PlaceForm(request.POST, places=places_of(request.partner_member))
    if not form.is_valid():
        return _ask_place(request, form)
    target = safe_next(request)
    response = redirect("verify" if target == reverse("partner") else target)
    response.set_cookie(
        PLACE_COOKIE,
        form.cleaned_data["place"],
        max_age=timedelta(days=30),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_GET
@partner_only(MemberRole.CARD_VERIFIER)
def card_check(request: HttpRequest, id: UUID) -> HttpResponse:
    """A check again, for who made it and for ten minutes, with what may be given on it."""
    check = _own_check(request.partner_member, id)
    benefits = benefits_for(check, at=clock.now()) if check.result == CheckResult.VALID else None
    return _answer(request, VERDICTS[check.result], check=check, benefits=benefits)


@require_GET
@partner_only(MemberRole.CARD_VERIFIER)
def card_check_photo(request: HttpRequest, id: UUID) -> HttpResponse:
    """The portrait that belongs to a check; where the code was used elsewhere, there is none to see."""
    check = _own_check(request.partner_member, id)
    if check.result == CheckResult.USED:
        raise Http404
    response = HttpResponse(open_portrait(check.card.portrait), content_type="image/jpeg")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _own_check(member: PartnerMember, id: UUID) -> CardCheck:
    rows = CardCheck.objects.select_related(
        "card__application", "card__portrait", "card__person", "place", "repeats__card__person"
    )
    return get_object_or_404(rows, pk=id, member=member, at__gt=clock.now() - SHOWN_FOR)


def _typed_code(request: HttpRequest, form: TypedCodeForm) -> Code | HttpResponse | None:
    """The code in a form that was sent and is right; an answer where it was tried too often; else None."""
    if not form.is_bound:
        return None
    if not consume(request, app="cards", action="typed", config=RATES):
        return _answer(request, VERDICTS[Fault.TOO_OFTEN])
    if not form.is_valid():
        return None
    try:
        return read_typed(**form.cleaned_data, at=clock.now(), at_real=timezone.now())
    except CodeRefused as refusal:
        if refusal.fault != Fault.WRONG:
            return _refuse(request, refusal)
        verdict = VERDICTS[Fault.WRONG]
        form.add_error("digits", _("%(title)s。%(sentence)s") % {"title": verdict.title, "sentence": verdict.sentence})
        return None


def _tell_anybody(request: HttpRequest, code: Code) -> HttpResponse:
    return _answer(request, GOOD if is_valid(code, at=clock.now()) else NOT_GOOD)


def _show(request: HttpRequest, check: CardCheck) -> HttpResponse:
    return _answer(request, VERDICTS[check.result], check=check)


def _refuse(request: HttpRequest, refusal: CodeRefused) -> HttpResponse:
    return _answer(request, VERDICTS[refusal.fault], off=minutes_off(refusal))


def _answer(
    request: HttpRequest,
    verdict: Verdict,
    *,
    check: CardCheck | None = None,
    off: str = "",
    benefits: list[Standing] | None = None,
) -> HttpResponse:
    """The verdict as a page; as JSON for a till that asks for that."""
    holder = check if check is not None and check.result != CheckResult.USED else None
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response: HttpResponse = JsonResponse(_as_json(verdict, holder, off), status=verdict.status)
    else:
        frame, has_benefits = Frame(request), benefits is not None
        top, bottom = _around(verdict, frame.lang, check is not None, has_benefits)
        context: dict[str, Any] = {
            "lang": frame.lang,
            "theme": frame.theme,
            "top": top,
            "bottom": bottom,
            "off": off,
            "check": check,
            "here": reverse("card_check", args=[check.pk]) if check else "",
            "holder": holder,
            "kind": kind_title(holder.card) if holder else "",
            "tier": TIERS[holder.card.tier] if holder else "",
            "benefits": benefits,
            "has_benefits": has_benefits,
            "may_give": check is not None and check.result == CheckResult.VALID and not has_benefits,
        }
        # Only the forms of benefits ask for more than this.
        page = render_to_string("cards/verify/verdict.html", context, request if has_benefits else None)
        response = HttpResponse(page, status=verdict.status)
    patch_vary_headers(response, ["Accept"])
    return response


@lru_cache(maxsize=64)
def _around(verdict: Verdict, language: str, is_outlet: bool, has_benefits: bool) -> tuple[SafeString, SafeString]:
    """What stands above and below all that is of one card. The language is the active one: it is here for the cache."""
    context = {"verdict": verdict, "city": city(), "is_outlet": is_outlet, "has_benefits": has_benefits}
    return render_to_string("cards/verify/top.html", context), render_to_string("cards/verify/bottom.html", context)


def _as_json(verdict: Verdict, check: CardCheck | None, off: str) -> dict[str, Any]:
    said = {"result": verdict.code, "title": str(verdict.title), "sentence": off or str(verdict.sentence)}
    if check is None:
        return said
    return said | {
        "check": str(check.pk),
        "checked_at": timezone.localtime(check.at).isoformat(timespec="seconds"),
        "place": check.place.name,
        "kind": check.card.kind,
        "tier": check.card.tier,
        "name": check.card.application.name_masked,
        "photo": reverse("card_check_photo", args=[check.pk]),
    }


def _form_page(request: HttpRequest, form: TypedCodeForm, *, place: PartnerPlace | None = None) -> HttpResponse:
    context = {"form": form, "place": place}
    return render(request, "cards/verify/verify.html", context, status=422 if form.errors else 200)


def _open_places(member: UUID, partner: UUID) -> QuerySet[PartnerPlace]:
    return places_of(PartnerMember(pk=member, partner_id=partner, role=MemberRole.CARD_VERIFIER)).order_by()


_ask_places = Prepared(_open_places, PartnerMember._meta.pk, PartnerMember._meta.get_field("partner").target_field)


def _place(request: HttpRequest) -> PartnerPlace | None:
    """The outlet that the device stands at; None where there is none, or several and none was chosen."""
    member = request.partner_member
    places = {str(place.pk): place for place in _ask_places(member.pk, member.partner_id)}
    return next(iter(places.values())) if len(places) == 1 else places.get(request.COOKIES.get(PLACE_COOKIE, ""))


def _ask_place(request: HttpRequest, form: PlaceForm | None = None) -> HttpResponse:
    places = list(places_of(request.partner_member))
    here = request.get_full_path() if form is None and request.method == "GET" else safe_next(request)
    context = {"places": places, "next": here, "form": form or PlaceForm(places=places)}
    return render(request, "cards/verify/place.html", context, status=422 if form else 200)
