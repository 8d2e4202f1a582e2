"""What a holder does about their own card beyond showing it: report its loss, ask for another, keep its picture."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from applicants.cards.kinds import kind_title
from applicants.cards.machine import LIVE
from applicants.cards.models import CardFile, CardState
from applicants.cards.services.changing import ChangeRefused, change_card
from applicants.cards.services.files import SHOWN
from applicants.cards.services.reconsidering import decision_against
from applicants.cards.services.replacing import is_replaceable, last_card, replace_lost
from applicants.cards.views.desk import picture_response
from applicants.cards.views.desk_words import state_tag
from portal import clock
from portal.casework.views.versions import version_sent

KEPT = (CardFile.Kind.PHONE_PNG, CardFile.Kind.PHONE_WEBP)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def card_loss(request: HttpRequest) -> HttpResponse:
    """Report the loss of the own card: dead at once; then ask for another. Whoever has no card sees "not there"."""
    card = last_card(request.user)
    if card is None:
        raise Http404
    refusal = ""
    if request.method == "POST":
        act, at = request.POST.get("act", ""), clock.now()
        try:
            if act == "lose":
                change_card(card.pk, "lose", by=request.user, at=at, expected_version=version_sent(request))
                messages.success(request, _("已挂失，这张卡马上失效了。"))
                return redirect("card_loss")
            if act == "replace":
                made = replace_lost(card.pk, by=request.user, at=at)
                if made.state == CardState.ACTIVE:
                    messages.success(request, _("新卡已经办好，手机上马上可以用。"))
                else:
                    messages.success(request, _("新卡已经办好，现在还不能用，情况见下面。"))
                return redirect("card")
            raise Http404
        except ChangeRefused as error:
            refusal, card = str(error), last_card(request.user)
    context = {
        "card": card,
        "kind": kind_title(card),
        "state": state_tag(card),
        "last4": card.number[-4:],
        "is_live": card.state in LIVE,
        "is_suspended": decision_against(card) is not None,
        "is_replaceable": is_replaceable(card, at=clock.now()),
        "refusal": refusal,
    }
    return render(request, "cards/loss.html", context, status=422 if refusal else 200)


@login_required
@never_cache
@require_safe
def card_picture(request: HttpRequest, kind: str) -> HttpResponse:
    """The face of the own card as a picture to keep, while the card lives."""
    card = last_card(request.user)
    if card is None or card.state not in SHOWN or kind not in KEPT:
        raise Http404
    file = CardFile.objects.filter(card=card, kind=kind).first()
    if file is None:
        raise Http404
    return picture_response(file, name="talent-card")
