"""How often one address may try: for pages where a guess is worth trying."""

from __future__ import annotations

from allauth.core.internal.ratelimit import consume
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

RATES = {"link": "30/m/ip,300/h/ip", "pin": "20/m/ip"}  # a hotel's phones share an address


def too_often(request: HttpRequest, action: str) -> HttpResponse | None:
    """429 and a page where the visitor's address has asked too often, else None."""
    allowed = consume(request, app="portal.partners", action=action, config=RATES, limit_get=True)
    return None if allowed else render(request, "partners/too_often.html", status=429)
