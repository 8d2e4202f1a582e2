"""Benefits for everybody to read, and for the holder of a card: what is left, claims, uses."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from applicants.cards.kinds import kind_title
from applicants.cards.models import LIVE, Benefit, BenefitUse, Card
from applicants.cards.services.catalogue import terms_on
from applicants.cards.services.using import BenefitRefused, benefits_given, benefits_of, claim_benefit, is_in_force
from applicants.cards.views.benefit_rows import benefit_row, kind_titles
from applicants.people.linking import known_as
from applicants.people.services import person_of
from portal import clock

SHOWN = 50


@require_safe
def benefits(request: HttpRequest) -> HttpResponse:
    """All benefits that are given today: for which cards, how often, where. Nothing personal."""
    today = clock.today()
    kinds = kind_titles(today)
    rows = [
        benefit_row(benefit) | {"kinds": [kinds.get(kind, kind) for kind in benefit.kinds]}
        for benefit in benefits_given(today)
    ]
    terms = terms_on(today)
    context = {"rows": rows, "today": today, "is_example": terms is not None and terms.illustrative}
    return render(request, "cards/benefits/public.html", context)


@require_safe
@never_cache
@login_required
def card_benefits(request: HttpRequest) -> HttpResponse:
    """What the reader's card opens and what is left of it, and the uses so far."""
    at, today = clock.now(), clock.today()
    people = known_as(person_of(user=request.user)).ids
    cards = Card.objects.filter(person__in=people, state__in=LIVE).select_related("application")
    card = cards.order_by("-issued_at").first()
    uses = BenefitUse.objects.filter(person__in=people).select_related("benefit", "place__partner")
    context = {
        "card": card,
        "kind": kind_title(card) if card else "",
        "is_renewable": card is not None and card.is_renewable_on(today),
        "is_usable": card is not None and is_in_force(card, today),
        "standings": benefits_of(card, people, at=at) if card else [],
        "uses": uses.order_by("-used_at", "-id")[:SHOWN],
    }
    return render(request, "cards/benefits/mine.html", context)


@require_POST
@login_required
def card_benefit_claim(request: HttpRequest, id: UUID) -> HttpResponse:
    """Claim a benefit before its use."""
    try:
        claim = claim_benefit(benefit_id=id, person=person_of(user=request.user), at=clock.now())
    except Benefit.DoesNotExist:
        raise Http404 from None
    except BenefitRefused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("已领取“%(title)s”。") % {"title": claim.benefit.title})
    return redirect("card_benefits")
