"""The desk's pages about bars: those that wait for a person, those that stand, and one with what speaks for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from applicants.people.fields import ReasonForm
from housing.lodging.forms.stay import AnswerForm
from housing.lodging.models import Bar, BarReconsideration, BarState
from housing.lodging.services import barring
from housing.lodging.services.barring import BarRefused, may_answer, may_decide, visible_stays, waiting
from housing.lodging.views.stay_words import BAR_TAGS, signed
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import User
from portal.casework.doors import DESK_ROLES
from portal.ui.telling import acts_shown, told_beside

SHOWN = 200
ACTS: dict[str, dict[str, Any]] = {
    "sign": {
        "label": gettext_lazy("签署，限制生效"),
        "text": gettext_lazy("从今天起生效。理由写在给本人的信里，信里还有复核和行政复议的办法。"),
        "is_grave": True,
    },
    "dismiss": {
        "label": gettext_lazy("不予限制"),
        "text": gettext_lazy("情有可原，或者记录有误。这一次不计入次数，理由写在给本人的信里。"),
        "is_main": True,
    },
    "lift": {
        "label": gettext_lazy("提前解除"),
        "text": gettext_lazy("马上可以再申请。理由写在给本人的信里。"),
    },
    "answer": {
        "label": gettext_lazy("答复复核"),
        "text": gettext_lazy("由没有签署这项限制的管理员答复，答复写在给本人的信里。"),
        "is_main": True,
    },
}
DONE = {
    "sign": gettext_lazy("已签署，信已发给本人。"),
    "dismiss": gettext_lazy("已决定不予限制，信已发给本人。"),
    "lift": gettext_lazy("已解除，信已发给本人。"),
    "answer": gettext_lazy("已答复，信已发给本人。"),
}


@require_safe
@never_cache
@bureau_only(*DESK_ROLES)
def desk_bars(request: HttpRequest) -> HttpResponse:
    """Bars to sign and reconsiderations to answer, the oldest first; then those that stand."""
    bars, today = _visible(request.user), clock.today()
    asked = bars.filter(reconsideration__outcome=BarReconsideration.Outcome.OPEN)
    live = bars.filter(state=BarState.SIGNED, until_on__gte=today).exclude(pk__in=asked)
    context = {
        "proposed": bars.filter(state=BarState.PROPOSED).order_by("proposed_at", "id")[:SHOWN],
        "asked": asked.order_by("reconsideration__asked_at", "id")[:SHOWN],
        "live": live.order_by("until_on", "id")[:SHOWN],
    }
    return render(request, "lodging/stay/desk_bars.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(*DESK_ROLES)
def desk_bar(request: HttpRequest, id: UUID) -> HttpResponse:
    """One bar; a POST does one act of those that are offered."""
    bar = get_object_or_404(_visible(request.user), pk=id)
    offered = _offered(bar, request.user)
    if request.method != "POST":
        return _page(request, bar, offered)
    act = request.POST.get("act", "")
    if act not in offered:
        if act in ACTS and (may_answer if act == "answer" else may_decide)(bar, request.user):  # until a moment ago
            messages.error(request, _("这项限制刚刚被别人办理过。"))
            return redirect("desk_bar", bar.pk)
        raise Http404
    form = offered[act] = offered[act](request.POST, prefix=act)
    if form.is_valid():
        with told_beside(form, None, BarRefused):
            _do(act, bar, form.cleaned_data, request.user)
            messages.success(request, DONE[act])
            return redirect("desk_bar", bar.pk)
        bar = get_object_or_404(_visible(request.user), pk=id)
    return _page(request, bar, offered, status=422)


def _do(act: str, bar: Bar, values: dict[str, Any], by: User) -> None:
    """One call of a service. Raises BarRefused."""
    at, reason = clock.now(), values["reason"]
    if act == "answer":
        is_upheld = values["outcome"] == "upheld"
        barring.answer_reconsideration(bar.pk, is_upheld=is_upheld, answer=reason, by=by, at=at)
    else:
        services = {"sign": barring.sign_bar, "dismiss": barring.dismiss_bar, "lift": barring.lift_bar}
        services[act](bar.pk, reason=reason, by=by, at=at)


def _offered(bar: Bar, user: User) -> dict[str, Any]:
    """What ``user`` may do about the bar now, and the form that asks for it."""
    asked = waiting(bar)
    if asked:
        return {"answer": AnswerForm} if may_answer(bar, user) else {}
    if not may_decide(bar, user):
        return {}
    if bar.state == BarState.PROPOSED:
        return {"sign": ReasonForm, "dismiss": ReasonForm}
    return {"lift": ReasonForm} if bar.state == BarState.SIGNED else {}


def _visible(user: User) -> QuerySet[Bar]:
    rows = Bar.objects.filter(stay__in=visible_stays(user))
    wanted = ("stay__site__place", "stay__booking__application__policy_version__policy", "person__user", "decided_by")
    return rows.select_related(*wanted, "lifted_by")


def _page(request: HttpRequest, bar: Bar, offered: dict[str, Any], *, status: int = 200) -> HttpResponse:
    kind, icon = BAR_TAGS[BarState(bar.state)]
    earlier = Bar.objects.filter(person=bar.person, stay__in=visible_stays(request.user)).exclude(pk=bar.pk)
    context = {
        "bar": bar,
        "state": {"kind": kind, "icon": icon, "text": bar.get_state_display()},
        "is_over": bar.until_on is not None and bar.until_on < timezone.localdate(clock.now()),
        "history": _history(bar),
        "asked": waiting(bar),
        "earlier": earlier.select_related("stay__site__place"),
        "incidents": bar.stay.incidents.select_related("member", "by"),
        **acts_shown(offered, ACTS),
    }
    return render(request, "lodging/stay/desk_bar.html", context, status=status)


def _history(bar: Bar) -> list[dict[str, Any]]:
    """What happened to the bar, the latest first."""
    asked = BarReconsideration.objects.filter(bar=bar).select_related("decided_by").first()
    decided = _("不予限制") if bar.state == BarState.DISMISSED else pgettext("event", "签署，限制生效")
    steps: list[tuple[str, Any, User | None, str]] = [
        (_("按规定提出"), bar.proposed_at, None, ""),
        (decided, bar.decided_at, bar.decided_by, bar.reason),
    ]
    if asked:
        steps.append((_("本人申请复核"), asked.asked_at, bar.person.user, ""))
        steps.append((asked.get_outcome_display(), asked.closed_at, asked.decided_by, asked.answer))
    if not (asked and asked.outcome == BarReconsideration.Outcome.UPHELD):
        steps.append((pgettext("event", "提前解除"), bar.lifted_at, bar.lifted_by, bar.lift_reason))
    return [
        {"state": "done", "title": title, "when": signed(at, who, guest=bar.person.user_id), "text": text}
        for title, at, who, text in reversed(steps)
        if at
    ]
