"""The portal's face: home, and a page for every programme."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import clock
from portal.casework.programmes import Programme, all_programmes
from portal.casework.programmes import programme as programme_of
from portal.casework.services.holding import NOTHING, Held, held_by
from portal.casework.states import State, public_label
from portal.casework.views.notices_public import notices_with_days_left
from portal.casework.views.public_policy import PolicyPage, figure_of
from portal.casework.views.public_progress import progress_of
from portal.policy.services import versions_in_force

NOTICES_ON_HOME = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What there is, how far the reader's own application is, what is on public notice."""
    today = clock.today()
    mine = held_by(request.user, today)
    newest = next((held.open for held in mine.values() if held.open), None)
    context = {
        "cards": programme_cards(today, mine),
        "progress": progress_of(newest, on=today) if newest else None,
        "notices": notices_with_days_left(today, limit=NOTICES_ON_HOME),
        "today": today,
    }
    return render(request, "public/home.html", context)


@require_safe
def programmes(request: HttpRequest) -> HttpResponse:
    """The four programmes with the policies in force today."""
    today = clock.today()
    cards = programme_cards(today, held_by(request.user, today))
    return render(request, "public/programmes.html", {"cards": cards, "today": today})


@require_safe
def programme(request: HttpRequest, code: str) -> HttpResponse:
    """One programme as its policies in force say; one that is not open yet says so, with what its policy will say."""
    try:
        found = programme_of(code)
    except KeyError:
        raise Http404 from None
    today = clock.today()
    pages = [PolicyPage(version) for version in versions_in_force(code, today)]
    if not pages:
        return render(request, "public/programme_closed.html", {"programme": found, "today": today})
    held = held_by(request.user, today).get(code, NOTHING)
    mine = held.application
    context = {
        "programme": found,
        "pages": pages,
        "today": today,
        "mine": mine,
        "mine_label": public_label(mine.state) if mine else "",
        "is_granted": mine is not None and mine == held.granted,
        "is_open": found.is_open,
        "is_example": any("document_number" in page.document.illustrative for page in pages),
        "exclusions": list(dict.fromkeys(group.text for page in pages for group in page.document.exclusions)),
    }
    return render(request, "public/programme.html", context)


def programme_cards(today: date, mine: Mapping[str, Held]) -> list[dict[str, Any]]:
    """Every programme as a card: the figure of the policies in force, and what the reader can do."""
    return [_card(item, today, mine.get(item.code, NOTHING)) for item in all_programmes()]


def _card(item: Programme, today: date, held: Held) -> dict[str, Any]:
    versions = versions_in_force(item.code, today) if item.is_open else []
    card: dict[str, Any] = {
        "programme": item,
        "figure": figure_of(versions),
        "policies": [version.parsed for version in versions],
        "mine": held.application,
    }
    mine = held.application
    if not versions:
        return card | {"kind": "default", "icon": "clock", "label": _("尚未开放"), "act": _("看看有什么")}
    if mine is None:
        return card | {"kind": "ok", "icon": "check-circle", "label": _("正在受理"), "act": _("看条件，申请")}
    if mine == held.granted:
        return card | {"kind": "ok", "icon": "check-circle", "label": _("您已经享受"), "act": _("看我的申请")}
    kind = "urgent" if mine.state == State.CORRECTION else "active"
    return card | {"kind": kind, "icon": None, "label": public_label(mine.state), "act": _("查看")}
