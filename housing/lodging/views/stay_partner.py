"""The site operator's pages: who comes tonight, who is in house, and one guest with what a porter needs and no more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.core.internal.ratelimit import consume
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from applicants.cards.services.codes import CodeRefused
from applicants.people.refusals import Refused
from housing.lodging.forms.stay import DigitsForm, ExtendForm, MoveForm, NoteForm, PlainForm, WithoutCodeForm, bed_text
from housing.lodging.models import Stay, StayState
from housing.lodging.nights import ONE_DAY, night_of
from housing.lodging.services.arriving import check_in, kept_through, may_arrive, stay_by_code
from housing.lodging.services.codes import fits
from housing.lodging.services.incidents import note_incident
from housing.lodging.services.operating import beds_to_move_to, extend, leave, most_more_nights, move, stays_of
from housing.lodging.views.stay_words import state_tag
from portal import clock
from portal.casework.views.versions import version_sent
from portal.partners.choices import MemberRole
from portal.partners.doors import partner_only
from portal.partners.models import PartnerMember
from portal.partners.scopes import places_of
from portal.partners.views.limits import too_often
from portal.ui.telling import acts_shown, told_beside

RATES = {"stay_digits": "20/m/key"}  # by operator: a million codes, five of them good
ACTS: dict[str, dict[str, Any]] = {
    "arrive": {
        "label": gettext_lazy("办理入住"),
        "text": gettext_lazy("用手机自带的相机，扫客人手机上的二维码；扫不了的，在这里输入数字。"),
        "is_main": True,
    },
    "arrive_without": {
        "label": gettext_lazy("没有入住码，办理入住"),
        "text": gettext_lazy("先看客人的身份证件，姓名要对得上。理由会给工作人员看，客人也会收到消息。"),
    },
    "extend": {"label": gettext_lazy("续住"), "text": gettext_lazy("还住这张床，不超过政策规定的晚数。")},
    "move": {"label": gettext_lazy("换床"), "text": gettext_lazy("从今晚起换，已经住过的晚数不变。")},
    "leave": {
        "label": gettext_lazy("退房"),
        "text": gettext_lazy("客人已经离开。今晚起没有住的晚数退回，床位马上给别人。"),
        "is_grave": True,
    },
    "note": {"label": gettext_lazy("记一件事"), "text": gettext_lazy("损坏、争吵、不适等。工作人员能看到。")},
}
DONE = {
    "arrive": gettext_lazy("已办理入住。"),
    "arrive_without": gettext_lazy("已办理入住。"),
    "extend": gettext_lazy("已续住，消息已发给客人。"),
    "move": gettext_lazy("已换床。"),
    "leave": gettext_lazy("已退房。"),
    "note": gettext_lazy("已记下。"),
}


@require_safe
@partner_only(MemberRole.SITE_OPERATOR)
def partner_lodging(request: HttpRequest) -> HttpResponse:
    """Arrivals of tonight and tomorrow, guests in house, and who is gone since a day."""
    member, at = request.partner_member, clock.now()
    night, today = night_of(at), timezone.localdate(at)
    rows = [_row(stay) for stay in stays_of(member, at=at).order_by("first_on", "bed__room__label", "bed__label")]

    def of(state: str, *, tomorrow: bool = False) -> list[dict[str, Any]]:
        found = [row for row in rows if row["stay"].state == state]
        return [row for row in found if (row["stay"].first_on > night) == tomorrow] if state == "booked" else found

    in_house = sorted(of(StayState.IN), key=lambda row: row["stay"].leaves_on)
    context = {
        "member": member,
        "places": list(places_of(member)),
        "night": night,
        "tomorrow": night + ONE_DAY,
        "tonight": of(StayState.BOOKED),
        "coming": of(StayState.BOOKED, tomorrow=True),
        "leaving": [row for row in in_house if row["stay"].leaves_on <= today],
        "staying": [row for row in in_house if row["stay"].leaves_on > today],
        "gone": [*of(StayState.LEFT), *of(StayState.NO_SHOW)],
    }
    return render(request, "lodging/stay/partner.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_only(MemberRole.SITE_OPERATOR)
def partner_arrival(request: HttpRequest, token: str) -> HttpResponse:
    """What a phone's camera opens: the guest whose code it is. Sending the page checks them in."""
    refused = too_often(request, "link")
    if refused:
        return refused
    member, at, refusal = request.partner_member, clock.now(), ""
    try:
        stay = stay_by_code(token, member=member, at=at)
        if stay.state != StayState.BOOKED:
            _stay_or_404(member, stay.pk)
            return redirect("partner_stay", stay.pk)
        if request.method == "POST":
            check_in(stay_id=stay.pk, member=member, at=at, expected_version=version_sent(request))
            messages.success(request, DONE["arrive"])
            return redirect("partner_stay", stay.pk)
    except CodeRefused:
        return render(request, "lodging/stay/code_refused.html", {"sentence": ""}, status=422)
    except Refused as error:
        refusal = error.sentence
        if request.method != "POST":
            return render(request, "lodging/stay/code_refused.html", {"sentence": refusal}, status=422)
    context = {**_row(stay), "kept": kept_through(stay), "may": may_arrive(stay, at=at), "refusal": refusal}
    return render(request, "lodging/stay/arrival.html", context, status=422 if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_only(MemberRole.SITE_OPERATOR)
def partner_stay(request: HttpRequest, id: UUID) -> HttpResponse:
    """One guest; a POST does one act of those that are offered."""
    member = request.partner_member
    stay = _stay_or_404(member, id)
    offered = _offered(stay)
    if request.method != "POST":
        return _page(request, stay, offered)
    act = request.POST.get("act", "")
    if act not in ACTS:
        raise Http404
    if act not in offered:  # until a moment ago it was
        messages.error(request, _("这位客人的情况刚刚变了，请看最新的。"))
        return redirect("partner_stay", stay.pk)
    form = offered[act] = offered[act](request.POST, prefix=act)
    if form.is_valid():
        with told_beside(form, "digits" if act == "arrive" else None, Refused):
            _do(request, act, stay, form.cleaned_data)
            messages.success(request, DONE[act])
            return redirect("partner_lodging") if act == "leave" else redirect("partner_stay", id)
        stay = _stay_or_404(member, id)
    return _page(request, stay, offered, status=422)


def _do(request: HttpRequest, act: str, stay: Stay, values: dict[str, Any]) -> None:
    """One call of a service. Raises Refused."""
    member, at = request.partner_member, clock.now()
    common = {"stay_id": stay.pk, "member": member, "at": at, "expected_version": version_sent(request)}
    if act == "arrive":
        if not consume(request, app="lodging", action="stay_digits", key=str(member.pk), config=RATES):
            raise Refused(_("试得太多了，请过一分钟再试。"))
        if not fits(stay, values["digits"], at=at):
            raise Refused(_("入住码不对。请看客人手机上现在的数字，每分钟换一次。"))
        check_in(**common)
    elif act == "arrive_without":
        check_in(**common, reason=values["reason"])
    elif act == "extend":
        extend(**common, **values)
    elif act == "move":
        move(**common, **values)
    elif act == "leave":
        leave(**common)
    else:
        note_incident(site=stay.site, stay=stay, note=values["note"], by=member.user, at=at, member=member)


def _offered(stay: Stay) -> dict[str, Any]:
    """What may be done about the guest now, and the form that asks for it."""
    at, acts = clock.now(), {}
    if may_arrive(stay, at=at):
        acts |= {"arrive": DigitsForm, "arrive_without": WithoutCodeForm}
    if stay.state == StayState.IN:
        most = most_more_nights(stay)
        if most:
            acts["extend"] = lambda *args, **kwargs: ExtendForm(*args, most=most, **kwargs)
    if stay.state in (StayState.BOOKED, StayState.IN):
        beds = list(beds_to_move_to(stay, at=at))
        if beds:
            acts["move"] = lambda *args, **kwargs: MoveForm(*args, beds=beds, **kwargs)
    if stay.state == StayState.IN:
        acts["leave"] = PlainForm
    return {**acts, "note": NoteForm}


def _page(request: HttpRequest, stay: Stay, offered: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context = {
        **_row(stay),
        "kept": kept_through(stay) if stay.state == StayState.BOOKED else None,
        **acts_shown(offered, ACTS),
        "notes": stay.incidents.filter(member__isnull=False).select_related("member"),
    }
    return render(request, "lodging/stay/partner_stay.html", context, status=status)


def _row(stay: Stay) -> dict[str, Any]:
    """What a porter needs of a guest: masked name, nights, bed, sex, needs."""
    booking = stay.booking
    return {
        "stay": stay,
        "name": booking.application.name_masked,
        "bed": bed_text(stay.bed),
        "nights": stay.planned,
        "needs_accessible": booking.needs_accessible,
        "needs": booking.needs,
        "state": state_tag(stay),
    }


def _stay_or_404(member: PartnerMember, pk: UUID) -> Stay:
    """A stay that the operator sees. Raises Http404: "not yours" looks like "not there"."""
    stay = stays_of(member, at=clock.now()).select_related("person").filter(pk=pk).first()
    if stay is None:
        raise Http404
    return stay
