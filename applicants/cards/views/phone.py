"""The card on its holder's phone: the page, the codes of the next hour, who checked it; and the keys for everybody."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

import segno
from allauth.core.internal.ratelimit import consume
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from applicants.cards.kinds import kind_title
from applicants.cards.models import LIVE, Card, CardCheck, CheckResult
from applicants.cards.programme import CODE
from applicants.cards.services.checking import standing
from applicants.cards.services.codes import PhoneCode, codes_of
from applicants.cards.services.keys import CACHED_FOR, public_jwk, published_keys
from applicants.cards.views.plastic import plastic_of
from portal import clock
from portal.policy.facts import TIERS
from portal.ui.asking import older_than, place_of

PAGE = 50
RATES = {"codes": "30/m/key"}
QR = {"error": "m", "boost_error": False, "mask": 2, "micro": False}  # trying every mask takes four times as long
DEEP = "#0b4c78"  # --th-sea, for the phone's own bars


@login_required
@never_cache
@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """The card with the code of this minute; how it stands and what to do, where there is no code to show."""
    found, at = _own_card(request), clock.now()
    if found is None:
        return render(request, "cards/phone/none.html", {"programme": CODE})
    result = standing(found, on=timezone.localdate(at))
    context: dict[str, Any] = {
        "card": found,
        "result": result,
        "is_renewable": found.is_renewable_on(timezone.localdate(at)),
        "kind": kind_title(found),
        "tier": TIERS[found.tier],
        "name": found.person.legal_name,
        "number": _in_fours(found.number),
        **plastic_of(found),
    }
    if result == CheckResult.VALID:
        code = codes_of(found, at=at, count=1)[0]
        matrix = _qr(code).matrix
        context |= {
            "digits": code.digits,
            "path": _path(matrix),
            "size": len(matrix),
            "seconds": 60 - at.second,
        }
    return render(request, "cards/phone/card.html", context)


@never_cache
@require_safe
def card_codes(request: HttpRequest) -> JsonResponse:
    """The codes of this minute and the 59 that follow, for the phone to keep. 401 and 404: forget those you have.

    ``now`` and ``at`` are seconds since 1970; ``modules`` are the rows of the QR code, a bit for each module.
    """
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    if not consume(request, app="cards", action="codes", key=str(request.user.pk), config=RATES, limit_get=True):
        return JsonResponse({}, status=429)
    found, at = _own_card(request), clock.now()
    if found is None or standing(found, on=timezone.localdate(at)) != CheckResult.VALID:
        return JsonResponse({}, status=404)
    codes = []
    for code in codes_of(found, at=at):
        matrix = _qr(code).matrix
        bits = "".join("1" if module else "0" for row in matrix for module in row)
        packed = int(bits.ljust(-len(bits) // 8 * -8, "0"), 2).to_bytes(-(-len(bits) // 8))
        codes.append(
            {
                "at": int(code.minute.timestamp()),
                "digits": code.digits,
                "size": len(matrix),
                "modules": base64.b64encode(packed).decode(),
            }
        )
    return JsonResponse({"now": clock.now().timestamp(), "codes": codes})


@login_required
@never_cache
@require_safe
def card_checks(request: HttpRequest) -> HttpResponse:
    """Where and when the holder's cards were checked, the newest first, fifty a page."""
    found = CardCheck.objects.filter(card__person__user=request.user).select_related("place__partner", "member", "card")
    if after := request.GET.get("after", ""):
        found = older_than(found, after, "at")
    rows = list(found[: PAGE + 1])
    context = {
        "checks": rows[:PAGE],
        "following": f"?{urlencode({'after': place_of(rows[PAGE - 1], 'at')})}" if rows[PAGE:] else "",
        "first_page": "?" if after else "",
    }
    return render(request, "cards/phone/checks.html", context)


@require_safe
def card_manifest(request: HttpRequest) -> JsonResponse:
    """What a phone needs to put the card on its home screen."""
    icons = [
        {"src": static(f"ui/img/card-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    manifest = {
        "id": reverse("card"),
        "name": _("优才卡 · 人才港湾"),
        "short_name": _("优才卡"),
        "lang": request.LANGUAGE_CODE,
        "start_url": reverse("card"),
        "scope": reverse("card"),
        "display": "standalone",
        "background_color": DEEP,
        "theme_color": DEEP,
        "icons": [*icons, icons[1] | {"purpose": "maskable"}],
    }
    response = JsonResponse(manifest, content_type="application/manifest+json")
    patch_vary_headers(response, ["Cookie"])
    return response


@require_safe
def card_worker(request: HttpRequest) -> HttpResponse:
    """The service worker. It stands here, not among the static files, because it may only serve what is below it."""
    response = render(request, "cards/phone/worker.js", content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
def signing_keys(request: HttpRequest) -> JsonResponse:
    """The public halves of the keys, RFC 7517: whoever has them can read a code without asking here."""
    keys = [public_jwk(key) for key in published_keys(at=clock.now())]
    response = JsonResponse({"keys": keys}, content_type="application/jwk-set+json")
    response.headers["Cache-Control"] = f"public, max-age={int(CACHED_FOR.total_seconds())}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _own_card(request: HttpRequest) -> Card | None:
    """The live card, or the newest of those that have ended."""
    is_live = Case(When(state__in=LIVE, then=Value(1)), default=Value(0))
    rows = Card.objects.filter(person__user=request.user).select_related("person", "application")
    return rows.order_by(is_live.desc(), "-issued_at", "-id").first()


def _qr(code: PhoneCode) -> segno.QRCode:
    return segno.make(f"{settings.PORTAL_URL}{reverse('verify_code', args=[code.token])}", **QR)


def _path(matrix: Any) -> str:
    """The dark modules as an SVG path, one unit each."""
    return "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, module in enumerate(row) if module)


def _in_fours(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
