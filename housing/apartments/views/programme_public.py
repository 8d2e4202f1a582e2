"""The public page of talent apartments: rounds that are open, how it goes, and what it would cost."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from housing.apartments.models import PUBLIC_ROUNDS, Round, RoundState
from housing.apartments.programme import CODE
from housing.apartments.services.examples import examples_of, larger_example
from housing.apartments.views.round_words import state_tag
from portal import clock
from portal.casework.programmes import programme
from portal.casework.services.holding import NOTHING, held_by
from portal.policy.services import versions_in_force

NEWEST = 5  # rounds shown


@require_safe
def apartments(request: HttpRequest) -> HttpResponse:
    """What is open, the way to a unit, and worked examples of the rent by the policy in force."""
    at = clock.now()
    rounds = list(Round.objects.filter(state__in=PUBLIC_ROUNDS).order_by("-opens_at", "-pk")[:NEWEST])
    versions = [it.parsed for it in versions_in_force(CODE, clock.today()) if it.parsed.apartment]
    document = versions[0] if versions else None
    held = held_by(request.user, clock.today()).get(CODE, NOTHING)
    context = {
        "programme": programme(CODE),
        "granted": held.granted,
        "mine": held.open,
        "open_rounds": [it for it in rounds if it.state == RoundState.OPEN and it.opens_at <= at < it.freezes_at],
        "rounds": [{"round": it, "state": state_tag(it, at=at)} for it in rounds],
        "terms": document.apartment if document else None,
        "examples": examples_of(document) if document else [],
        "larger": larger_example(document) if document else None,
        "is_example": document is not None and document.apartment.illustrative,
    }
    return render(request, "apartments/applying/public.html", context)
