"""What am I entitled to? The signed-in person's profile against every policy in force."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from applicants.people.models import Person
from portal import clock
from portal.casework.programmes import all_programmes
from portal.casework.services.entitling import Entitlement, entitlements_of, profile_of
from portal.casework.services.holding import Held, held_by
from portal.casework.views.entitlement_words import told
from portal.casework.views.findings import SECTION_OF, FindingRow, finding_rows, places_of
from portal.policy.services import stored_calendar


@login_required
@never_cache
@require_safe
def entitlements(request: HttpRequest) -> HttpResponse:
    """Every policy in force: how I stand with it, what it gives, clause by clause; what is exclusive side by side."""
    today = clock.today()
    person = profile_of(request.user)
    mine = held_by(request.user, today)
    context = {"today": today, "mine": mine, "is_empty": True, "start_href": _start_href(mine)}
    if person:
        items = entitlements_of(person, on=today, calendar=stored_calendar())
        is_filled_in = any(seen.source != "portal" for it in items for found in it.findings for seen in found.facts)
        places = _places(mine)
        context["is_empty"] = not is_filled_in
        context |= told([(item, _rows(item, person, places, today)) for item in items], mine)
    return render(request, "applicant/entitlements.html", context)


def _rows(item: Entitlement, person: Person, places: dict[str, str], on: date) -> list[FindingRow]:
    return finding_rows(item.document, item.findings, on=on, is_proven=person.is_proven, places=places)


def _places(mine: dict[str, Held]) -> dict[str, str]:
    """Where the profile can be filled in or changed: in a draft, or by starting an application."""
    draft = next((held.open for held in mine.values() if held.open and held.open.is_draft), None)
    if draft:
        return places_of(draft)
    href = _start_href(mine)
    return dict.fromkeys(set(SECTION_OF.values()), href) if href else {}


def _start_href(mine: dict[str, Held]) -> str:
    free = (item.code for item in all_programmes() if item.is_open and item.code not in mine)
    return next((reverse("privacy_notice", args=[code]) for code in free), "")
