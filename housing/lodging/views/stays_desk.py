"""The desk's page of one stay: how it stands, its history, what was noted, and what may be done about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from applicants.people.fields import ReasonForm
from applicants.people.refusals import Refused
from housing.lodging.forms.stay import CorrectForm, NoteForm, bed_text
from housing.lodging.machine import CHANGES
from housing.lodging.models import Bar, BedNight, Stay
from housing.lodging.services.barring import excuse_miss, may_excuse, visible_stays
from housing.lodging.services.changing import change_stay, may_change
from housing.lodging.services.correcting import correct_nights, may_correct
from housing.lodging.services.incidents import note_incident
from housing.lodging.views.stay_words import BAR_TAGS, history, state_tag
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role, User
from portal.casework.doors import DESK_ROLES
from portal.casework.views.versions import version_sent
from portal.ui.telling import acts_shown, told_beside

ACTS: dict[str, dict[str, Any]] = {
    "cancel": {
        "label": gettext_lazy("取消预订"),
        "text": gettext_lazy("本人要求取消。床位马上给别人，本人会收到消息。"),
        "is_grave": True,
    },
    "end": {
        "label": gettext_lazy("提前结束住宿"),
        "text": gettext_lazy("因违反住宿规定。今晚起不能再住，理由写在给本人的信里。"),
        "is_grave": True,
    },
    "excuse": {
        "label": gettext_lazy("不计入没有入住的次数"),
        "text": gettext_lazy("情有可原，或者记录有误。这一次不计入次数，理由写在给本人的信里。"),
    },
    "correct": {
        "label": gettext_lazy("更正住了几晚"),
        "text": gettext_lazy("前台漏记或者记错的。结算、次数和限制跟着改，理由写在给本人的信里。"),
    },
    "note": {"label": gettext_lazy("记一件事"), "text": gettext_lazy("只有工作人员能看到。")},
}
DONE = {
    "cancel": gettext_lazy("已取消，床位已释放。"),
    "end": gettext_lazy("已结束住宿，信已发给本人。"),
    "excuse": gettext_lazy("已决定不计入次数，信已发给本人。"),
    "correct": gettext_lazy("已更正，信已发给本人。"),
    "note": gettext_lazy("已记下。"),
}
SIMPLE = ("cancel", "end")  # changes of the table that ask for a reason and no more
WRITERS = (Role.CLERK, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.APPROVER, Role.ADMINISTRATOR)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(*DESK_ROLES)
def desk_stay(request: HttpRequest, id: UUID) -> HttpResponse:
    """One stay; a POST does one act of those that are offered."""
    stay = _stay_or_404(request.user, id)
    offered = _offered(stay, request.user)
    if request.method != "POST":
        return _page(request, stay, offered)
    act = request.POST.get("act", "")
    if act not in offered:
        raise Http404
    form = offered[act] = offered[act](request.POST, prefix=act)
    if form.is_valid():
        by, at = request.user, clock.now()
        with told_beside(form, None, Refused):
            about = {"by": by, "at": at, **form.cleaned_data}
            if act == "note":
                note_incident(site=stay.site, stay=stay, **about)
            elif act == "excuse":
                excuse_miss(stay.pk, **about)
            elif act == "correct":
                correct_nights(stay_id=stay.pk, expected_version=version_sent(request), **about)
            else:
                change_stay(stay.pk, act, expected_version=version_sent(request), **about)
            messages.success(request, DONE[act])
            return redirect("desk_stay", stay.pk)
        stay = _stay_or_404(request.user, id)
    return _page(request, stay, offered, status=422)


def _offered(stay: Stay, user: User) -> dict[str, Any]:
    """What ``user`` may do about the stay now, and the form that asks for it."""
    acts: dict[str, Any] = {
        change.name: ReasonForm
        for change in CHANGES
        if change.name in SIMPLE and stay.state in change.sources and may_change(change, stay, user)
    }
    if may_excuse(stay, user):
        acts["excuse"] = ReasonForm
    if may_correct(stay, user):
        acts["correct"] = CorrectForm
    town = stay.site.place.town
    if any(user.may_act_as(role, stay.booking.application.programme, town) for role in WRITERS):
        acts["note"] = NoteForm
    return acts


def _stay_or_404(user: User, pk: UUID) -> Stay:
    wanted = ("site__place__partner", "bed__room", "person", "booking__application__policy_version__policy")
    return get_object_or_404(visible_stays(user).select_related(*wanted), pk=pk)


def _page(request: HttpRequest, stay: Stay, offered: dict[str, Any], *, status: int = 200) -> HttpResponse:
    bar = Bar.objects.filter(stay=stay).first()
    nights = BedNight.objects.filter(stay=stay).select_related("bed__room")
    kind, icon = BAR_TAGS[bar.state] if bar else ("", "")
    context = {
        "stay": stay,
        "state": state_tag(stay),
        "planned": stay.planned,
        "bed": bed_text(stay.bed),
        "nights": [{"on": night.on, "bed": bed_text(night.bed), "as": night.get_purpose_display()} for night in nights],
        "forfeited": stay.forfeited_nights.count(),
        "history": history(stay),
        "incidents": stay.incidents.select_related("member", "by"),
        "bar": bar,
        "bar_tag": {"kind": kind, "icon": icon, "text": bar.get_state_display()} if bar else None,
        **acts_shown(offered, ACTS),
    }
    return render(request, "lodging/stay/desk_stay.html", context, status=status)
